// SPDX-License-Identifier: Apache-2.0
#include "workload/pods/startup_probe.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "workload/objects/annotations.h"
#include "workload/objects/object_builder.h"

namespace modelgate::workload {
namespace {

using spec::ObjectView;
using spec::Value;

/// A container that receives requests; the agent receives those of the server behind it.
constexpr std::array kServers = {container::kModelServer, container::kTransformer, container::kAgent};

/// All but `exec`.
constexpr std::array<std::string_view, 3> kChecks = {"httpGet", "tcpSocket", "grpc"};

/// Kubernetes' defaults of a probe, in seconds and failures.
constexpr std::int64_t kPeriod = 10;
constexpr std::int64_t kFailures = 3;

/// The member of the probe that says what is checked; nothing for `exec`, or if there are several.
std::optional<std::string_view> check_of(const ObjectView& probe) {
  std::optional<std::string_view> found;
  for (const std::string_view check : kChecks) {
    if (!probe.has(check)) continue;
    if (found) return std::nullopt;
    found = check;
  }
  return probe.has("exec") ? std::nullopt : found;
}

/// A positive integer; the default if it is absent or zero, as for the API server.
std::int64_t number(const ObjectView& probe, std::string_view name, std::int64_t otherwise) {
  const std::int64_t value = probe.integer(name).value_or(0);
  return value > 0 ? value : otherwise;
}

/// Failures, one a second, until the liveness probe would have restarted the container. Nothing if it checks something else.
std::optional<std::int64_t> failures_allowed(const ObjectView& readiness, const ObjectView& liveness,
                                             std::string_view check) {
  if (!liveness) return kUnlimitedFailures;
  if (check_of(liveness) != check || !spec::equal(*liveness.field(check), *readiness.field(check)))
    return std::nullopt;
  const std::int64_t allowed =
      number(liveness, "initialDelaySeconds", 0) +
      number(liveness, "periodSeconds", kPeriod) * number(liveness, "failureThreshold", kFailures);
  return std::clamp<std::int64_t>(allowed, 1, kUnlimitedFailures);
}

std::optional<Value> startup_probe(const ObjectView& container, spec::Arena& arena) {
  if (container.has("startupProbe")) return std::nullopt;
  const ObjectView readiness = container.object("readinessProbe");
  const auto check = check_of(readiness);
  if (!check) return std::nullopt;
  const auto failures = failures_allowed(readiness, container.object("livenessProbe"), *check);
  if (!failures) return std::nullopt;
  ObjectBuilder probe(arena);
  probe.value(*check, spec::clone(*readiness.field(*check), arena));
  if (const auto delay = number(readiness, "initialDelaySeconds", 0))
    probe.number("initialDelaySeconds", delay);
  if (const auto timeout = number(readiness, "timeoutSeconds", 0)) probe.number("timeoutSeconds", timeout);
  return probe.number("periodSeconds", 1).number("failureThreshold", *failures).take();
}

bool receives_requests(const spec::ContainerView& container) {
  return std::ranges::find(kServers, container.name()) != kServers.end();
}

}  // namespace

void add_startup_probes(PodPass& pass) {
  if (!pass.strict() || pass.context.is_template) return;
  if (pass.find_container("containers", container::kQueueProxy)) return;
  for (std::size_t i = 0; i < pass.spec().containers().size(); ++i) {
    const spec::ContainerView server = pass.spec().containers()[i];
    if (!receives_requests(server)) continue;
    if (auto probe = startup_probe(server, pass.arena()))
      pass.edit.set((PodPass::spec_path() / "containers")[i] / "startupProbe", std::move(*probe));
  }
}

}  // namespace modelgate::workload
