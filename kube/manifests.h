// SPDX-License-Identifier: Apache-2.0
//
// Manifests in files, as a catalog: what stands in for a cluster where there is none. The webhook runs on
// them with --manifests, the command line reviews against them, and both start from those compiled in.
//
//   ManifestReader reader;
//   reader.add_builtin();
//   reader.add_path("manifests/");           // a file, or a directory of *.yaml, *.yml and *.json
//   auto manifests = reader.finish(1);
//   if (!manifests) for (const ManifestError& e : manifests.error()) log(e.to_string());
//   admit(..., *manifests->catalog, ...);
//
// Of two objects of the same kind, namespace and name the later one counts, so a file replaces a built-in
// one. Where no ConfigMap `inferenceservice-config` is read, the built-in one counts. All errors are told at
// once, and with one error there is no catalog: half of what was meant is worse than what was there before.
//
// A reader is used once, by one thread. What it gives is immutable and may be shared.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "spec/catalog.h"
#include "spec/facts.h"
#include "yaml/yaml.h"

namespace modelgate::kube {

/// Files in one directory, and bytes in all of them: far above any cluster's runtimes, and no memory bomb.
inline constexpr std::size_t kMaxManifestFiles = 4096;
inline constexpr std::size_t kMaxManifestBytes = 64U << 20;

struct ManifestError {
  std::string file;
  int line = 0;  // from 1; 0 where it is about the whole file
  std::string message;

  std::string place() const;      // "file:line", or the file alone
  std::string to_string() const;  // "file:line: message"
};

/// One object of a file; those of a List each by itself.
struct ManifestObject {
  std::string file;
  int line = 0;
  spec::Value value;  // in the arena it was read into; nulls and managedFields are left out
  std::shared_ptr<const yaml::YamlLines> lines;
  std::string prefix;  // where it stands in its document: "" or "items[3]"

  /// The line of a field path of the object, or of what is nearest above it; in JSON, of the object.
  int line_of(std::string_view path) const;
  /// True where the file has something at `path`. False for JSON, which has no lines.
  bool has(std::string_view path) const;
};

/// Reads a text as kubectl does (yaml/yaml.h) and takes Lists apart. Each object has a kind and an
/// apiVersion; names are not asked for.
std::expected<std::vector<ManifestObject>, ManifestError> read_objects(std::string_view file,
                                                                       std::string_view text,
                                                                       spec::Arena& arena);

/// A whole file, at most yaml::kMaxYamlBytes; "-" is the standard input.
std::expected<std::string, ManifestError> read_file(const std::filesystem::path& path);

struct Manifests {
  std::shared_ptr<const spec::Catalog> catalog;
  std::vector<ManifestError> warnings;  // fields that nobody knows and the like

  /// An object that is not in the catalog (a Secret, a ServiceAccount), or nullptr. One that was written
  /// without a namespace is in `default`. Without a name it is the list of all of the kind that are not in
  /// the catalog: of the catalog's kinds an empty object, of others nullptr.
  const spec::Value* find(std::string_view kind, std::string_view ns, std::string_view name) const;

  /// What a review that asks for an object is told. Manifests that hold some of a namespace's Secrets, say,
  /// hold all of them, so a further one is absent; of what they do not speak of, nobody here knows. A
  /// catalog's storage containers are whole; a runtime that it lacks stays unknown.
  spec::Fact fact(const spec::ObjectKey& key) const;

  using Key = std::tuple<std::string, std::string, std::string>;  // kind, namespace, name
  std::map<Key, spec::Value> objects;
  std::unique_ptr<spec::Arena> arena;  // where the objects live
};

class ManifestReader {
 public:
  ManifestReader();

  void add_builtin();
  void add_path(const std::filesystem::path& path);
  void add_text(std::string_view file, std::string_view text);
  /// An object that somebody is about to apply, as what the cluster would then hold. One that is broken is
  /// left out: whoever reviews it tells why. Without a namespace it is in `ns`.
  void add_neighbour(const ManifestObject& object, std::string_view ns);

  /// `generation` becomes the catalog's.
  std::expected<std::shared_ptr<const Manifests>, std::vector<ManifestError>> finish(
      std::uint64_t generation);

 private:
  void add_file(const std::filesystem::path& path);
  void add_object(ManifestObject object);
  void check_structure(const ManifestObject& object);
  void read_configuration(const ManifestObject& config_map);
  void fail(ManifestError error) { errors_.push_back(std::move(error)); }

  std::shared_ptr<Manifests> manifests_;
  spec::CatalogBuilder builder_;
  std::optional<ManifestObject> config_map_;
  std::vector<ManifestError> errors_;
  std::size_t bytes_ = 0;
};

/// The files that add_path reads below `path`, sorted: itself, or what is in the directory and not hidden.
/// Directories within it are not read.
std::expected<std::vector<std::filesystem::path>, ManifestError> manifest_files(
    const std::filesystem::path& path);

}  // namespace modelgate::kube
