// SPDX-License-Identifier: Apache-2.0
#include "workload/children/server_port.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <vector>

#include "spec/core.h"
#include "workload/children/pod_parts.h"
#include "workload/objects/object_builder.h"
#include "workload/objects/ports.h"

namespace modelgate::workload {
namespace {

using spec::Value;

constexpr std::string_view kFlag = "--http_port";
constexpr std::int64_t kMaxPort = 65535;

std::optional<std::int64_t> port_of(std::string_view text) {
  std::int64_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  const bool number = !text.empty() && error == std::errc{} && end == text.data() + text.size();
  return number && port >= 1 && port <= kMaxPort ? std::optional(port) : std::nullopt;
}

/// The values of `--http_port=8080` and `--http_port 8080`, in their order.
std::vector<std::int64_t> http_ports(const Value& container) {
  std::vector<std::int64_t> out;
  const Value* args = spec::find(container, "args");
  if (!args || !args->IsArray()) return out;
  for (rapidjson::SizeType i = 0; i < args->Size(); ++i) {
    if (!(*args)[i].IsString()) continue;
    std::string_view arg = spec::text_of((*args)[i]);
    if (!arg.starts_with(kFlag)) continue;
    arg.remove_prefix(kFlag.size());
    std::optional<std::int64_t> port;
    if (arg.starts_with('=')) port = port_of(arg.substr(1));
    if (arg.empty() && i + 1 < args->Size() && (*args)[i + 1].IsString())
      port = port_of(spec::text_of((*args)[i + 1]));
    if (port) out.push_back(*port);
  }
  return out;
}

/// A declared port on which the server does not listen, since a later argument names `wanted`. Ports that have
/// nothing to do with the flag are not known.
std::optional<std::int64_t> outdated_port(const Value& container, const std::vector<std::int64_t>& given) {
  const std::int64_t wanted = given.back();
  const auto ports = spec::ContainerView(container).ports();
  const std::int64_t former = ports.empty() ? kModelServerPort : given.front();
  if (former == wanted) return std::nullopt;
  const auto is_former = [&](const spec::ContainerPortView& p) { return p.container_port() == former; };
  const bool declared = ports.empty() || std::ranges::any_of(ports, is_former);
  return declared ? std::optional(former) : std::nullopt;
}

/// Whether requests go to that port: the first of the container.
bool is_served(const Value& container, std::int64_t port) {
  const auto ports = spec::ContainerView(container).ports();
  return ports.empty() || ports[0].container_port() == port;
}

void replace_port(Value& container, std::int64_t from, std::int64_t to, spec::Arena& arena) {
  Value& ports = list_at(container, "ports", arena);
  const auto number_of = [](const Value& port) { return spec::ContainerPortView(port).container_port(); };
  // The service may have added the new port beside the runtime's.
  const bool has_new =
      std::any_of(ports.Begin(), ports.End(), [&](const Value& p) { return number_of(p) == to; });
  for (rapidjson::SizeType i = ports.Size(); i-- > 0;) {
    if (number_of(ports[i]) != from) continue;
    if (has_new) {
      ports.Erase(ports.Begin() + i);
    } else {
      spec::set_member(ports[i], "containerPort", Value(to), arena);
    }
  }
  if (ports.Empty())
    ports.PushBack(ObjectBuilder(arena).number("containerPort", to).text("protocol", "TCP").take(), arena);
}

void replace_in_probes(Value& container, std::int64_t from, std::int64_t to, spec::Arena& arena) {
  for (const std::string_view probe : {"livenessProbe", "readinessProbe", "startupProbe"}) {
    for (const std::string_view handler : {"httpGet", "tcpSocket"}) {
      Value* found = spec::find(container, probe);
      Value* action = found && found->IsObject() ? spec::find(*found, handler) : nullptr;
      if (action && spec::ObjectView(*action).integer("port") == from)
        spec::set_member(*action, "port", Value(to), arena);
    }
  }
}

}  // namespace

void follow_http_port(ServiceBuild& build, std::string_view component, const spec::FieldPath& at,
                      Value& container) {
  const std::vector<std::int64_t> given = http_ports(container);
  if (given.empty()) return;
  const std::int64_t wanted = given.back();
  const auto outdated = outdated_port(container, given);
  if (!outdated) return;
  // At admission, Compatible builds as Strict does: the text is about what the reconciler will build.
  if (build.configuration.modelgate.strict()) {
    replace_port(container, *outdated, wanted, build.arena);
    replace_in_probes(container, *outdated, wanted, build.arena);
    build.notice(
        component, "PortOfArguments", at,
        fmt::format("{} {} is used for the Service and the probes too, instead of {}: a server uses the "
                    "last {}",
                    kFlag, wanted, *outdated, kFlag));
    return;
  }
  if (!is_served(container, *outdated)) return;
  build.notice(
      component, "PortOfArguments", at,
      fmt::format("{} is {}, but the Service and the probes use port {}, so that the Pod does not become "
                  "ready: set ports too",
                  kFlag, wanted, *outdated));
}

}  // namespace modelgate::workload
