// SPDX-License-Identifier: Apache-2.0 Our CRDs (deploy/crds), compiled into the command line, which checks
// objects against them as the API server does (cli/offline/structural_schema.h).
//
//   for (const BuiltinManifest& crd : builtin_crds()) read(crd.name, crd.text);
#pragma once

#include <span>

#include "deploy/builtin.h"

namespace modelgate {

// In a fixed order. Lives as long as the program.
std::span<const BuiltinManifest> builtin_crds();

}  // namespace modelgate
