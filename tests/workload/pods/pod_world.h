// SPDX-License-Identifier: Apache-2.0
//
// Shared by the tests of Pods: a cluster and Pods from YAML, and their mutation.
//
//   PodWorld world(kSecrets);                    // the built-in configuration, and these objects
//   Mutated m = world.mutate(world.pod("..."));  // looks up what is needed
//   EXPECT_EQ(m.text("/spec/initContainers/0/args/0"), "s3://b/m");
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "kube/manifests.h"
#include "spec/configuration.h"
#include "spec/facts.h"
#include "spec/json.h"
#include "workload/pods/pod.h"

namespace modelgate::workload {

/// A Pod after mutation. Keeps the Pod alive: it may outlive the PodWorld that mutated it.
struct Mutated {
  std::shared_ptr<const spec::Catalog> catalog;  // its strings may be in `pod`, as those of `manifests`
  std::shared_ptr<const kube::Manifests> manifests;
  std::shared_ptr<const spec::Arena> arena;  // of `pod`
  bool allowed = true;
  /// One text for each error: "spec.serviceAccountName FieldValueNotFound".
  std::vector<std::string> errors;
  std::string error_texts;
  std::vector<std::string> warnings;
  std::vector<std::string> unread;  // "Secret s3"
  spec::Value pod;
  std::string patch;  // "[]" if nothing changed
  /// The objects that were looked up, in the order of the rounds: "Secret s3", "ServiceAccount sa".
  std::vector<std::set<std::string>> looked_up;

  /// At a JSON pointer; "" if absent, JSON text if it is not a string.
  std::string text(std::string_view pointer) const;
  const spec::Value* find(std::string_view pointer) const;
  /// Of the init container `storage-initializer` (or another): NAME=value, NAME<secret/key.
  std::vector<std::string> env(std::string_view container = "storage-initializer") const;
  /// volume:path[:subPath][:ro]
  std::vector<std::string> mounts(std::string_view container) const;
  std::vector<std::string> args(std::string_view container) const;
  const spec::Value* container(std::string_view name) const;
};

class PodWorld {
 public:
  using Change = std::function<void(spec::Configuration&)>;
  /// With the built-in configuration, changed by `change`.
  explicit PodWorld(std::string_view yaml = {}, const Change& change = {});

  spec::Arena& arena() { return *arena_; }
  spec::Value yaml(std::string_view text);
  /// A Pod of an InferenceService, from YAML of `spec` and `metadata`; label, name and a container are added
  /// if they are missing.
  spec::Value pod(std::string_view text);
  Mutated mutate(const spec::Value& pod);

  /// Kinds that cannot be read.
  std::set<std::string> unknown;
  std::string namespace_ = "default";

 private:
  spec::Fact answer(const spec::ObjectKey& key) const;

  std::shared_ptr<spec::Arena> arena_ = std::make_shared<spec::Arena>();
  std::shared_ptr<const kube::Manifests> manifests_;
  std::shared_ptr<const spec::Catalog> catalog_;
};

void make_compatible(spec::Configuration& c);

}  // namespace modelgate::workload
