// SPDX-License-Identifier: Apache-2.0
#include "reconciler/assessment/host_claims.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "spec/deployment_mode.h"
#include "spec/inference_service.h"
#include "spec/schema.h"
#include "spec/schema_serving.h"
#include "workload/children/route_hosts.h"

namespace modelgate::reconciler {
namespace {

bool is_route(const kube::Resource* resource) {
  return resource == &kube::kIngresses || resource == &kube::kHttpRoutes ||
         resource == &kube::kVirtualServices;
}

/// nullopt for a text that is no service.
std::optional<spec::Value> readable(const std::string& text, spec::Arena& arena) {
  auto value = spec::parse_json(text, arena);
  if (!value) return std::nullopt;
  spec::FieldErrors wrong;
  spec::schema::check_structure(*value, spec::schema::kInferenceService, {}, wrong);
  return wrong.empty() ? std::optional(std::move(*value)) : std::nullopt;
}

}  // namespace

bool HostClaims::Rank::operator<(const Rank& other) const {
  return std::tie(waits, service->second.created, service->first) <
         std::tie(other.waits, other.service->second.created, other.service->first);
}

const ServiceKey* HostClaims::owner(const std::string& host) const {
  const auto it = hosts_.find(host);
  return it == hosts_.end() ? nullptr : &it->second.begin()->service->first;
}

void HostClaims::release(const Services::value_type& service) {
  for (const std::string* host : service.second.hosts) {
    const auto it = hosts_.find(*host);
    Ranks& ranks = it->second;
    if (ranks.erase({false, &service}) == 0) ranks.erase({true, &service});
    if (ranks.empty()) hosts_.erase(it);
  }
}

std::vector<ServiceKey> HostClaims::set(const HostClaim& claim) {
  std::map<std::string, std::optional<ServiceKey>> before;
  const auto note = [&](const std::string& host) {
    const ServiceKey* had = owner(host);
    before.emplace(host, had ? std::optional(*had) : std::nullopt);
  };
  for (const std::string& host : claim.hosts) note(host);
  const auto old = services_.find(claim.key);
  const bool is_new = old == services_.end();
  if (!is_new) {
    for (const std::string* host : old->second.hosts) note(*host);
    release(*old);
    services_.erase(old);
  }
  if (!claim.hosts.empty()) {
    const auto service = services_.emplace(claim.key, Service{claim.created, {}}).first;
    for (const std::string& host : claim.hosts) {
      const auto entry = hosts_.try_emplace(host).first;
      const bool has_it = claim.has_routes && (is_new || before.at(host) == claim.key);
      const bool added = entry->second.insert({!has_it, &*service}).second;
      if (added) service->second.hosts.push_back(&entry->first);
    }
  }
  std::set<ServiceKey> changed;
  for (const auto& [host, had] : before) {
    const ServiceKey* has = owner(host);
    if (!had || !has || *had == *has) continue;
    changed.insert(*had);
    changed.insert(*has);
  }
  changed.erase(claim.key);
  return {changed.begin(), changed.end()};
}

void HostClaims::clear() {
  hosts_.clear();
  services_.clear();
}

std::map<std::string, std::string, std::less<>> HostClaims::taken(const ServiceKey& key) const {
  std::map<std::string, std::string, std::less<>> out;
  const auto it = services_.find(key);
  if (it == services_.end()) return out;
  for (const std::string* host : it->second.hosts) {
    const ServiceKey* has = owner(*host);
    if (*has != key) out.emplace(*host, has->to_string());
  }
  return out;
}

HostClaim claim_of(const ServiceRecord& record, const spec::Value& document, const Cache& cache,
                   const spec::Catalog& catalog, bool has_virtual_services) {
  HostClaim out{.key = record.key, .created = {}, .hosts = {}};
  const spec::Configuration& configuration = catalog.configuration();
  const spec::InferenceServiceView service(document);
  if (record.being_deleted || !configuration.modelgate.strict()) return out;
  if (spec::effective_deployment_mode(service, service, configuration) != spec::kStandardMode) return out;
  std::vector<Child> children = cache.children(record.key);
  std::erase_if(children, [&](const Child& c) { return c.owner_uid != record.uid; });
  std::vector<std::string_view> deployments;
  for (const Child& c : children) {
    if (c.resource == &kube::kDeployments) deployments.push_back(c.name);
    out.has_routes = out.has_routes || is_route(c.resource);
  }
  const auto context = workload::make_service_context(
      record.key.name, catalog, {.deployments = deployments, .has_virtual_services = has_virtual_services});
  spec::Arena arena;
  out.created = service.metadata().string("creationTimestamp");
  out.hosts = workload::claimed_hosts(document, context, arena);
  return out;
}

void claim_all(const Cache& cache, const spec::Catalog& catalog, bool has_virtual_services,
               HostClaims& claims) {
  claims.clear();
  for (const ServiceKey& key : cache.services()) {
    const auto record = cache.service(key);
    spec::Arena arena;
    const auto document = record ? readable(record->text, arena) : std::nullopt;
    if (document) claims.set(claim_of(*record, *document, cache, catalog, has_virtual_services));
  }
}

std::string basis_of_hosts(const spec::Configuration& configuration) {
  const spec::IngressConfiguration& i = configuration.ingress;
  return fmt::format("{}\n{}\n{}\n{}\n{}{}{}{}{}", i.ingress_domain, i.domain_template, i.path_template,
                     fmt::join(i.additional_ingress_domains, "\n"), i.enable_gateway_api,
                     i.disable_ingress_creation, i.disable_istio_virtual_host,
                     configuration.modelgate.istio_routes, configuration.modelgate.strict());
}

}  // namespace modelgate::reconciler
