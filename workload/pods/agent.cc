// SPDX-License-Identifier: Apache-2.0
//
// The agent takes over the Pod's readiness probe. In a Pod with Knative's queue-proxy it receives requests
// from queue-proxy and forwards them to the server.
#include "workload/pods/agent.h"

#include <fmt/format.h>

#include "workload/objects/annotations.h"
#include "workload/objects/go_json.h"
#include "workload/objects/object_builder.h"
#include "workload/objects/ports.h"
#include "workload/pods/credentials.h"
#include "workload/pods/logger.h"
#include "workload/pods/restricted.h"

namespace modelgate::workload {
namespace {

using spec::FieldPath;
using spec::ObjectView;
using spec::Value;

constexpr std::string_view kModelVolume = "model-dir";
constexpr std::string_view kModelConfigVolume = "model-config";
constexpr std::string_view kModelConfigPath = "/mnt/configs";

struct Features {
  bool puller = false;
  bool batcher = false;
  bool logger = false;
};

/// `flag` and the annotation's value, if it is set.
void add_annotated(const PodPass& pass, std::string_view flag, std::string_view annotation,
                   ContainerBuilder& out) {
  if (const auto value = pass.annotation(annotation)) out.add_args(flag, *value);
}

void add_puller_arguments(const PodPass& pass, ContainerBuilder& out) {
  out.add_arg("--enable-puller");
  add_annotated(pass, "--config-dir", annotation::kModelConfigMount, out);
  add_annotated(pass, "--model-dir", annotation::kModelDirectory, out);
}

void add_batcher_arguments(const PodPass& pass, ContainerBuilder& out) {
  out.add_arg("--enable-batcher");
  add_annotated(pass, "--max-batchsize", annotation::kBatcherMaxBatchSize, out);
  add_annotated(pass, "--max-latency", annotation::kBatcherMaxLatency, out);
}

/// The port to which the agent forwards requests: of a transformer, else of the model server.
std::string server_port(const PodPass& pass) {
  auto server = pass.find_container("containers", container::kTransformer);
  if (!server) server = pass.find_container("containers", container::kModelServer);
  if (!server) return std::to_string(kModelServerPort);
  const auto ports = pass.container_at(*server).ports();
  if (ports.empty()) return std::to_string(kModelServerPort);
  return std::to_string(ports[0].container_port().value_or(0));
}

// ------------------------------------------------------------------------------------------- readiness

/// Passes the server's probe to the agent. Returns the path for the agent's own probe: the server's.
std::string take_over_readiness(const PodPass& pass, ContainerBuilder& out) {
  auto server = pass.find_container("containers", container::kTransformer);
  if (!server) server = (PodPass::spec_path() / "containers")[0];
  const ObjectView probe = pass.container_at(*server).object("readinessProbe");
  if (!probe.object("httpGet") && !probe.object("tcpSocket")) return "/";
  out.add_env({.name = "SERVING_READINESS_PROBE", .value = go_json_of_probe(*probe.value())},
              SameName::kAppend);
  const std::string_view path = probe.object("httpGet").string("path");
  return path.empty() ? "/" : std::string(path);
}

/// Gives the agent queue-proxy's variables, which contain the readiness probe, and lets queue-proxy forward
/// requests to the agent.
void join_queue_proxy(PodPass& pass, const FieldPath& queue_proxy, ContainerBuilder& out) {
  const Value* env = pass.container_at(queue_proxy).field("env");
  if (!env || !env->IsArray()) return;
  out.set("env", spec::clone(*env, pass.arena()));
  for (std::size_t i = 0; i < out.view().env().size(); ++i) {
    if (out.view().env()[i].name() == "USER_PORT") {
      pass.edit.set((queue_proxy / "env")[i] / "value",
                    spec::make_string(std::to_string(kAgentPort), pass.arena()));
    }
  }
}

Value readiness_probe(PodPass& pass, std::string_view path) {
  spec::Arena& arena = pass.arena();
  Value headers(rapidjson::kArrayType);
  headers.PushBack(ObjectBuilder(arena).text("name", "K-Network-Probe").text("value", "queue").take(), arena);
  return ObjectBuilder(arena)
      .value("httpGet", ObjectBuilder(arena)
                            .text("path", path)
                            .number("port", kAgentPort)
                            .text("scheme", "HTTP")
                            .value("httpHeaders", std::move(headers))
                            .take())
      .take();
}

// ---------------------------------------------------------------------------------------------- models

/// Adds the volume for pulled models, and the ConfigMap that lists the models to pull.
void share_models(PodPass& pass, ContainerBuilder& out) {
  if (!pass.annotation(annotation::kModelDirectory)) {
    pass.rule("model-puller")
        .add(spec::required(PodPass::annotation_path(annotation::kModelDirectory),
                            "the agent pulls models into it"));
    return;
  }
  const auto list = pass.annotation(annotation::kModelConfigVolume);
  if (!list) {
    pass.rule("model-puller")
        .add(spec::required(PodPass::annotation_path(annotation::kModelConfigVolume),
                            "names the ConfigMap that lists the models to pull"));
    return;
  }
  pass.add_volume(kModelVolume, "emptyDir", ObjectBuilder(pass.arena()).take());
  const VolumeMount models{.volume = std::string(kModelVolume), .mount_path = std::string(kModelPath)};
  out.append_mount(models);
  if (const auto server = pass.find_container("containers", container::kModelServer)) {
    pass.edit.append(*server / "volumeMounts", to_value(models, pass.arena()));
  }
  pass.add_volume(kModelConfigVolume, "configMap", ObjectBuilder(pass.arena()).text("name", *list).take());
  out.append_mount({.volume = std::string(kModelConfigVolume), .mount_path = std::string(kModelConfigPath)});
}

// ----------------------------------------------------------------------------------------------- agent

void add_basics(PodPass& pass, ContainerBuilder& out) {
  spec::Arena& arena = pass.arena();
  Value ports(rapidjson::kArrayType);
  ports.PushBack(ObjectBuilder(arena)
                     .text("name", "agent-port")
                     .number("containerPort", kAgentPort)
                     .text("protocol", "TCP")
                     .take(),
                 arena);
  out.set("ports", std::move(ports));
  out.set("resources", to_value(pass.configuration.agent.resources, arena));
  // The agent runs as the user of the server's container; in KServe, also with its privileges.
  if (const Value* security = pass.spec().containers()[0].field("securityContext"))
    out.set("securityContext", shared_security(pass, *security));
}

void add_agent_with(PodPass& pass, const Features& features) {
  ContainerBuilder agent(container::kAgent, pass.configuration.agent.image, pass.arena());
  spec::LoggerConfiguration logger;
  if (features.puller) add_puller_arguments(pass, agent);
  if (features.batcher) add_batcher_arguments(pass, agent);
  if (features.logger) {
    logger = logger_of(pass);
    add_logger_arguments(pass, logger, agent);
  }
  agent.add_args("--component-port", server_port(pass));
  add_basics(pass, agent);
  std::string path = "/";
  if (const auto queue_proxy = pass.find_container("containers", container::kQueueProxy)) {
    join_queue_proxy(pass, *queue_proxy, agent);
  } else {
    path = take_over_readiness(pass, agent);
  }
  agent.set("readinessProbe", readiness_probe(pass, path));
  if (features.logger) mount_logger_bundle(pass, logger, agent);
  add_credentials(pass, pass.spec().service_account_name(), agent);
  if (features.logger && logger.store) {
    const std::string account = logger.store->service_account_name.value_or("");
    add_credentials(pass, account.empty() ? kLoggerServiceAccount : std::string_view(account), agent);
  }
  if (features.puller) share_models(pass, agent);
  pass.add_container(std::move(agent));
  pass.outcome.injected.push_back(container::kAgent);
}

}  // namespace

void add_agent(PodPass& pass) {
  const Features features{.puller = pass.annotation(annotation::kAgent).has_value(),
                          .batcher = pass.annotation(annotation::kBatcher).has_value(),
                          .logger = pass.annotation(annotation::kLogger).has_value()};
  if (!features.puller && !features.batcher && !features.logger) return;
  if (pass.find_container("containers", container::kAgent)) return;
  if (pass.spec().containers().empty()) {
    pass.rule("agent-containers")
        .add(spec::required(PodPass::spec_path() / "containers", "the agent needs a model server"));
    return;
  }
  add_agent_with(pass, features);
}

}  // namespace modelgate::workload
