// SPDX-License-Identifier: Apache-2.0
#include "validation/components.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "spec/storage_uri.h"

namespace modelgate::validation {
namespace {

using Kind = spec::Implementation::Kind;

constexpr std::array<std::string_view, 4> kProtocols = {"v1", "v2", "grpc-v1", "grpc-v2"};
constexpr std::array<std::string_view, 2> kCustomProtocols = {"v1", "v2"};
constexpr std::array<std::string_view, 3> kLoggerModes = {"all", "request", "response"};

std::string_view choices(Role role) {
  switch (role) {
    case Role::kPredictor:
    case Role::kCanary:
      return "model, a framework such as sklearn, or containers";
    case Role::kTransformer:
      return "containers";
    case Role::kExplainer:
      return "art or containers";
  }
  return "containers";
}

/// KServe reads the first container, even if another one serves.
void check_protocol_variable(const Component& c, Report& report) {
  const auto containers = c.view.containers();
  if (containers.empty()) return;
  const auto env = containers[0].env();
  for (std::size_t i = 0; i < env.size(); ++i) {
    if (env[i].name() != spec::kProtocolEnv) continue;
    const std::string_view protocol = env[i].env_value();
    if (protocol != kCustomProtocols[0] && protocol != kCustomProtocols[1]) {
      const LazyPath list = c.at / "containers";
      const LazyPath first = list[0];
      const LazyPath variables = first / "env";
      const LazyPath variable = variables[i];
      report.add(not_supported(variable / "value", protocol, kCustomProtocols));
    }
    return;
  }
}

void check_logger_storage(const spec::LoggerStorageView& storage, const LazyPath& at, Report& report) {
  for (const std::string_view field : {"path", "key", "parameters"}) {
    if (!storage.has(field))
      report.add(required(at / field, "a logger's storage needs path, key and parameters"));
  }
}

void check_not_negative(const spec::ObjectView& object, std::string_view field, const LazyPath& at,
                        Report& report) {
  const auto value = object.integer(field);
  if (value && *value < 0) report.add(invalid(at / field, *value, "must be at least 0"));
}

/// Gateway API writes a duration with at most five digits.
constexpr std::int64_t kMaxRouteSeconds = 99'999;

void check_route_timeout(const Service& s, const Component& c, Report& report) {
  const spec::IngressConfiguration& ingress = s.configuration().ingress;
  const bool in_routes = s.standard() && ingress.enable_gateway_api && !ingress.disable_http_route_timeout;
  const auto seconds = c.view.timeout();
  if (in_routes && seconds && *seconds > kMaxRouteSeconds)
    report.add(
        invalid(c.at / "timeout", *seconds,
                fmt::format("must be at most {}, the longest timeout of an HTTPRoute", kMaxRouteSeconds)));
}

// Of frameworks that are not moved to `model`: those of canaries, and all in ModelMesh mode.

void check_onnx_file(const spec::ModelSpecView& onnx, const LazyPath& at, Report& report) {
  const std::string_view uri = onnx.storage_uri().value_or(std::string_view{});
  const std::size_t slash = uri.rfind('/');
  const std::string_view file = slash == std::string_view::npos ? uri : uri.substr(slash + 1);
  const std::size_t dot = file.rfind('.');
  if (dot == std::string_view::npos || file.substr(dot) == ".onnx") return;
  report.add({spec::ErrorType::kInvalid, at / "storageUri", spec::quote(spec::shown_uri(uri)),
              "must be a directory or a file whose name ends in .onnx"});
}

/// GPUs as KServe finds them here: limits for NVIDIA's whole GPUs and MIG slices.
bool has_nvidia_gpu(const spec::ObjectView& limits) {
  if (!limits) return false;
  return std::ranges::any_of(limits.value()->GetObject(), [](const auto& m) {
    const std::string_view name = spec::text_of(m.name);
    return name == "nvidia.com/gpu" || name.starts_with("nvidia.com/mig");
  });
}

void check_gpu_version(const spec::ModelSpecView& framework, const LazyPath& at, Report& report) {
  const auto version = framework.runtime_version();
  if (!version) return;
  const bool for_gpu = version->find("-gpu") != std::string_view::npos;
  const bool with_gpu = has_nvidia_gpu(framework.resources().limits());
  if (for_gpu == with_gpu) return;
  report.add(invalid(at / "runtimeVersion", *version,
                     with_gpu ? "must contain -gpu: resources.limits has a GPU"
                              : "must not contain -gpu: resources.limits has no GPU"));
}

}  // namespace

void check_one_implementation(const Service& s, Report& report) {
  if (!s.predictor()) {
    report.add(required(s.spec_at() / "predictor",
                        fmt::format("a service needs one: {}", choices(Role::kPredictor))));
  }
  for (const Component& c : s.components()) {
    if (c.implementations == 1) continue;
    if (c.implementations == 0) {
      report.add(required(c.at, fmt::format("needs one of {}", choices(c.role))));
    } else {
      report.add(forbidden(c.at, fmt::format("has {} implementations, one is allowed: {}", c.implementations,
                                             choices(c.role))));
    }
  }
}

void check_framework_fields(const Service& s, Report& report) {
  for (const Component& c : s.components()) {
    if (c.implementations == 0 || c.implementation.kind != Kind::kFramework) continue;
    const std::string_view framework = c.implementation.field;
    const LazyPath at = c.at / framework;
    if (framework == "onnx") check_onnx_file(c.model(), at, report);
    if (framework == "tensorflow" || framework == "pytorch") check_gpu_version(c.model(), at, report);
  }
}

void check_standard_predictor_name(const Service& s, Report& report) {
  for (const Container& c : s.workloads().containers) {
    if (c.place != Container::Place::kModel || c.pod->component->role != Role::kPredictor) continue;
    if (c.view.name().empty()) continue;
    report.add(forbidden(c.at / "name",
                         fmt::format("must not be set, is {}: the container is always named {}; to "
                                     "name this version of the model, set spec.predictor.name",
                                     spec::quote(c.view.name()), spec::quote(spec::kServingContainerName))));
  }
}

void check_custom_protocol(const Service& s, Report& report) {
  for (const Component& c : s.components()) {
    if (c.is_predictor() && c.custom()) check_protocol_variable(c, report);
  }
}

void check_protocol_version(const Service& s, Report& report) {
  if (s.mode() == spec::kModelMeshMode) return;  // has its own protocol names
  for (const Container& c : s.workloads().containers) {
    if (c.place != Container::Place::kModel) continue;
    const auto protocol = spec::ModelSpecView(c.view.value()).protocol_version();
    if (!protocol || std::ranges::find(kProtocols, *protocol) != kProtocols.end()) continue;
    report.add(not_supported(c.at / "protocolVersion", *protocol, kProtocols));
  }
}

void check_logger(const Service& s, Report& report) {
  for (const Component& c : s.components()) {
    const spec::LoggerView logger = c.view.logger();
    if (!logger) continue;
    const LazyPath at = c.at / "logger";
    if (std::ranges::find(kLoggerModes, logger.mode()) == kLoggerModes.end())
      report.add(not_supported(at / "mode", logger.mode(), kLoggerModes));
    if (logger.storage()) check_logger_storage(logger.storage(), at / "storage", report);
  }
}

void check_positive_numbers(const Service& s, Report& report) {
  for (const Component& c : s.components()) {
    check_not_negative(c.view, "timeout", c.at, report);
    check_route_timeout(s, c, report);
    const spec::BatcherView batcher = c.view.batcher();
    if (!batcher) continue;
    const LazyPath at = c.at / "batcher";
    for (const std::string_view field : {"maxBatchSize", "maxLatency", "timeout"})
      check_not_negative(batcher, field, at, report);
  }
}

}  // namespace modelgate::validation
