// SPDX-License-Identifier: Apache-2.0
// The built-in manifests: the configuration, the default storage container and the runtimes of deploy/config and
// deploy/runtimes, compiled in.
//
// kube/manifests.h builds the built-in catalog from them. The elected reconciler creates those runtimes that the cluster
// lacks.
//
//   for (const BuiltinManifest& manifest : builtin_manifests()) read(manifest.name, manifest.text);
#pragma once

#include <span>
#include <string_view>

namespace modelgate {

struct BuiltinManifest {
  std::string_view name;  // path below deploy/, such as "runtimes/sklearnserver.yaml", for messages
  std::string_view text;  // the file's bytes: YAML, one document
};

// All of them, in a fixed order: configuration first, then runtimes by name. Lives as long as the program.
std::span<const BuiltinManifest> builtin_manifests();

}  // namespace modelgate
