// SPDX-License-Identifier: Apache-2.0
#include "admission/host_collisions.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "spec/deployment_mode.h"
#include "spec/schema.h"
#include "spec/schema_serving.h"
#include "workload/children/route_hosts.h"
#include "workload/children/service_build.h"

namespace modelgate::admission {
namespace {

/// Whether a service of the cluster has the host.
bool claims(const spec::Value& object, std::string_view host, const spec::Catalog& catalog,
            spec::Arena& arena) {
  spec::FieldErrors wrong;
  spec::schema::check_structure(object, spec::schema::kInferenceService, {}, wrong);
  if (!wrong.empty()) return false;
  const spec::InferenceServiceView other(object);
  if (other.metadata().has("deletionTimestamp")) return false;
  if (spec::effective_deployment_mode(other, other, catalog.configuration()) != spec::kStandardMode)
    return false;
  const auto context = workload::make_service_context(other.metadata().name(), catalog, {});
  const std::vector<std::string> hosts = workload::claimed_hosts(object, context, arena);
  return std::ranges::find(hosts, host) != hosts.end();
}

}  // namespace

HostCheck check_host(const spec::Value& service, const workload::ServiceContext& context, const Facts& facts,
                     std::size_t lookups, spec::Arena& arena) {
  // Enough for each service that is looked up.
  constexpr std::size_t kMaxCandidates = 64;
  HostCheck out;
  const workload::ServiceBuild build(service, context, arena);
  const std::optional<std::string> host = workload::claimed_host(build);
  if (!host) return out;
  for (ObjectKey& key : workload::services_with_host(build, *host, kMaxCandidates)) {
    const Fact* fact = facts.find(key);
    if (!fact && out.needs.size() < lookups) out.needs.push_back(std::move(key));
    if (!fact || !fact->object || !claims(*fact->object, *host, context.catalog, arena)) continue;
    out.warnings.push_back(
        {.rule = {},
         .path = spec::FieldPath{} / "metadata" / "name",
         .text = fmt::format("would have the host {}, which the InferenceService {}/{} already "
                             "has: this service gets no route for it, use another name",
                             spec::quote(*host), key.namespace_, key.name),
         .about = key});
  }
  return out;
}

}  // namespace modelgate::admission
