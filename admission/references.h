// SPDX-License-Identifier: Apache-2.0
//
// The ServiceAccounts, Secrets and PersistentVolumeClaims that the Pods of a service need to start. Used by
// realization.cc, which checks that they exist.
//
//   for (const Reference& r : references(wanted.objects)) needs.push_back(r.key);
//
// Without optional Secrets, and without the ServiceAccount `default`, which exists in each namespace.
#pragma once

#include <string_view>
#include <vector>

#include "admission/facts.h"
#include "workload/children/wanted.h"

namespace modelgate::admission {

struct Reference {
  ObjectKey key;
  std::string_view deployment;  // the first one whose Pods refer to it
};

/// Without duplicates, in order of appearance.
std::vector<Reference> references(const std::vector<workload::WantedObject>& objects);

}  // namespace modelgate::admission
