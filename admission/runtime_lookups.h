// SPDX-License-Identifier: Apache-2.0
//
// Live reads of runtimes. A runtime that the catalog lacks may have been created a moment ago, from the same
// file as the service: it is looked up before a decision depends on its absence. Used by admission.cc.
//
//   need_runtimes_named(names, ns, facts, needs);
//   // in the next round:
//   apply_defaults(edit, {.absent_runtimes = absent_runtimes(service, ns, catalog, facts)});
#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "admission/facts.h"
#include "spec/catalog.h"
#include "spec/inference_service.h"

namespace modelgate::admission {

/// The two objects that a runtime's name in a namespace can refer to.
std::array<ObjectKey, 2> runtime_keys(std::string_view ns, std::string_view name);

/// Where no runtime is named and the catalog has none that serves the model, all runtimes are listed.
void need_runtimes(std::string_view ns, const Facts& facts, Needs& needs);

/// `names` may have duplicates.
void need_runtimes_named(std::vector<std::string_view> names, std::string_view ns, const Facts& facts,
                         Needs& needs);

/// Names for which a live read found no runtime of either kind. `catalog` includes those that were read.
std::vector<std::string_view> absent_runtimes(const spec::InferenceServiceView& service, std::string_view ns,
                                              const spec::Catalog& catalog, const Facts& facts);

}  // namespace modelgate::admission
