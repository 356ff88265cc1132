// SPDX-License-Identifier: Apache-2.0
// The manifests that Modelgate brings along, compiled in: the configuration, the default storage container and the
// stock runtimes, as they stand under deploy/config and deploy/runtimes.
//
// kube/manifests.h makes the built-in catalog of them; later the elected reconciler writes into the cluster those
// that are absent there.
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
