// SPDX-License-Identifier: Apache-2.0
//
// The catalog, completed with live reads. A watch event arrives some milliseconds after a runtime was
// created, so a service that was applied from the same file may be reviewed before it. A decision that
// depends on the absence of a runtime or storage container is therefore confirmed by a live read. Used by
// admission.cc.
//
//   if (nothing_serves_the_model) need_list("ServingRuntime", ns, facts, needs);
//   // in the next round:
//   const auto completed = catalog_with_facts(catalog, facts);
//   review(completed ? *completed : catalog);
#pragma once

#include <memory>
#include <string_view>

#include "admission/facts.h"
#include "spec/catalog.h"

namespace modelgate::admission {

/// A copy of the catalog with the runtimes and storage containers among the facts, single ones and those of
/// Lists. A fact replaces the catalog's object of the same name. Objects with an invalid structure are left
/// out, as in the catalog. nullptr where there are none, the usual case.
std::shared_ptr<const spec::Catalog> catalog_with_facts(const spec::Catalog& catalog, const Facts& facts);

/// The key of all objects of a kind in a namespace, or in the cluster. The fact's object is a List.
ObjectKey list_key(std::string_view kind, std::string_view ns);

/// Adds the list to the needs, unless its fact exists.
void need_list(std::string_view kind, std::string_view ns, const Facts& facts, Needs& needs);

/// True where the list was needed and could not be read.
bool is_unknown_list(std::string_view kind, std::string_view ns, const Facts& facts);

}  // namespace modelgate::admission
