// SPDX-License-Identifier: Apache-2.0
//
// What a defaulted service leaves open and the cluster settles: in which mode it is deployed, and what serves
// a model that names no runtime. Who calls: whoever is about to build its objects (admission, the reconciler,
// `modelgate review`).
//
//   if (settled_mode(service, catalog.configuration()) != spec::kStandardMode) return;
//   build_wanted(document, {.catalog = catalog, .runtime = settled_runtime(service, ns, catalog)}, arena);
#pragma once

#include <string_view>

#include "spec/catalog.h"
#include "spec/inference_service.h"

namespace modelgate::defaulting {

/// As its status says, since a mode once chosen stays, else as it is annotated, else as the configuration
/// says; legacy spellings normalized. What is no mode does not count.
std::string_view settled_mode(const spec::InferenceServiceView& service,
                              const spec::Configuration& configuration);

/// The runtime for the model of a service in `ns` that names none: where its selection was left to the
/// reconciler, or nothing served the model when it was admitted. nullptr where it names one, has no model, or
/// nothing serves it.
const spec::Runtime* settled_runtime(const spec::InferenceServiceView& service, std::string_view ns,
                                     const spec::Catalog& catalog);

}  // namespace modelgate::defaulting
