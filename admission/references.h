// SPDX-License-Identifier: Apache-2.0
//
// What the objects of a service refer to by name and cannot start without: ServiceAccounts, Secrets, claims.
// Used by realization.cc, which asks whether they are there.
//
//   for (const Reference& r : references(wanted.objects)) ask(r.key);
//
// Optional Secrets are left out, and the account `default`, which each namespace has.
#pragma once

#include <string_view>
#include <vector>

#include "admission/facts.h"
#include "workload/children/wanted.h"

namespace modelgate::admission {

struct Reference {
  ObjectKey key;
  std::string_view deployment;  // the first whose Pods refer to it
};

/// Each once, in the order in which they are found.
std::vector<Reference> references(const std::vector<workload::WantedObject>& objects);

}  // namespace modelgate::admission
