// SPDX-License-Identifier: Apache-2.0
//
// What a command looks at: the objects of the given files, and the manifests that stand in for a cluster.
// Called by review.cc and explain.cc.
//
//   auto input = read_input({.files = {"service.yaml"}});
//   if (!input) return report_unreadable(input.error());
//   for (const kube::ManifestObject& object : input->objects) ...
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "kube/manifests.h"

namespace modelgate::cli {

struct InputOptions {
  std::vector<std::string> files;  // "-" is the standard input
  std::string manifests;           // directory or file; empty: the built-in ones
  std::string config;              // a file with the ConfigMap, read last
  std::string namespace_ = "default";
};

struct Input {
  std::unique_ptr<spec::Arena> arena;  // where the objects live
  std::vector<kube::ManifestObject> objects;
  /// Configuration, runtimes and the rest, those of the files themselves among them: what is applied together
  /// is reviewed together.
  std::shared_ptr<const kube::Manifests> world;
  std::string namespace_;

  /// That of the object, else the one that was asked for.
  std::string_view namespace_of(const kube::ManifestObject& object) const;
};

/// All errors at once; none of them is about what an object says, but for its type.
std::expected<Input, std::vector<kube::ManifestError>> read_input(const InputOptions& options);

/// The objects of one more file, in the same arena.
std::expected<std::vector<kube::ManifestObject>, kube::ManifestError> read_more(const std::string& file,
                                                                                Input& input);

}  // namespace modelgate::cli
