// SPDX-License-Identifier: Apache-2.0
//
// Warns, when a service is created, that another one has its host: then the reconciler creates no route for
// it (workload/children/route_hosts.h). Called by realization.cc.
//
// The services that can have the host are looked up by name: with the default domainTemplate they are few, and
// none if neither the name nor the namespace has a hyphen. Nothing is denied: the other service may be deleted
// in a moment.
#pragma once

#include <cstddef>
#include <vector>

#include "admission/facts.h"
#include "spec/field.h"
#include "workload/children/service_context.h"

namespace modelgate::admission {

struct HostCheck {
  std::vector<spec::FieldWarning> warnings;  // without a rule
  std::vector<ObjectKey> needs;              // at most `lookups`
};

/// `service` has its name and namespace.
HostCheck check_host(const spec::Value& service, const workload::ServiceContext& context, const Facts& facts,
                     std::size_t lookups, spec::Arena& arena);

}  // namespace modelgate::admission
