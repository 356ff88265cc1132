// SPDX-License-Identifier: Apache-2.0
//
// Shared by the tests of defaulting: catalogs, objects from YAML, and the ways to apply a manifest again.
//
//   World world;                                  // the built-in catalog and configuration
//   Value d = world.create(world.yaml("spec: {predictor: {sklearn: {}}}"));
//   Value again = world.update(merge_patch(d, manifest), d);
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "defaulting/defaulting.h"
#include "spec/catalog.h"
#include "spec/json.h"

namespace modelgate::defaulting {

/// The built-in runtimes, further documents (YAML), and the built-in configuration as `change` leaves it.
std::shared_ptr<const spec::Catalog> catalog_with(
    const std::function<void(spec::Configuration&)>& change = {}, std::string_view more_yaml = {});

/// Only the documents (YAML), and the configuration as it is without a ConfigMap.
std::shared_ptr<const spec::Catalog> catalog_of(std::string_view yaml);

/// The settings in which conformance is checked.
void make_compatible(spec::Configuration& c);

class World {
 public:
  explicit World(std::shared_ptr<const spec::Catalog> catalog = catalog_with());

  spec::Arena& arena() { return arena_; }
  /// An InferenceService "m" in the namespace "default" from YAML that holds its `spec` and what of
  /// `metadata` and `status` matters.
  spec::Value service(std::string_view yaml);
  spec::Value yaml(std::string_view yaml);
  std::vector<spec::Value> documents(std::string_view yaml);

  /// What is stored after a CREATE or an UPDATE with that object.
  spec::Value create(const spec::Value& object);
  spec::Value update(const spec::Value& incoming, const spec::Value& old);
  /// `kubectl apply` again, client-side: the manifest's fields over the stored object.
  spec::Value apply(const spec::Value& manifest, const spec::Value& stored);

  /// Of the last create or update.
  const Outcome& outcome() const { return outcome_; }
  const std::vector<std::string>& warnings() const { return warnings_; }
  std::size_t operations() const { return operations_; }

  std::shared_ptr<const spec::Catalog> catalog;
  std::vector<std::string_view> absent_runtimes;
  std::string managed_fields;  // of incoming objects

 private:
  spec::Value run(const spec::Value& object, const spec::Value* old);

  spec::Arena arena_;
  Outcome outcome_;
  std::vector<std::string> warnings_;  // rendered
  std::size_t operations_ = 0;
};

/// RFC 7386: what `kubectl apply` sends for a custom resource, lists as a whole.
void merge_patch(spec::Value& target, const spec::Value& patch, spec::Arena& arena);

/// The value at a path written as "spec.predictor.model.runtime" or "metadata.annotations[modelFormat]".
const spec::Value* at(const spec::Value& root, std::string_view path);
/// It as text: a string without quotes, anything else as JSON; "-" if there is nothing.
std::string text_at(const spec::Value& root, std::string_view path);
/// The keys of the tolerations at a path, joined by blanks; with a "!" if we wrote it.
std::string toleration_keys(const spec::Value& root, std::string_view path);
/// The paths that the annotation lists, joined by newlines.
std::string listed(const spec::Value& root);

/// True if one of the warnings starts with the path.
bool warns_of(const std::vector<std::string>& warnings, std::string_view path);

}  // namespace modelgate::defaulting
