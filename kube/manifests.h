// SPDX-License-Identifier: Apache-2.0
//
// Reads manifests from files into a catalog, in place of a cluster: for the webhook's --manifests and for the
// command line. Both start from the built-in manifests.
//
//   ManifestReader reader;
//   reader.add_builtin();
//   reader.add_path("manifests/");           // a file, or a directory of *.yaml, *.yml and *.json
//   auto manifests = reader.finish(1);
//   if (!manifests) for (const ManifestError& e : manifests.error()) log(e.to_string());
//   admit(..., *manifests->catalog, ...);
//
// Of two objects with the same kind, namespace and name the later one is used, so a file can replace a
// built-in object. Without a ConfigMap `inferenceservice-config` the built-in one is used. All errors are
// returned together, and with an error there is no catalog: the last complete one is better than a partial
// one.
//
// A reader is used once, by one thread. Its result is immutable and may be shared.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "kube/manifest_files.h"
#include "spec/catalog.h"
#include "spec/facts.h"
#include "yaml/yaml.h"

namespace modelgate::kube {

/// Limit for the total size of the files in a directory: little enough memory.
inline constexpr std::size_t kMaxManifestBytes = 64U << 20;

/// One object of a file. Each item of a List is one.
struct ManifestObject {
  std::string file;
  int line = 0;
  spec::Value value;  // in the arena given to read_objects(); without nulls and managedFields
  std::shared_ptr<const yaml::YamlLines> lines;
  std::string prefix;  // its path in the document: "" or "items[3]"

  /// The line of a field of the object, or of its nearest parent that exists; in JSON, of the object.
  int line_of(std::string_view path) const;
  /// Whether the file has the field `path`. False for JSON, which has no lines.
  bool has(std::string_view path) const;
};

struct Documents {
  std::vector<ManifestObject> objects;
  std::vector<ManifestError> errors;  // in the order of the text
};

/// Parses a text as kubectl does (yaml/yaml.h) and splits Lists. Each object must have a kind and an
/// apiVersion; in a list such as `InferenceServiceList` they may be missing. The name may be missing. Empty
/// documents are skipped.
Documents read_documents(std::string_view file, std::string_view text, spec::Arena& arena);

/// The same, or the first error.
std::expected<std::vector<ManifestObject>, ManifestError> read_objects(std::string_view file,
                                                                       std::string_view text,
                                                                       spec::Arena& arena);

struct Manifests {
  std::shared_ptr<const spec::Catalog> catalog;
  std::vector<ManifestError> warnings;  // such as unknown fields

  /// An object that is not in the catalog (such as a Secret or ServiceAccount), or nullptr. An object without
  /// a namespace in its file is in `default`. With an empty `name`: an empty object for the catalog's kinds,
  /// since the catalog has all of them, else nullptr.
  const spec::Value* find(std::string_view kind, std::string_view ns, std::string_view name) const;

  /// The fact for a review that looks up an object. If the given manifests have an object of the kind in
  /// the namespace, they are assumed to have all of them: others are absent. If they have none, others are
  /// unknown. Built-in and pending objects say nothing about others. A missing runtime is unknown.
  spec::Fact fact(const spec::ObjectKey& key) const;

  using Key = std::tuple<std::string, std::string, std::string>;  // kind, namespace, name
  std::map<Key, spec::Value> objects;
  std::set<std::pair<std::string, std::string>> complete;  // kind, namespace: all objects were given
  std::unique_ptr<spec::Arena> arena;                      // of the objects
};

class ManifestReader {
 public:
  ManifestReader();

  void add_builtin();
  void add_path(const std::filesystem::path& path);
  void add_text(std::string_view file, std::string_view text);
  /// An object that the user is about to apply, as if the cluster had it. Ignores an invalid one: its own
  /// review reports the errors. Without a namespace it is in `ns`.
  void add_pending(const ManifestObject& object, std::string_view ns);

  /// `generation` becomes the catalog's.
  std::expected<std::shared_ptr<const Manifests>, std::vector<ManifestError>> finish(
      std::uint64_t generation);

 private:
  void add_file(const std::filesystem::path& path);
  /// Whether an object says that all of its kind in its namespace are given.
  enum class Completes : bool { kNo, kYes };

  void add_object(ManifestObject object, Completes completes);
  void add_objects(std::string_view file, std::string_view text, Completes completes);
  void check_structure(const ManifestObject& object);
  void read_configuration(const ManifestObject& config_map);
  void fail(ManifestError error) { errors_.push_back(std::move(error)); }

  std::shared_ptr<Manifests> manifests_;
  spec::CatalogBuilder builder_;
  std::optional<ManifestObject> config_map_;
  std::vector<ManifestError> errors_;
  std::size_t bytes_ = 0;
};

}  // namespace modelgate::kube
