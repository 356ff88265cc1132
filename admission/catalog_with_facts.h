// SPDX-License-Identifier: Apache-2.0
//
// The catalog with what was just learned of the cluster. Watches tell of a runtime some milliseconds after it
// was stored; a service applied from the same file may be reviewed before that. So what would rest on the
// absence of a runtime or a storage container is looked for live first, and reviewed once more with what was
// found. Used by admission.cc.
//
//   if (nothing_serves_the_model) ask_for_all("ServingRuntime", ns, facts, needs);
//   ...the next round:
//   const auto told = catalog_with(catalog, facts);
//   review(told ? *told : catalog);
#pragma once

#include <memory>
#include <string_view>

#include "admission/facts.h"
#include "spec/catalog.h"

namespace modelgate::admission {

/// Adds the runtimes and storage containers among the facts, each by itself or in a List, to a copy; of what
/// the catalog has already the fact counts. nullptr where there are none, which is the usual case. One whose
/// structure is not that of its kind is left out, as the catalog leaves it out.
std::shared_ptr<const spec::Catalog> catalog_with(const spec::Catalog& catalog, const Facts& facts);

/// The key of all objects of a kind: in a namespace, or in the cluster. The fact's object is a List, with
/// `items`.
ObjectKey all_of(std::string_view kind, std::string_view ns);

/// Asks for them, unless they were asked for before.
void ask_for_all(std::string_view kind, std::string_view ns, const Facts& facts, Needs& needs);

/// False where they were asked for and nobody could say.
bool could_be_told(std::string_view kind, std::string_view ns, const Facts& facts);

}  // namespace modelgate::admission
