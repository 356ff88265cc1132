// SPDX-License-Identifier: Apache-2.0
//
// What a defaulted service leaves open and the cluster settles: what serves a model that names no runtime.
// Callers are about to build its objects: admission and `modelgate review`.
//
//   build_wanted(document, {.catalog = catalog, .runtime = settled_runtime(service, ns, catalog)}, arena);
#pragma once

#include <string_view>

#include "spec/catalog.h"
#include "spec/inference_service.h"

namespace modelgate::defaulting {

/// The runtime for the model of a service in `ns` that names none: where its selection was left to the
/// reconciler, or nothing served the model when it was admitted. nullptr where it names one, has no model, or
/// nothing serves it.
const spec::Runtime* settled_runtime(const spec::InferenceServiceView& service, std::string_view ns,
                                     const spec::Catalog& catalog);

}  // namespace modelgate::defaulting
