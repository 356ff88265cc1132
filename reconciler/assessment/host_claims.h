// SPDX-License-Identifier: Apache-2.0
//
// Which InferenceService has which host. With the default domainTemplate, "fraud" in "team-a" and "fraud-team"
// in "a" have the same one. The service that has a route for a host keeps it; else the oldest has it. When it
// gives the host up, the next one has it. Filled by reconcile.cc, read by assessment.cc.
//
//   for (const ServiceKey& other : claims.set(claim_of(...))) requeue(other);
//   context.taken_hosts = claims.taken(key);
//
// An index by host: setting a claim takes log n, however many services claim the same host.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "reconciler/cache/cache.h"
#include "spec/catalog.h"

namespace modelgate::reconciler {

struct HostClaim {
  ServiceKey key;
  std::string created;  // RFC 3339 in UTC, as the API server writes it
  std::vector<std::string> hosts;
  /// It has routes. When it is seen for the first time, they are taken to be for these hosts.
  bool has_routes = false;
};

class HostClaims {
 public:
  /// Replaces the claims of a service; without hosts, removes them. Returns the other services for which the
  /// result of taken() changed: former and new owners.
  std::vector<ServiceKey> set(const HostClaim& claim);
  void clear();

  /// The service's hosts that another one has, and that service as "namespace/name".
  std::map<std::string, std::string, std::less<>> taken(const ServiceKey& key) const;

  std::size_t services() const { return services_.size(); }

 private:
  struct Service {
    std::string created;
    std::vector<const std::string*> hosts;  // keys of hosts_
  };
  using Services = std::map<ServiceKey, Service>;
  /// The owner is the first.
  struct Rank {
    bool waits = true;  // it has no route for the host
    const Services::value_type* service = nullptr;
    bool operator<(const Rank& other) const;
  };
  using Ranks = std::set<Rank>;

  /// nullptr if no service claims it.
  const ServiceKey* owner(const std::string& host) const;
  void release(const Services::value_type& service);

  std::unordered_map<std::string, Ranks> hosts_;
  Services services_;
};

/// Without hosts for a service that gets no route from us, or is being deleted. `document` is the service as it
/// is stored, and well-formed.
HostClaim claim_of(const ServiceRecord& record, const spec::Value& document, const Cache& cache,
                   const spec::Catalog& catalog, bool has_virtual_services);

/// From all services in the cache.
void claim_all(const Cache& cache, const spec::Catalog& catalog, bool has_virtual_services,
               HostClaims& claims);

/// What the hosts of all services depend on.
std::string basis_of_hosts(const spec::Configuration& configuration);

}  // namespace modelgate::reconciler
