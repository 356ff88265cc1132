// SPDX-License-Identifier: Apache-2.0
#include "validation/container_fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <vector>

#include "spec/core.h"
#include "spec/quantity.h"
#include "spec/schema_core.h"
#include "validation/downward_fields.h"
#include "validation/duplicates.h"
#include "validation/forms.h"

namespace modelgate::validation {
namespace {

namespace schema = spec::schema;
using spec::ObjectView;

using Words = std::string_view;

constexpr std::int64_t kMaxPort = 65535;
constexpr std::size_t kMaxProfileBytes = 4095;
constexpr std::size_t kMaxRestartRules = 20;
constexpr std::size_t kMaxExitCodes = 255;

constexpr auto kPullPolicies = std::to_array<Words>({"Always", "IfNotPresent", "Never"});
constexpr auto kMessagePolicies = std::to_array<Words>({"File", "FallbackToLogsOnError"});
constexpr auto kRestartPolicies = std::to_array<Words>({"Always", "OnFailure", "Never"});
constexpr auto kSchemes = std::to_array<Words>({"HTTP", "HTTPS"});
constexpr auto kPropagations = std::to_array<Words>({"None", "HostToContainer", "Bidirectional"});
constexpr auto kRecursive = std::to_array<Words>({"Disabled", "IfPossible", "Enabled"});
constexpr auto kProcMounts = std::to_array<Words>({"Default", "Unmasked"});
constexpr auto kProfiles = std::to_array<Words>({"Localhost", "RuntimeDefault", "Unconfined"});
constexpr auto kResizable = std::to_array<Words>({"cpu", "memory"});
constexpr auto kResizePolicies = std::to_array<Words>({"NotRequired", "RestartContainer"});
constexpr auto kRestartActions = std::to_array<Words>({"Restart", "RestartAllContainers"});
constexpr auto kExitOperators = std::to_array<Words>({"In", "NotIn"});
constexpr auto kProbeHandlers = std::to_array<Words>({"exec", "httpGet", "tcpSocket", "grpc"});
constexpr auto kLifecycleHandlers = std::to_array<Words>({"exec", "httpGet", "tcpSocket", "sleep"});
constexpr auto kValueSources =
    std::to_array<Words>({"fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef"});
constexpr auto kEnvSources = std::to_array<Words>({"configMapRef", "secretRef"});
constexpr auto kProbes = std::to_array<Words>({"livenessProbe", "readinessProbe", "startupProbe"});

constexpr std::array kContainer = {row::choice("imagePullPolicy", kPullPolicies),
                                   row::choice("terminationMessagePolicy", kMessagePolicies),
                                   row::not_empty(row::choice("restartPolicy", kRestartPolicies))};
constexpr std::array kProbe = {
    row::at_least("initialDelaySeconds", 0), row::at_least("timeoutSeconds", 0),
    row::at_least("periodSeconds", 0),       row::at_least("successThreshold", 0),
    row::at_least("failureThreshold", 0),    row::at_least("terminationGracePeriodSeconds", 1)};
constexpr std::array kExec = {row::present("command")};
constexpr std::array kHttpGet = {row::port("port"), row::choice("scheme", kSchemes)};
constexpr std::array kHeader = {row::form("name", check_http_header, kNeeded)};
constexpr std::array kTcpSocket = {row::port("port")};
constexpr std::array kGrpc = {row::range("port", 1, kMaxPort, kNeeded)};
constexpr std::array kSleep = {row::at_least("seconds", 0)};
constexpr std::array kKeySelector = {row::form("name", spec::check_dns1123_subdomain, kNeeded),
                                     row::form("key", spec::check_config_key, kNeeded)};
constexpr std::array kFileKey = {row::form("key", spec::check_env_name, kNeeded),
                                 row::form("volumeName", spec::check_dns1123_label, kNeeded),
                                 row::form("path", check_path_stays_below, kNeeded)};
constexpr std::array kEnvFrom = {row::form("prefix", spec::check_env_name)};
constexpr std::array kEnvSource = {row::form("name", spec::check_dns1123_subdomain, kNeeded)};
constexpr std::array kMount = {row::form("subPath", check_path_stays_below),
                               row::form("subPathExpr", check_relative_path),
                               row::not_empty(row::choice("mountPropagation", kPropagations)),
                               row::not_empty(row::choice("recursiveReadOnly", kRecursive))};
constexpr std::array kDevice = {row::present("name"),
                                row::form("devicePath", check_path_stays_below, kNeeded)};
constexpr std::array kPort = {row::range("hostPort", 0, kMaxPort)};
constexpr std::array kClaim = {row::present("name"), row::form("request", spec::check_dns1123_label)};
constexpr std::array kSecurity = {row::range("runAsUser", 0, kMaxId), row::range("runAsGroup", 0, kMaxId),
                                  row::not_empty(row::choice("procMount", kProcMounts))};
constexpr std::array kProfileType = {row::choice("type", kProfiles, kNeeded)};
constexpr std::array kWindows = {
    row::not_empty(row::form("gmsaCredentialSpecName", spec::check_dns1123_subdomain)),
    row::not_empty({.field = "gmsaCredentialSpec"}), row::not_empty({.field = "runAsUserName"})};
constexpr std::array kResize = {row::choice("resourceName", kResizable, kNeeded),
                                row::choice("restartPolicy", kResizePolicies, kNeeded)};
constexpr std::array kRestartRule = {row::choice("action", kRestartActions, kNeeded),
                                     row::present("exitCodes")};
constexpr std::array kExitCodes = {row::choice("operator", kExitOperators, kNeeded)};

// What the rows cannot express.

void check_probe_of(const ObjectView& container, Words name, const LazyPath& at, Report& report) {
  const ObjectView probe = container.object(name);
  if (!probe) return;
  const LazyPath probe_at = at / name;
  if (name == "readinessProbe") {
    // Its row reports a value below 1.
    if (probe.integer("terminationGracePeriodSeconds").value_or(0) > 0)
      report.add(forbidden(probe_at / "terminationGracePeriodSeconds",
                           "must not be set for a readinessProbe, which stops no container"));
    return;
  }
  const auto successes = probe.integer("successThreshold").value_or(1);
  if (successes > 1) report.add(invalid(probe_at / "successThreshold", successes, "must be 1"));
}

/// A list of claims names each claim, or each request of a claim, once.
void check_claims(const ObjectView& resources, const LazyPath& at, Reading, Report& report) {
  const auto claims = resources.list<ObjectView>("claims");
  if (claims.size() < 2) return;
  std::vector<std::string> names;
  for (const ObjectView& c : claims)
    names.push_back(fmt::format("{}/{}", c.string("name"), c.string("request")));
  const LazyPath list = at / "claims";
  const auto name_of = [&](std::size_t i) { return Words(names[i]); };
  for_each_duplicate(names.size(), name_of,
                     [&](std::size_t i) { report.add(duplicate(list[i], claims[i].string("name"))); });
}

bool is_huge_page(Words resource) {
  return resource.starts_with("hugepages-");
}

/// The size of the pages, of which the amount must be a multiple.
void check_huge_page(Words resource, const spec::Value& amount, const LazyPath& at, Report& report) {
  const auto size = spec::Quantity::parse(resource.substr(std::string_view("hugepages-").size()));
  const auto quantity = spec::Quantity::parse(amount);
  if (!quantity || quantity->sign() < 0) return;
  if (!size || size->sign() <= 0)
    return report.add(invalid(at, resource, "must be hugepages-{size}, for example hugepages-2Mi"));
  if (quantity->to_int64() % size->to_int64() != 0)
    report.add(invalid(at, amount, fmt::format("must be a multiple of {}", size->canonical())));
}

bool is_divisible(Words resource) {
  return resource == "cpu" || resource == "memory" || resource == "ephemeral-storage";
}

/// What a container requests and cannot be overcommitted also has a limit.
void check_limits_exist(const ObjectView& resources, const LazyPath& at, Report& report) {
  const ObjectView requests = resources.object("requests");
  if (!requests) return;
  const auto needs_limit = [](const auto& m) { return !is_divisible(spec::text_of(m.name)); };
  if (std::ranges::none_of(requests.value()->GetObject(), needs_limit)) return;
  std::set<Words> limited;
  if (const ObjectView limits = resources.object("limits")) {
    for (const auto& m : limits.value()->GetObject()) limited.insert(spec::text_of(m.name));
  }
  const LazyPath limits_at = at / "limits";
  for (const auto& m : requests.value()->GetObject()) {
    const Words name = spec::text_of(m.name);
    if (!is_divisible(name) && !limited.contains(name))
      report.add(required(limits_at.key(name), "a request of this resource needs an equal limit"));
  }
}

void check_resources(const ObjectView& resources, const LazyPath& at, Reading reading, Report& report) {
  bool huge = false;
  bool computes = false;
  for (const Words map : {"limits", "requests"}) {
    const ObjectView amounts = resources.object(map);
    if (!amounts) continue;
    const LazyPath map_at = at / map;
    for (const auto& m : amounts.value()->GetObject()) {
      const Words name = spec::text_of(m.name);
      computes = computes || name == "cpu" || name == "memory";
      if (is_huge_page(name)) {
        huge = true;
        check_huge_page(name, m.value, map_at.key(name), report);
      }
    }
  }
  if (huge && !computes && !reading.partial)
    report.add(forbidden(at, "huge pages need cpu or memory beside them"));
  if (!reading.partial) check_limits_exist(resources, at, report);
  check_claims(resources, at, reading, report);
}

void check_variable_source(const ObjectView& source, const LazyPath& at, Reading reading, Report& report) {
  if (reading.partial) return;  // a fieldRef may be completed
  check_field_ref(source.object("fieldRef"), FieldUser::kVariable, at / "fieldRef", report);
  check_resource_ref(source.object("resourceFieldRef"), FieldUser::kVariable, at / "resourceFieldRef",
                     report);
}

void check_mount(const ObjectView& mount, const LazyPath& at, Reading, Report& report) {
  if (!mount.string("subPathExpr").empty() && !mount.string("subPath").empty())
    report.add(forbidden(at / "subPathExpr", "must not be set beside subPath"));
  const Words recursive = mount.string("recursiveReadOnly");
  if (recursive != "Enabled" && recursive != "IfPossible") return;
  if (!mount.boolean("readOnly").value_or(false))
    report.add(forbidden(at / "recursiveReadOnly", "may be set only beside readOnly: true"));
  const Words propagation = mount.string("mountPropagation");
  if (!propagation.empty() && propagation != "None")
    report.add(forbidden(at / "recursiveReadOnly", "needs the mountPropagation None"));
}

void check_bidirectional(const ObjectView& container, const LazyPath& at, Reading reading, Report& report) {
  if (reading.partial || container.object("securityContext").boolean("privileged").value_or(false)) return;
  const auto mounts = container.list<ObjectView>("volumeMounts");
  const LazyPath list = at / "volumeMounts";
  for (std::size_t i = 0; i < mounts.size(); ++i) {
    if (mounts[i].string("mountPropagation") != "Bidirectional") continue;
    const LazyPath mount = list[i];
    report.add(forbidden(mount / "mountPropagation", "Bidirectional needs a privileged container"));
  }
}

/// A volume is used as a device or mounted, at a path of its own.
void check_devices(const ObjectView& container, const LazyPath& at, Report& report) {
  const auto devices = container.list<ObjectView>("volumeDevices");
  if (devices.empty()) return;
  const auto mounts = container.list<ObjectView>("volumeMounts");
  const LazyPath list = at / "volumeDevices";
  struct Key {
    Words field;
    Words of_mounts;
  };
  for (const auto& [field, of_mounts] : {Key{"name", "name"}, Key{"devicePath", "mountPath"}}) {
    const auto value_of = [&](std::size_t i) {
      return i < mounts.size() ? mounts[i].string(of_mounts) : devices[i - mounts.size()].string(field);
    };
    for_each_duplicate(mounts.size() + devices.size(), value_of, [&](std::size_t i) {
      if (i < mounts.size()) return;  // another rule's
      const LazyPath device = list[i - mounts.size()];
      report.add(duplicate(device / field, value_of(i)));
    });
  }
}

void check_restart_rules(const ObjectView& container, const LazyPath& at, Reading reading, Report& report) {
  const auto rules = container.list<ObjectView>("restartPolicyRules");
  if (rules.empty()) return;
  if (!reading.partial && container.string("restartPolicy").empty())
    report.add(required(at / "restartPolicy", "restartPolicyRules need one"));
  if (rules.size() > kMaxRestartRules)
    report.add(spec::too_many(at / "restartPolicyRules", rules.size(), kMaxRestartRules));
}

void check_exit_codes(const ObjectView& codes, const LazyPath& at, Reading, Report& report) {
  const spec::Value* values = codes.field("values");
  if (values && values->IsArray() && values->Size() > kMaxExitCodes)
    report.add(spec::too_many(at / "values", values->Size(), kMaxExitCodes));
}

void check_resize(const ObjectView& container, const LazyPath& at, Report& report) {
  const auto policies = container.list<ObjectView>("resizePolicy");
  const LazyPath list = at / "resizePolicy";
  const auto name_of = [&](std::size_t i) { return policies[i].string("resourceName"); };
  for_each_duplicate(policies.size(), name_of,
                     [&](std::size_t i) { report.add(duplicate(list[i], name_of(i))); });
}

void check_container(const ObjectView& container, const LazyPath& at, Reading reading, Report& report) {
  for (const Words probe : kProbes) check_probe_of(container, probe, at, report);
  check_bidirectional(container, at, reading, report);
  check_devices(container, at, report);
  check_restart_rules(container, at, reading, report);
  check_resize(container, at, report);
}

void check_security(const ObjectView& security, const LazyPath& at, Reading, Report& report) {
  if (security.boolean("allowPrivilegeEscalation").value_or(true)) return;
  if (security.boolean("privileged").value_or(false))
    report.add(forbidden(at / "allowPrivilegeEscalation", "must not be false in a privileged container"));
  const spec::Value* added = security.object("capabilities").field("add");
  if (!added || !added->IsArray()) return;
  for (const spec::Value& v : added->GetArray()) {
    if (v.IsString() && spec::text_of(v) == "CAP_SYS_ADMIN")
      report.add(forbidden(at / "allowPrivilegeEscalation", "must not be false beside CAP_SYS_ADMIN"));
  }
}

/// `localhostProfile` belongs to the type Localhost.
bool check_profile(const ObjectView& profile, const LazyPath& at, Reading reading, Report& report) {
  const bool local = profile.string("type") == "Localhost";
  const bool has = profile.has("localhostProfile");
  if (local && profile.string("localhostProfile").empty() && !reading.partial)
    report.add(required(at / "localhostProfile", "the type Localhost needs one"));
  if (!local && has && !profile.string("type").empty())
    report.add(forbidden(at / "localhostProfile", "must be set for the type Localhost only"));
  return local && has;
}

void check_seccomp(const ObjectView& profile, const LazyPath& at, Reading reading, Report& report) {
  if (!check_profile(profile, at, reading, report)) return;
  const Words path = profile.string("localhostProfile");
  if (const auto problem = check_relative_path(path))
    report.add(invalid(at / "localhostProfile", path, std::string(*problem)));
}

void check_app_armor(const ObjectView& profile, const LazyPath& at, Reading reading, Report& report) {
  if (!check_profile(profile, at, reading, report)) return;
  const Words name = profile.string("localhostProfile");
  if (name.size() > kMaxProfileBytes)
    report.add(spec::too_long(at / "localhostProfile", name, kMaxProfileBytes));
  if (name.starts_with(' ') || name.ends_with(' '))
    report.add(invalid(at / "localhostProfile", name, "must not begin or end with a blank"));
}

/// What check_container() is about.
constexpr NameFilter kChecked = {"livenessProbe", "readinessProbe", "startupProbe",      "volumeMounts",
                                 "volumeDevices", "resizePolicy",   "restartPolicyRules"};

/// The part of a name after its domain.
void check_windows_user(const ObjectView& options, const LazyPath& at, Reading, Report& report) {
  constexpr std::size_t kMaxUserBytes = 104;
  const Words name = options.string("runAsUserName");
  const Words user = name.substr(name.find('\\') == Words::npos ? 0 : name.find('\\') + 1);
  if (name.empty()) return;
  if (user.empty() || user.size() > kMaxUserBytes || user.find_first_of("\"/\\:;|=,+*?<>@[]") != Words::npos)
    report.add(invalid(at / "runAsUserName", name, "must be a user of Windows: name or domain\\name"));
}

constexpr TypeRules kRules[] = {
    {.type = &schema::kContainer, .fields = kContainer, .check = check_container, .about = kChecked},
    {.type = &schema::kProbe, .fields = kProbe, .one_of = {.members = kProbeHandlers, .required = true}},
    {.type = &schema::kLifecycleHandler, .one_of = {.members = kLifecycleHandlers, .required = true}},
    {.type = &schema::kExecAction, .fields = kExec},
    {.type = &schema::kHTTPGetAction, .fields = kHttpGet},
    {.type = &schema::kHTTPHeader, .fields = kHeader},
    {.type = &schema::kTCPSocketAction, .fields = kTcpSocket},
    {.type = &schema::kGRPCAction, .fields = kGrpc},
    {.type = &schema::kSleepAction, .fields = kSleep},
    {.type = &schema::kContainerPort, .fields = kPort},
    {.type = &schema::kEnvVarSource,
     .one_of = {.members = kValueSources, .required = true},
     .check = check_variable_source},
    {.type = &schema::kConfigMapKeySelector, .fields = kKeySelector},
    {.type = &schema::kSecretKeySelector, .fields = kKeySelector},
    {.type = &schema::kFileKeySelector, .fields = kFileKey},
    {.type = &schema::kEnvFromSource,
     .fields = kEnvFrom,
     .one_of = {.members = kEnvSources, .required = true}},
    {.type = &schema::kConfigMapEnvSource, .fields = kEnvSource},
    {.type = &schema::kSecretEnvSource, .fields = kEnvSource},
    {.type = &schema::kVolumeMount, .fields = kMount, .check = check_mount},
    {.type = &schema::kVolumeDevice, .fields = kDevice},
    {.type = &schema::kResourceRequirements, .check = check_resources},
    {.type = &schema::kResourceClaim, .fields = kClaim},
    {.type = &schema::kSecurityContext, .fields = kSecurity, .check = check_security},
    {.type = &schema::kSeccompProfile, .fields = kProfileType, .check = check_seccomp},
    {.type = &schema::kAppArmorProfile, .fields = kProfileType, .check = check_app_armor},
    {.type = &schema::kWindowsSecurityContextOptions, .fields = kWindows, .check = check_windows_user},
    {.type = &schema::kContainerResizePolicy, .fields = kResize},
    {.type = &schema::kContainerRestartRule, .fields = kRestartRule},
    {.type = &schema::kContainerRestartRuleOnExitCodes, .fields = kExitCodes, .check = check_exit_codes},
};

}  // namespace

std::span<const TypeRules> container_field_rules() {
  return kRules;
}

}  // namespace modelgate::validation
