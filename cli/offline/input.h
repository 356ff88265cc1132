// SPDX-License-Identifier: Apache-2.0
//
// The input of an offline command: the objects of the given files, and the manifests that replace a cluster.
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
  std::vector<std::string> files;  // or directories, as for kubectl; "-" is the standard input
  bool recursive = false;          // also the files of their subdirectories
  std::string manifests;           // directory or file; empty: the built-in ones
  std::string config;              // a file with the ConfigMap inferenceservice-config, read last
  std::string namespace_ = "default";
};

struct Input {
  std::unique_ptr<spec::Arena> arena;  // owns the objects
  std::vector<kube::ManifestObject> objects;
  /// Configuration, runtimes and other objects, including those of the files: objects that are applied
  /// together are reviewed together.
  std::shared_ptr<const kube::Manifests> world;
  std::string namespace_;
  bool recursive = false;

  /// The object's namespace, else the default namespace.
  std::string_view namespace_of(const kube::ManifestObject& object) const;
};

/// Returns all errors at once. They concern syntax and types, not the content of objects.
std::expected<Input, std::vector<kube::ManifestError>> read_input(const InputOptions& options);

/// Reads the objects of one more file or directory into the same arena.
std::expected<std::vector<kube::ManifestObject>, std::vector<kube::ManifestError>> read_more(
    const std::string& path, Input& input);

}  // namespace modelgate::cli
