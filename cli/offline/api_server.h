// SPDX-License-Identifier: Apache-2.0
//
// What the API server does with an object before and after admission: it refuses wrong metadata, unknown
// fields and wrong types, and adds the CRD's defaults. Used by admit.cc.
//
//   Value stored = clone(object);
//   check_request(stored, kind, arena, errors);   // as it was sent; adds defaults
//   ... mutation of `stored` ...
//   check_stored(stored, kind, errors);                // as it would be stored
//
// tests/cluster/test_review.py compares with a real API server.
#pragma once

#include "cli/offline/kinds.h"
#include "spec/field.h"
#include "spec/json.h"

namespace modelgate::cli {

void check_request(spec::Value& object, const KnownKind& kind, spec::Arena& arena, spec::FieldErrors& errors);
void check_stored(const spec::Value& object, const KnownKind& kind, spec::FieldErrors& errors);

}  // namespace modelgate::cli
