// SPDX-License-Identifier: Apache-2.0
//
// The form in which Kubernetes stores what we apply: quantities as it writes them, no element of a keyed list
// (env, ports, volumes) twice and no field that its types do not have: server-side apply refuses both. Who
// calls: whoever finished a PodSpec.
#pragma once

#include <string>
#include <vector>

#include "spec/json.h"
#include "spec/schema.h"

namespace modelgate::workload {

struct Doubled {
  std::string path;  // of the list, in the value
  std::string key;   // as a person reads it
};

struct Dropped {
  std::vector<Doubled> doubled;
  std::vector<std::string> unknown;  // paths of fields
};

/// Where only what was dropped matters, quantities may stay as they are.
enum class Quantities { kCanonical, kAsTheyAre };

/// In place; what was left out. Of elements with the same key the last stays, at the place of the first. A
/// quantity that does not parse stays as it is: validation tells.
Dropped make_canonical(spec::Value& value, const spec::schema::Type& type, spec::Arena& arena,
                       Quantities quantities = Quantities::kCanonical);

}  // namespace modelgate::workload
