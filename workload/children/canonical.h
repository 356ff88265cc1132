// SPDX-License-Identifier: Apache-2.0
//
// The form in which Kubernetes stores an object: quantities as it writes them, no duplicate element in a
// keyed list (env, ports, volumes), and no unknown field. Server-side apply refuses both. Called by
// pod_parts.cc for each PodSpec.
#pragma once

#include <string>
#include <vector>

#include "spec/json.h"
#include "spec/schema.h"

namespace modelgate::workload {

struct Duplicate {
  std::string path;  // of the list, in the value
  std::string key;   // for messages
};

struct Dropped {
  std::vector<Duplicate> duplicates;
  std::vector<std::string> unknown;  // paths of fields
};

/// Quantities may remain unchanged if only the dropped parts matter.
enum class Quantities { kCanonical, kUnchanged };

/// Changes the value in place, and returns what was dropped. Of elements with the same key the last one
/// remains, at the position of the first. An invalid quantity is unchanged: validation reports it.
Dropped make_canonical(spec::Value& value, const spec::schema::Type& type, spec::Arena& arena,
                       Quantities quantities = Quantities::kCanonical);

}  // namespace modelgate::workload
