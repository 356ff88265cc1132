// SPDX-License-Identifier: Apache-2.0
#include "workload/children/address.h"

#include <fmt/format.h>

#include "spec/core.h"
#include "workload/children/service.h"
#include "workload/objects/child_names.h"
#include "workload/objects/ports.h"

namespace modelgate::workload {
namespace {

/// Knative's hosts have port 80.
bool is_headless(const ServiceBuild& build) {
  return !build.context.knative && build.configuration.service.service_cluster_ip_none;
}

ServicePort port_for(const ServicePorts& ports, ServiceProtocol protocol, bool strict) {
  if (protocol == ServiceProtocol::kGrpc && ports.grpc.port > 0) return ports.grpc;
  // KServe assumes REST.
  return ports.rest.port > 0 || !strict ? ports.rest : ports.grpc;
}

/// "--predictor_protocol=grpc-v2", or as two arguments.
ServiceProtocol protocol_of(const spec::Value& server) {
  constexpr std::string_view kArgument = "--predictor_protocol";
  constexpr std::string_view kGrpc = "grpc-v2";
  const spec::Value* args = spec::find(server, "args");
  if (!args || !args->IsArray()) return ServiceProtocol::kRest;
  ServiceProtocol out = ServiceProtocol::kRest;
  for (rapidjson::SizeType i = 0; i < args->Size(); ++i) {
    if (!(*args)[i].IsString()) continue;
    std::string_view arg = spec::text_of((*args)[i]);
    if (!arg.starts_with(kArgument)) continue;
    arg.remove_prefix(kArgument.size());
    if (arg.empty() && i + 1 < args->Size() && (*args)[i + 1].IsString()) arg = spec::text_of((*args)[i + 1]);
    if (arg.starts_with('=')) arg.remove_prefix(1);
    out = arg == kGrpc ? ServiceProtocol::kGrpc : ServiceProtocol::kRest;
  }
  return out;
}

}  // namespace

std::int64_t client_port(const ServiceBuild& build, const Wanted& wanted, std::string_view component,
                         ServiceProtocol protocol) {
  const ServicePort port = port_for(service_ports(wanted, component), protocol, build.strict());
  if (is_headless(build)) return port.target > 0 ? port.target : kModelServerPort;
  return build.strict() && port.port != kServicePort ? port.port : 0;
}

std::int64_t http_port(const ServiceBuild& build, std::string_view component) {
  const std::int64_t rest = service_ports(build.wanted, component).rest.port;
  return build.strict() && rest > 0 ? rest : kServicePort;
}

std::string predictor_address(const ServiceBuild& build, const spec::Value& server) {
  const std::string predictor = build.predictor();
  std::string out = short_host(predictor, build.namespace_);
  if (!build.strict()) return out;
  const std::int64_t port = client_port(build, build.wanted, predictor, protocol_of(server));
  return port == 0 ? out : fmt::format("{}:{}", out, port);
}

bool predictor_address_is_unknown(const ServiceBuild& build) {
  if (!build.strict() || !is_headless(build) || build.context.problems_only) return false;
  const ServicePorts ports = service_ports(build.wanted, build.predictor());
  return build.wanted.fatal(kPredictor) && ports.rest.port == 0 && ports.grpc.port == 0;
}

}  // namespace modelgate::workload
