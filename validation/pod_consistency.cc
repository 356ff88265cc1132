// SPDX-License-Identifier: Apache-2.0
#include "validation/pod_consistency.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "spec/names.h"
#include "spec/quantity.h"
#include "validation/duplicates.h"
#include "validation/field_rules.h"

namespace modelgate::validation {
namespace {

using spec::ObjectView;

using Words = std::string_view;
using Containers = std::span<const Container>;

constexpr std::int64_t kDefaultGracePeriod = 30;

constexpr auto kOnlyOfSidecars =
    std::to_array<Words>({"lifecycle", "livenessProbe", "readinessProbe", "startupProbe"});
constexpr auto kNotOnWindows =
    std::to_array<Words>({"hostUsers", "hostPID", "hostIPC", "shareProcessNamespace", "resources"});
constexpr auto kContextNotOnWindows = std::to_array<Words>(
    {"appArmorProfile", "seLinuxOptions", "seccompProfile", "fsGroup", "fsGroupChangePolicy", "sysctls",
     "runAsUser", "runAsGroup", "supplementalGroups", "supplementalGroupsPolicy", "seLinuxChangePolicy",
     "capabilities", "readOnlyRootFilesystem", "privileged", "allowPrivilegeEscalation", "procMount"});

bool is_init(const Container& c) {
  return c.place == Container::Place::kInit;
}

/// An init container that runs beside the others.
bool is_sidecar(const Container& c) {
  return is_init(c) && c.view.string("restartPolicy") == "Always";
}

void check_init_container(const Container& c, Report& report) {
  if (!is_init(c) || is_sidecar(c)) return;
  for (const Words field : kOnlyOfSidecars) {
    if (c.view.has(field))
      report.add(forbidden(c.at / field, "needs restartPolicy: Always: other init containers end"));
  }
  const auto policies = c.view.list<ObjectView>("resizePolicy");
  const LazyPath list = c.at / "resizePolicy";
  for (std::size_t i = 0; i < policies.size(); ++i) {
    if (policies[i].string("restartPolicy") != "RestartContainer") continue;
    const LazyPath policy = list[i];
    report.add(forbidden(policy / "restartPolicy", "RestartContainer needs restartPolicy: Always"));
  }
}

// References to parts of the Pod.

void check_claims(const Container& c, const std::set<Words>& names, Report& report) {
  const auto claims = c.view.resources().list<ObjectView>("claims");
  const LazyPath resources = c.at / "resources";
  const LazyPath list = resources / "claims";
  for (std::size_t i = 0; i < claims.size(); ++i) {
    const Words name = claims[i].string("name");
    if (name.empty() || names.contains(name)) continue;
    const LazyPath claim = list[i];
    report.add(spec::not_found(claim / "name", name, "resourceClaims of the Pod has no claim of this name"));
  }
}

/// Names of volumes, by whether they have one of these sources.
std::set<Words> volumes_with(const Pod& pod, std::span<const Words> sources) {
  std::set<Words> names;
  for (const spec::VolumeView& v : pod.view.volumes()) {
    if (std::ranges::any_of(sources, [&](Words s) { return v.has(s); })) names.insert(v.name());
  }
  return names;
}

void check_devices(const Container& c, const std::set<Words>& claims, Report& report) {
  const auto devices = c.view.list<ObjectView>("volumeDevices");
  const LazyPath list = c.at / "volumeDevices";
  for (std::size_t i = 0; i < devices.size(); ++i) {
    const Words name = devices[i].string("name");
    if (name.empty() || claims.contains(name)) continue;
    const LazyPath device = list[i];
    report.add(spec::not_found(device / "name", name,
                               "the Pod has no volume of this name that is a PersistentVolumeClaim"));
  }
}

void check_file_keys(const Container& c, const std::set<Words>& directories, Report& report) {
  const auto env = c.view.env();
  const LazyPath list = c.at / "env";
  for (std::size_t i = 0; i < env.size(); ++i) {
    const ObjectView ref = env[i].value_from().object("fileKeyRef");
    const Words volume = ref.string("volumeName");
    if (volume.empty() || directories.contains(volume)) continue;
    const LazyPath variable = list[i];
    const LazyPath from = variable / "valueFrom";
    const LazyPath key = from / "fileKeyRef";
    report.add(spec::not_found(key / "volumeName", volume, "the Pod has no emptyDir volume of this name"));
  }
}

/// Ports that a probe or handler names.
void check_named_port(const Container& c, Words owner, Words handler, const ObjectView& action,
                      const LazyPath& at, Report& report) {
  const spec::Value* port = action.field("port");
  if (!port || !port->IsString()) return;
  const Words name = spec::text_of(*port);
  if (spec::check_port_name(name)) return;  // another check's
  const auto ports = c.view.ports();
  if (std::ranges::any_of(ports, [&](const spec::ContainerPortView& p) { return p.name() == name; })) return;
  const LazyPath owner_at = at / owner;
  const LazyPath handler_at = owner_at / handler;
  report.add(spec::not_found(handler_at / "port", name, "the container has no port of this name"));
}

void check_named_ports(const Container& c, Report& report) {
  for (const Words probe : {"livenessProbe", "readinessProbe", "startupProbe"}) {
    for (const Words handler : {"httpGet", "tcpSocket"})
      check_named_port(c, probe, handler, c.view.object(probe).object(handler), c.at, report);
  }
}

void check_sleep(const Container& c, std::int64_t grace, Report& report) {
  const LazyPath lifecycle = c.at / "lifecycle";
  for (const Words hook : {"postStart", "preStop"}) {
    const auto seconds = c.view.object("lifecycle").object(hook).object("sleep").integer("seconds");
    if (!seconds || *seconds <= grace) continue;
    const LazyPath hook_at = lifecycle / hook;
    const LazyPath sleep = hook_at / "sleep";
    report.add(invalid(sleep / "seconds", *seconds,
                       fmt::format("must be at most terminationGracePeriodSeconds, {}", grace)));
  }
}

// Host ports.

struct HostPort {
  std::string key;
  spec::FieldPath path;
};

void check_host_ports(const Pod& pod, Containers containers, Report& report) {
  std::vector<HostPort> taken;
  const bool host_network = pod.view.boolean("hostNetwork").value_or(false);
  for (const Container& c : containers) {
    const auto ports = c.view.ports();
    const LazyPath list = c.at / "ports";
    for (std::size_t i = 0; i < ports.size(); ++i) {
      const auto number = ports[i].integer("hostPort").value_or(0);
      if (number == 0) continue;
      const LazyPath port = list[i];
      if (host_network && number != ports[i].container_port())
        report.add(invalid(port / "hostPort", number, "must equal containerPort if hostNetwork is true"));
      if (!is_init(c))
        taken.push_back({fmt::format("{}/{}/{}", number, ports[i].protocol(), ports[i].string("hostIP")),
                         port / "hostPort"});
    }
  }
  const auto key_of = [&](std::size_t i) { return Words(taken[i].key); };
  for_each_duplicate(taken.size(), key_of,
                     [&](std::size_t i) { report.add(duplicate(taken[i].path, taken[i].key)); });
}

// Operating systems.

void forbid(const ObjectView& object, std::span<const Words> fields, const LazyPath& at, Report& report) {
  for (const Words field : fields) {
    if (object.has(field)) report.add(forbidden(at / field, "must not be set for a Pod of Windows"));
  }
}

void check_system(const Pod& pod, Containers containers, Report& report) {
  if (!pod.view.has("os")) return;
  constexpr auto kOptions = std::to_array<Words>({"windowsOptions"});
  const Words system = pod.view.object("os").string("name");
  const auto for_each_context = [&](auto&& f) {
    f(pod.view.object("securityContext"), pod.at / "securityContext");
    for (const Container& c : containers) f(c.view.object("securityContext"), c.at / "securityContext");
  };
  if (system == "windows") {
    forbid(pod.view, kNotOnWindows, pod.at, report);
    for_each_context([&](const ObjectView& context, const LazyPath& at) {
      forbid(context, kContextNotOnWindows, at, report);
    });
  } else if (system == "linux") {
    for_each_context([&](const ObjectView& context, const LazyPath& at) {
      if (context.has(kOptions[0]))
        report.add(forbidden(at / kOptions[0], "must not be set for a Pod of Linux"));
    });
  }
}

// Resources of the Pod as a whole.

std::int64_t milli(const spec::Value& amount) {
  const auto quantity = spec::Quantity::parse(amount);
  return quantity ? quantity->to_milli() : 0;
}

template <typename F>
void for_each_amount(const ObjectView& resources, Words map, F&& f) {
  const ObjectView amounts = resources.object(map);
  if (!amounts) return;
  for (const auto& m : amounts.value()->GetObject()) f(spec::text_of(m.name), m.value);
}

bool is_of_pods(Words resource) {
  return resource == "cpu" || resource == "memory" || resource.starts_with("hugepages-");
}

/// What the containers that run at the same time request together.
std::map<Words, __int128> sum_of_requests(Containers containers) {
  std::map<Words, __int128> sums;
  for (const Container& c : containers) {
    if (is_init(c) && !is_sidecar(c)) continue;
    for_each_amount(c.view.resources(), "requests",
                    [&](Words name, const spec::Value& amount) { sums[name] += milli(amount); });
  }
  return sums;
}

void check_limits_of_pod(const std::map<Words, std::int64_t>& limits, Containers containers, Report& report) {
  for (const Container& c : containers) {
    if (is_init(c)) continue;
    const LazyPath resources = c.at / "resources";
    const LazyPath at = resources / "limits";
    for_each_amount(c.view.resources(), "limits", [&](Words name, const spec::Value& amount) {
      const auto limit = limits.find(name);
      if (limit != limits.end() && milli(amount) > limit->second)
        report.add(invalid(at.key(name), amount, "must be at most the limit of the Pod"));
    });
  }
}

void check_pod_resources(const Pod& pod, Containers containers, Report& report) {
  const ObjectView resources = pod.view.object("resources");
  if (!resources) return;
  const LazyPath at = pod.at / "resources";
  const auto check_name = [&](Words map, Words name) {
    if (is_of_pods(name)) return;
    const LazyPath amounts = at / map;
    report.add(invalid(amounts.key(name), name, "must be cpu, memory or hugepages-{size} for a Pod"));
  };
  const std::map<Words, __int128> sums = sum_of_requests(containers);
  for_each_amount(resources, "requests", [&](Words name, const spec::Value& amount) {
    check_name("requests", name);
    const auto sum = sums.find(name);
    if (sum == sums.end() || sum->second <= milli(amount)) return;
    const LazyPath requests = at / "requests";
    report.add(invalid(requests.key(name), amount, "must be at least the sum of the containers' requests"));
  });
  std::map<Words, std::int64_t> limits;
  for_each_amount(resources, "limits", [&](Words name, const spec::Value& amount) {
    check_name("limits", name);
    limits.emplace(name, milli(amount));
  });
  if (!limits.empty()) check_limits_of_pod(limits, containers, report);
}

/// A container sees all of /proc only in a user namespace of its own.
void check_proc_mount(const Container& c, bool host_users, Report& report) {
  if (!host_users || c.view.object("securityContext").string("procMount") != "Unmasked") return;
  const LazyPath security = c.at / "securityContext";
  report.add(forbidden(security / "procMount", "Unmasked needs hostUsers: false in the Pod"));
}

/// What the checks of one container in check_complete() are about.
constexpr NameFilter kReferring = {"resources",      "volumeDevices", "env",       "livenessProbe",
                                   "readinessProbe", "startupProbe",  "lifecycle", "securityContext"};

/// Such a container of Windows runs in the node's network.
void check_host_process(const Pod& pod, Containers containers, Report& report) {
  if (pod.view.boolean("hostNetwork").value_or(false)) return;
  const auto check = [&](const ObjectView& owner, const LazyPath& at) {
    if (!owner.object("securityContext").object("windowsOptions").boolean("hostProcess").value_or(false))
      return;
    const LazyPath security = at / "securityContext";
    const LazyPath options = security / "windowsOptions";
    report.add(forbidden(options / "hostProcess", "needs hostNetwork: true in the Pod"));
  };
  check(pod.view, pod.at);
  for (const Container& c : containers) check(c.view, c.at);
}

std::set<Words> names_of_claims(const Pod& pod) {
  std::set<Words> names;
  for (const ObjectView& c : pod.view.list<ObjectView>("resourceClaims")) names.insert(c.string("name"));
  return names;
}

void check_complete(const Pod& pod, Containers containers, Report& report) {
  constexpr auto kClaims = std::to_array<Words>({"persistentVolumeClaim", "ephemeral"});
  constexpr auto kEmptyDir = std::to_array<Words>({"emptyDir"});
  const std::set<Words> claims = names_of_claims(pod);
  const std::set<Words> devices = volumes_with(pod, kClaims);
  const std::set<Words> directories = volumes_with(pod, kEmptyDir);
  const std::int64_t grace = pod.view.integer("terminationGracePeriodSeconds").value_or(kDefaultGracePeriod);
  for (const Container& c : containers) {
    if (!c.view || !NameFilter(*c.view.value()).overlaps(kReferring)) continue;
    check_claims(c, claims, report);
    check_devices(c, devices, report);
    check_file_keys(c, directories, report);
    check_named_ports(c, report);
    check_sleep(c, grace, report);
    check_proc_mount(c, pod.view.boolean("hostUsers").value_or(true), report);
  }
  check_host_process(pod, containers, report);
  check_pod_resources(pod, containers, report);
}

}  // namespace

void check_consistency(const Workloads& w, Report& report) {
  auto first = w.containers.begin();  // the lists have the same order
  for (const Pod& pod : w.pods) {
    const auto last =
        std::find_if_not(first, w.containers.end(), [&](const Container& c) { return c.pod == &pod; });
    const Containers containers(first, last);
    first = last;
    for (const Container& c : containers) check_init_container(c, report);
    check_host_ports(pod, containers, report);
    check_system(pod, containers, report);
    if (!pod.partial) check_complete(pod, containers, report);
  }
}

}  // namespace modelgate::validation
