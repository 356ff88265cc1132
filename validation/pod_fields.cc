// SPDX-License-Identifier: Apache-2.0
#include "validation/pod_fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <string>
#include <vector>

#include "spec/schema_core.h"
#include "validation/affinity.h"
#include "validation/container_fields.h"
#include "validation/duplicates.h"
#include "validation/forms.h"
#include "validation/pod_consistency.h"
#include "validation/volume_sources.h"

namespace modelgate::validation {
namespace {

namespace schema = spec::schema;
using spec::ObjectView;

using Words = std::string_view;

constexpr std::size_t kMaxNameservers = 3;
constexpr std::size_t kMaxSearches = 32;
constexpr std::size_t kMaxSearchBytes = 2048;
constexpr std::size_t kMaxHostnameBytes = 64;

constexpr auto kDnsPolicies =
    std::to_array<Words>({"ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"});
constexpr auto kRestartPolicies = std::to_array<Words>({"Always"});
constexpr auto kPreemption = std::to_array<Words>({"PreemptLowerPriority", "Never"});
constexpr auto kSystems = std::to_array<Words>({"linux", "windows"});
constexpr auto kGroupChanges = std::to_array<Words>({"OnRootMismatch", "Always"});
constexpr auto kGroupPolicies = std::to_array<Words>({"Merge", "Strict"});
constexpr auto kLabelChanges = std::to_array<Words>({"Recursive", "MountOption"});
constexpr auto kClaimSources = std::to_array<Words>({"resourceClaimName", "resourceClaimTemplateName"});

constexpr std::array kPod = {row::choice("dnsPolicy", kDnsPolicies),
                             row::choice("restartPolicy", kRestartPolicies),
                             row::not_empty(row::choice("preemptionPolicy", kPreemption)),
                             row::form("hostname", spec::check_dns1123_label),
                             row::form("subdomain", spec::check_dns1123_label),
                             row::not_empty(row::form("hostnameOverride", spec::check_dns1123_subdomain)),
                             row::form("nodeName", spec::check_dns1123_subdomain),
                             row::form("serviceAccountName", spec::check_dns1123_subdomain),
                             row::form("serviceAccount", spec::check_dns1123_subdomain),
                             row::form("priorityClassName", spec::check_dns1123_subdomain),
                             row::not_empty(row::form("runtimeClassName", spec::check_dns1123_subdomain))};
constexpr std::array kSecurity = {row::range("fsGroup", 0, kMaxId),
                                  row::range("runAsUser", 0, kMaxId),
                                  row::range("runAsGroup", 0, kMaxId),
                                  row::range("supplementalGroups", 0, kMaxId),
                                  row::not_empty(row::choice("fsGroupChangePolicy", kGroupChanges)),
                                  row::not_empty(row::choice("supplementalGroupsPolicy", kGroupPolicies)),
                                  row::not_empty(row::choice("seLinuxChangePolicy", kLabelChanges))};
constexpr std::array kSysctl = {row::form("name", check_sysctl, kNeeded)};
constexpr std::array kHostAlias = {row::form("ip", check_ip_address, kNeeded),
                                   row::form("hostnames", spec::check_dns1123_subdomain)};
constexpr std::array kDnsConfig = {row::form("nameservers", check_ip_address),
                                   row::form("searches", check_search_domain)};
constexpr std::array kName = {row::present("name")};
constexpr std::array kReadinessGate = {row::form("conditionType", spec::check_qualified_name, kNeeded)};
constexpr std::array kSchedulingGate = {row::form("name", spec::check_qualified_name, kNeeded)};
constexpr std::array kOs = {row::choice("name", kSystems, kNeeded)};
constexpr std::array kClaim = {
    row::form("name", spec::check_dns1123_label, kNeeded),
    row::not_empty(row::form("resourceClaimName", spec::check_dns1123_subdomain)),
    row::not_empty(row::form("resourceClaimTemplateName", spec::check_dns1123_subdomain))};
constexpr std::array kGroup = {row::form("podGroupName", spec::check_dns1123_subdomain, kNeeded)};

// What the rows cannot express.

void check_dns_config(const ObjectView& config, const LazyPath& at, Reading, Report& report) {
  const auto size_of = [&](Words field) -> std::size_t {
    const spec::Value* v = config.field(field);
    return v && v->IsArray() ? v->Size() : 0;
  };
  if (size_of("nameservers") > kMaxNameservers)
    report.add(spec::too_many(at / "nameservers", size_of("nameservers"), kMaxNameservers));
  if (size_of("searches") > kMaxSearches)
    report.add(spec::too_many(at / "searches", size_of("searches"), kMaxSearches));
  if (size_of("searches") == 0) return;
  std::size_t bytes = size_of("searches") - 1;  // blanks between them
  for (const spec::Value& v : config.field("searches")->GetArray())
    bytes += v.IsString() ? v.GetStringLength() : 0;
  if (bytes > kMaxSearchBytes)
    report.add(invalid(at / "searches",
                       fmt::format("must have at most {} bytes in total, have {}", kMaxSearchBytes, bytes)));
}

void check_sysctls(const ObjectView& security, const LazyPath& at, Reading, Report& report) {
  const auto sysctls = security.list<ObjectView>("sysctls");
  const LazyPath list = at / "sysctls";
  const auto name_of = [&](std::size_t i) { return sysctls[i].string("name"); };
  for_each_duplicate(sysctls.size(), name_of, [&](std::size_t i) {
    const LazyPath sysctl = list[i];
    report.add(duplicate(sysctl / "name", name_of(i)));
  });
}

/// Reports each later element of a list with an earlier one's key.
template <typename KeyOf>
void check_once(const ObjectView& pod, Words field, KeyOf&& key_of, const LazyPath& at, Report& report) {
  const auto elements = pod.list<ObjectView>(field);
  std::vector<std::string> keys;
  for (const ObjectView& e : elements) keys.push_back(key_of(e));
  const LazyPath list = at / field;
  for_each_duplicate(
      keys.size(), [&](std::size_t i) { return Words(keys[i]); },
      [&](std::size_t i) { report.add(duplicate(list[i], keys[i])); });
}

void check_lists(const ObjectView& pod, const LazyPath& at, Report& report) {
  const auto name_of = [](const ObjectView& e) { return std::string(e.string("name")); };
  check_once(pod, "resourceClaims", name_of, at, report);
  check_once(pod, "schedulingGates", name_of, at, report);
  const auto spread_of = [](const ObjectView& e) {
    return fmt::format("{}, {}", e.string("topologyKey"), e.string("whenUnsatisfiable"));
  };
  check_once(pod, "topologySpreadConstraints", spread_of, at, report);
}

void check_host_settings(const ObjectView& pod, const LazyPath& at, Report& report) {
  const auto is_set = [&](Words field) { return pod.boolean(field).value_or(false); };
  if (is_set("shareProcessNamespace") && is_set("hostPID"))
    report.add(forbidden(at / "shareProcessNamespace", "must not be set beside hostPID"));
  if (pod.boolean("hostUsers") == false) {
    for (const Words field : {"hostNetwork", "hostPID", "hostIPC"}) {
      if (is_set(field)) report.add(forbidden(at / field, "must not be set beside hostUsers: false"));
    }
  }
  const auto override_name = pod.optional_string("hostnameOverride");
  if (!override_name) return;
  if (override_name->size() > kMaxHostnameBytes)
    report.add(spec::too_long(at / "hostnameOverride", *override_name, kMaxHostnameBytes));
  for (const Words field : {"setHostnameAsFQDN", "hostNetwork"}) {
    if (is_set(field))
      report.add(forbidden(at / "hostnameOverride", fmt::format("must not be set beside {}", field)));
  }
}

void check_host_sysctls(const ObjectView& pod, const LazyPath& at, Report& report) {
  const LazyPath security = at / "securityContext";
  const LazyPath list = security / "sysctls";
  const auto sysctls = pod.object("securityContext").list<ObjectView>("sysctls");
  for (std::size_t i = 0; i < sysctls.size(); ++i) {
    const Words name = sysctls[i].string("name");
    const LazyPath sysctl = list[i];
    const auto in = [&](Words prefix) { return name.starts_with(prefix) && name.size() > prefix.size(); };
    const bool net = in("net.") || in("net/");
    const bool ipc = in("kernel.shm") || in("kernel.msg") || name == "kernel.sem" || in("fs.mqueue.");
    if (net && pod.boolean("hostNetwork").value_or(false))
      report.add(forbidden(sysctl / "name", "must not be set beside hostNetwork"));
    if (ipc && pod.boolean("hostIPC").value_or(false))
      report.add(forbidden(sysctl / "name", "must not be set beside hostIPC"));
  }
}

void check_dns(const ObjectView& pod, const LazyPath& at, Reading reading, Report& report) {
  if (reading.partial || pod.string("dnsPolicy") != "None") return;
  const spec::Value* servers = pod.object("dnsConfig").field("nameservers");
  if (servers && servers->IsArray() && !servers->Empty()) return;
  const LazyPath config = at / "dnsConfig";
  report.add(required(config / "nameservers", "dnsPolicy None needs at least one"));
}

/// What admission plugins of the API server compute from the classes of a Pod.
void check_classes(const ObjectView& pod, const LazyPath& at, Reading reading, Report& report) {
  if (pod.has("overhead") && pod.string("runtimeClassName").empty() && !reading.partial)
    report.add(forbidden(at / "overhead", "must not be set without the runtimeClassName that it comes from"));
  if (pod.integer("priority").value_or(0) != 0 && pod.string("priorityClassName").empty())
    report.warn(at / "priority",
                "the API server rejects a Pod whose priority is not that of its "
                "priorityClassName: set the class instead");
}

/// A Deployment's Pods run until they are replaced.
void check_pod(const ObjectView& pod, const LazyPath& at, Reading reading, Report& report) {
  if (pod.has("activeDeadlineSeconds"))
    report.add(
        forbidden(at / "activeDeadlineSeconds", "must not be set: a Deployment's Pods have no deadline"));
  const auto debug = pod.list<ObjectView>("ephemeralContainers");
  if (!debug.empty())
    report.add(forbidden(at / "ephemeralContainers", "must not be set: they are added to running Pods"));
  const LazyPath resources = at / "resources";
  if (pod.object("resources").has("claims"))
    report.add(forbidden(resources / "claims", "must not be set for a Pod: containers name claims"));
  check_lists(pod, at, report);
  check_host_settings(pod, at, report);
  check_host_sysctls(pod, at, report);
  check_dns(pod, at, reading, report);
  check_classes(pod, at, reading, report);
}

/// What check_pod() is about.
constexpr NameFilter kChecked = {"activeDeadlineSeconds",
                                 "ephemeralContainers",
                                 "resources",
                                 "resourceClaims",
                                 "schedulingGates",
                                 "topologySpreadConstraints",
                                 "shareProcessNamespace",
                                 "hostUsers",
                                 "hostnameOverride",
                                 "securityContext",
                                 "overhead",
                                 "priority",
                                 "dnsPolicy"};

constexpr TypeRules kRules[] = {
    {.type = &schema::kPodSpec, .fields = kPod, .check = check_pod, .about = kChecked},
    {.type = &schema::kPodSecurityContext, .fields = kSecurity, .check = check_sysctls},
    {.type = &schema::kSysctl, .fields = kSysctl},
    {.type = &schema::kHostAlias, .fields = kHostAlias},
    {.type = &schema::kPodDNSConfig, .fields = kDnsConfig, .check = check_dns_config},
    {.type = &schema::kPodDNSConfigOption, .fields = kName},
    {.type = &schema::kPodReadinessGate, .fields = kReadinessGate},
    {.type = &schema::kPodSchedulingGate, .fields = kSchedulingGate},
    {.type = &schema::kPodOS, .fields = kOs},
    {.type = &schema::kPodResourceClaim,
     .fields = kClaim,
     .one_of = {.members = kClaimSources, .required = true}},
    {.type = &schema::kPodSchedulingGroup, .fields = kGroup},
};

/// Containers are checked one by one: `model` is one too.
constexpr auto kContainerLists =
    std::to_array<Words>({"containers", "initContainers", "ephemeralContainers"});

Reading reading_of(const Container& c) {
  const bool completed_later = c.pod->partial || c.place == Container::Place::kArt;
  if (c.place == Container::Place::kInit) return {.partial = false, .templates = c.pod->partial};
  return {.partial = completed_later, .templates = completed_later};
}

}  // namespace

void check_pod_fields(const Workloads& w, Report& report) {
  static const FieldTable table({container_field_rules(), volume_source_rules(), affinity_rules(), kRules});
  for (const Pod& pod : w.pods) {
    if (!pod.view) continue;
    check_fields({.value = *pod.view.value(),
                  .type = schema::kPodSpec,
                  .at = pod.at,
                  .reading = {.partial = pod.partial, .templates = pod.partial},
                  .skip = kContainerLists},
                 table, report);
  }
  for (const Container& c : w.containers) {
    if (!c.view) continue;
    check_fields({.value = *c.view.value(), .type = schema::kContainer, .at = c.at, .reading = reading_of(c)},
                 table, report);
  }
  check_consistency(w, report);
}

}  // namespace modelgate::validation
