// SPDX-License-Identifier: Apache-2.0
//
// The recorded cases (shared/conformance, next to the source tree; absent on other machines), and which
// differences between two objects count.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "spec/catalog.h"
#include "spec/json.h"

namespace modelgate::defaulting {

/// The lines of inferenceservices.jsonl; none if the folder does not exist.
std::vector<std::string> recorded_cases();
/// The cluster in which they were recorded, with `change` made to its configuration.
std::shared_ptr<const spec::Catalog> recorded_catalog(
    const std::function<void(spec::Configuration&)>& change);

/// Canonical text of an object without what has no meaning: nulls, empty strings, lists and maps, how a
/// quantity is written, server-set metadata, labels and annotations of our own, and the status.
std::string meaning_text(const spec::Value& object);

}  // namespace modelgate::defaulting
