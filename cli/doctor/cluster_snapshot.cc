// SPDX-License-Identifier: Apache-2.0
#include "cli/doctor/cluster_snapshot.h"

#include <fmt/format.h>

#include <algorithm>

#include "spec/view.h"

namespace modelgate::cli {
namespace {

using spec::ObjectView;
using spec::Value;

std::string kind_key(const kube::Resource& resource) {
  return fmt::format("{}.{}", resource.plural, resource.group);
}

bool has_entry(const ObjectView& rule, std::string_view member, std::string_view entry) {
  const Value* list = rule.field(member);
  if (!list || !list->IsArray()) return false;
  return std::ranges::any_of(list->GetArray(), [&](const Value& v) {
    return v.IsString() && (spec::text_of(v) == "*" || spec::text_of(v) == entry);
  });
}

/// "*/*" matches everything, including subresources.
bool matches_resource(const ObjectView& rule, std::string_view resource) {
  return has_entry(rule, "resources", resource) || has_entry(rule, "resources", "*/*");
}

std::string_view without_scheme(std::string_view url) {
  const auto at = url.find("://");
  return at == std::string_view::npos ? url : url.substr(at + 3);
}

}  // namespace

std::string_view Permission::subresource() const {
  const std::size_t at = resource.find('/');
  return at == std::string_view::npos ? std::string_view() : resource.substr(at + 1);
}

std::string Permission::to_string() const {
  std::string out = fmt::format("{} {}", verb, kind());
  if (!group.empty()) out += fmt::format(".{}", group);
  if (!subresource().empty()) out += fmt::format("/{}", subresource());
  if (!name.empty()) out += fmt::format("/{}", name);
  if (!ns.empty()) out += fmt::format(" in {}", ns);
  return out;
}

void ClusterSnapshot::put(const kube::Resource& resource, kube::Object object) {
  Key key{kind_key(resource), resource.namespaced ? std::string(object.namespace_()) : std::string(),
          std::string(object.name())};
  objects_.insert_or_assign(std::move(key), std::move(object));
}

void ClusterSnapshot::put_error(const kube::Resource& resource, std::string_view ns, kube::ApiError error) {
  errors_.insert_or_assign({kind_key(resource), std::string(ns)}, std::move(error));
}

void ClusterSnapshot::remove(const kube::Resource& resource, std::string_view ns, std::string_view name) {
  objects_.erase({kind_key(resource), std::string(ns), std::string(name)});
}

const Value* ClusterSnapshot::find(const kube::Resource& resource, std::string_view ns,
                                   std::string_view name) const {
  const auto it = objects_.find({kind_key(resource), std::string(ns), std::string(name)});
  return it == objects_.end() ? nullptr : &it->second.value();
}

std::vector<const Value*> ClusterSnapshot::all(const kube::Resource& resource, std::string_view ns) const {
  const std::string kind = kind_key(resource);
  std::vector<const Value*> out;
  for (auto it = objects_.lower_bound({kind, std::string(ns), {}}); it != objects_.end(); ++it) {
    const auto& [kind_of_it, ns_of_it, name] = it->first;
    if (kind_of_it != kind || (!ns.empty() && ns_of_it != ns)) break;
    out.push_back(&it->second.value());
  }
  return out;
}

const kube::ApiError* ClusterSnapshot::error_about(const kube::Resource& resource,
                                                   std::string_view ns) const {
  for (const std::string_view place : {ns, std::string_view()}) {
    const auto it = errors_.find({kind_key(resource), std::string(place)});
    if (it != errors_.end()) return &it->second;
  }
  return nullptr;
}

bool ClusterSnapshot::has_group(std::string_view group) const {
  return std::ranges::find(groups, group) != groups.end();
}

std::optional<bool> ClusterSnapshot::serves(const kube::Resource& resource) const {
  const auto it = kinds_.find(kind_key(resource));
  if (it == kinds_.end()) return std::nullopt;
  return it->second;
}

void ClusterSnapshot::put_served(const kube::Resource& resource, bool is_served) {
  kinds_.insert_or_assign(kind_key(resource), is_served);
}

bool ClusterSnapshot::installed() const {
  return find(kube::kMutatingWebhookConfigurations, {}, names.registration) ||
         find(kube::kValidatingWebhookConfigurations, {}, names.registration) ||
         find(kube::kDeployments, names.ns, names.service) || find(kube::kServices, names.ns, names.service);
}

// -------------------------------------------------------------------------------------------- webhooks

std::string_view RegisteredWebhook::name() const {
  return ObjectView(value).string("name");
}

std::string_view RegisteredWebhook::url() const {
  return ObjectView(value).object("clientConfig").string("url");
}

std::string_view RegisteredWebhook::service_namespace() const {
  return ObjectView(value).object("clientConfig").object("service").string("namespace");
}

std::string_view RegisteredWebhook::service_name() const {
  return ObjectView(value).object("clientConfig").object("service").string("name");
}

std::int64_t RegisteredWebhook::service_port() const {
  constexpr std::int64_t kDefaultPort = 443;  // of the API
  return ObjectView(value).object("clientConfig").object("service").integer("port").value_or(kDefaultPort);
}

std::string_view RegisteredWebhook::path() const {
  if (url().empty()) return ObjectView(value).object("clientConfig").object("service").string("path");
  const std::string_view rest = without_scheme(url());
  const std::string_view path = rest.substr(std::min(rest.find('/'), rest.size()));
  return path.substr(0, path.find('?'));
}

std::string_view RegisteredWebhook::ca_bundle() const {
  return ObjectView(value).object("clientConfig").string("caBundle");
}

std::string_view RegisteredWebhook::failure_policy() const {
  return ObjectView(value).optional_string("failurePolicy").value_or("Fail");
}

bool RegisteredWebhook::matches(std::string_view group, std::string_view resource) const {
  return std::ranges::any_of(ObjectView(value).list("rules"), [&](const ObjectView& rule) {
    return has_entry(rule, "apiGroups", group) && matches_resource(rule, resource);
  });
}

std::string RegisteredWebhook::to_string() const {
  return fmt::format("{}/{}, webhook {}", configuration_kind, configuration, name());
}

std::string RegisteredWebhook::target() const {
  if (!url().empty()) return std::string(url());
  return fmt::format("Service {}/{}", service_namespace(), service_name());
}

std::vector<RegisteredWebhook> registered_webhooks(const ClusterSnapshot& snapshot) {
  std::vector<RegisteredWebhook> out;
  for (const kube::Resource* resource :
       {&kube::kMutatingWebhookConfigurations, &kube::kValidatingWebhookConfigurations}) {
    for (const Value* configuration : snapshot.all(*resource)) {
      const ObjectView view(configuration);
      for (const ObjectView webhook : view.list("webhooks")) {
        out.push_back({.configuration_kind = resource->kind,
                       .configuration = view.object("metadata").string("name"),
                       .value = webhook.value()});
      }
    }
  }
  return out;
}

std::pair<std::string, std::string> host_and_port(std::string_view url) {
  const std::string_view rest = without_scheme(url);
  std::string_view authority = rest.substr(0, std::min(rest.find('/'), rest.size()));
  std::string_view host = authority;
  std::string_view after = {};
  if (authority.starts_with('[')) {
    const std::size_t end = authority.find(']');
    host = authority.substr(1, end == std::string_view::npos ? end : end - 1);
    after = end == std::string_view::npos ? std::string_view() : authority.substr(end + 1);
  } else if (const std::size_t colon = authority.rfind(':'); colon != std::string_view::npos) {
    host = authority.substr(0, colon);
    after = authority.substr(colon);
  }
  return {std::string(host), after.starts_with(':') ? std::string(after.substr(1)) : "443"};
}

}  // namespace modelgate::cli
