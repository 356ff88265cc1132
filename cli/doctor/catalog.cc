// SPDX-License-Identifier: Apache-2.0
#include "cli/doctor/catalog.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "spec/catalog.h"
#include "spec/configuration.h"
#include "spec/schema.h"
#include "spec/schema_serving.h"
#include "spec/view.h"

namespace modelgate::cli {
namespace {

using spec::ObjectView;
using spec::Value;

// ---- runtimes

/// Two runtimes with equal claims to a model format: automatic selection cannot rank them.
struct Tie {
  const spec::Runtime* a;
  const spec::Runtime* b;
  const spec::Runtime::Format* format;
};

bool share_a_protocol(const spec::Runtime& a, const spec::Runtime& b) {
  if (a.protocols.empty() || b.protocols.empty()) return true;  // no list: every protocol
  return std::ranges::any_of(a.protocols, [&](std::string_view p) {
    return std::ranges::find(b.protocols, p) != b.protocols.end();
  });
}

bool compete(const spec::Runtime& a, const spec::Runtime& b) {
  return !a.disabled && !b.disabled && a.multi_model == b.multi_model && a.multi_node == b.multi_node &&
         a.namespace_ == b.namespace_ && share_a_protocol(a, b);
}

void find_ties(std::span<const spec::Runtime> runtimes, std::vector<Tie>& out) {
  for (std::size_t i = 0; i < runtimes.size(); ++i) {
    for (std::size_t k = i + 1; k < runtimes.size(); ++k) {
      if (!compete(runtimes[i], runtimes[k])) continue;
      for (const spec::Runtime::Format& f : runtimes[i].formats) {
        if (!f.auto_select) continue;
        const bool tied = std::ranges::any_of(runtimes[k].formats, [&](const spec::Runtime::Format& g) {
          return g.auto_select && g.name == f.name && g.version == f.version && g.priority == f.priority;
        });
        if (tied) out.push_back({&runtimes[i], &runtimes[k], &f});
      }
    }
  }
}

void report_tie(const Tie& tie, Findings& out) {
  const std::string version = tie.format->version ? fmt::format(" version {}", *tie.format->version) : "";
  const std::string priority =
      tie.format->priority ? fmt::format("priority {}", *tie.format->priority) : "no priority";
  out.warning({.about = fmt::format("{} and {}", tie.a->display_name(), tie.b->display_name()),
               .found = fmt::format("both serve {}{} with {}", tie.format->name, version, priority),
               .cause = "a service that names no runtime gets the newer one",
               .remedy = "give them different priorities, or disable autoSelect in one",
               .command = fmt::format("kubectl edit {} {}",
                                      tie.a->cluster_scoped ? "clusterservingruntime" : "servingruntime",
                                      tie.a->name)});
}

/// Adds a runtime to the catalog, or reports why it cannot be read.
void add_runtime(const Value& object, spec::CatalogBuilder& builder, Findings& out) {
  spec::FieldErrors errors;
  errors.begin_rule("structure", false);
  spec::schema::check_structure(object, spec::schema::kServingRuntime, {}, errors);
  const ObjectView view(object);
  if (errors.empty()) {
    builder.add(object);
    return;
  }
  const std::string_view ns = view.object("metadata").string("namespace");
  const std::string_view name = view.object("metadata").string("name");
  std::string found;
  for (const spec::FieldError& e : errors)
    found += fmt::format("{}{}", found.empty() ? "" : "\n", e.to_string());
  out.error(
      {.about = fmt::format("{} {}{}{}", view.string("kind"), ns, ns.empty() ? "" : "/", name),
       .found = std::move(found),
       .cause = "a runtime that cannot be read is never selected",
       .remedy = "fix the listed fields",
       .command = fmt::format("kubectl edit {} {}{}", ns.empty() ? "clusterservingruntime" : "servingruntime",
                              ns.empty() ? "" : fmt::format("-n {} ", ns), name)});
}

// ---- requirements of a deployment mode

constexpr std::string_view kKnative = "serving.knative.dev";
constexpr std::string_view kIstio = "networking.istio.io";

void check_ingress_class(const spec::Configuration& configuration, const ClusterSnapshot& snapshot,
                         Findings& out) {
  const auto& wanted = configuration.ingress.ingress_class_name;
  if (!wanted || snapshot.error_about(kube::kIngressClasses) ||
      snapshot.find(kube::kIngressClasses, {}, *wanted))
    return;
  std::string there;
  for (const Value* value : snapshot.all(kube::kIngressClasses)) {
    there +=
        fmt::format("{}{}", there.empty() ? "" : ", ", ObjectView(value).object("metadata").string("name"));
  }
  out.warning(
      {.about = config_map_name(snapshot),
       .found = fmt::format("ingress: ingressClassName is {}, which does not exist (existing: {})", *wanted,
                            there.empty() ? "none" : there),
       .cause = "no controller implements the Ingresses of services, so their URLs do not work",
       .remedy =
           "name an existing one, use the Gateway API (enableGatewayApi), or set disableIngressCreation",
       .command = edit_command(snapshot)});
}

}  // namespace

std::string config_map_name(const ClusterSnapshot& snapshot) {
  return fmt::format("ConfigMap {}/{}", snapshot.names.ns, spec::kConfigMapName);
}

std::string edit_command(const ClusterSnapshot& snapshot) {
  return fmt::format("kubectl edit configmap -n {} {}", snapshot.names.ns, spec::kConfigMapName);
}

std::optional<spec::Configuration> configuration_of(const ClusterSnapshot& snapshot) {
  const Value* config_map = snapshot.find(kube::kConfigMaps, snapshot.names.ns, spec::kConfigMapName);
  if (!config_map) return spec::Configuration();
  auto configuration = spec::parse_configuration(*config_map);
  if (!configuration) return std::nullopt;
  return std::move(*configuration);
}

void check_configuration(const ClusterSnapshot& snapshot, Findings& out) {
  const Value* config_map = snapshot.find(kube::kConfigMaps, snapshot.names.ns, spec::kConfigMapName);
  if (!config_map) {
    if (!out.could_read(snapshot, kube::kConfigMaps, snapshot.names.ns)) return;
    if (!snapshot.installed()) return out.ok({.found = "not there yet"});
    return out.warning({.about = config_map_name(snapshot),
                        .found = "does not exist",
                        .cause = "the built-in configuration is in force",
                        .remedy = "create it, so that it can be changed",
                        .command = "kubectl apply --server-side -k deploy/config"});
  }
  std::vector<spec::ConfigurationProblem> warnings;
  const auto configuration = spec::parse_configuration(*config_map, &warnings);
  if (!configuration) {
    for (const spec::ConfigurationProblem& problem : configuration.error()) {
      out.error(
          {.about = config_map_name(snapshot),
           .found = problem.to_string(),
           .cause =
               "a configuration with an error is rejected as a whole: the last valid one stays in force, and "
               "a program that restarts uses the built-in one",
           .remedy = "fix this key",
           .command = edit_command(snapshot)});
    }
  }
  for (const spec::ConfigurationProblem& warning : warnings) {
    out.info({.about = config_map_name(snapshot), .found = warning.to_string()});
  }
}

void check_runtimes(const ClusterSnapshot& snapshot, Findings& out) {
  spec::CatalogBuilder builder;
  std::vector<const Value*> all = snapshot.all(kube::kClusterServingRuntimes);
  const bool can_read = out.could_read(snapshot, kube::kClusterServingRuntimes) &&
                        out.could_read(snapshot, kube::kServingRuntimes);
  for (const Value* runtime : snapshot.all(kube::kServingRuntimes)) all.push_back(runtime);
  std::vector<std::string_view> namespaces;
  for (const Value* runtime : all) {
    add_runtime(*runtime, builder, out);
    const std::string_view ns = ObjectView(runtime).object("metadata").string("namespace");
    if (!ns.empty() && std::ranges::find(namespaces, ns) == namespaces.end()) namespaces.push_back(ns);
  }
  const auto catalog = builder.build(1);
  std::vector<Tie> ties;
  find_ties(catalog->cluster_runtimes(), ties);
  for (const std::string_view ns : namespaces) find_ties(catalog->namespace_runtimes(ns), ties);
  for (const Tie& tie : ties) report_tie(tie, out);
  if (all.empty() && can_read) out.ok({.found = "none in the cluster: the built-in runtimes are used"});
}

void check_configured_mode(const ClusterSnapshot& snapshot, Findings& out) {
  if (!out.could_read(snapshot, kube::kConfigMaps, snapshot.names.ns)) return;
  const std::optional<spec::Configuration> configuration = configuration_of(snapshot);
  if (!configuration) return out.skipped({.found = "the configuration cannot be read"});
  if (snapshot.groups.empty()) return out.skipped({.found = "the API server did not list its API groups"});
  const std::string& mode = configuration->deploy.default_deployment_mode;
  if (mode == "Knative" && !snapshot.has_group(kKnative)) {
    out.error({.about = config_map_name(snapshot),
               .found = "deploy: defaultDeploymentMode is Knative, and Knative Serving is not installed",
               .cause = "services without another mode never become ready",
               .remedy = "install Knative Serving, or set defaultDeploymentMode to Standard",
               .command = edit_command(snapshot)});
  }
  if (mode == "Knative" && !snapshot.has_group(kIstio) &&
      !configuration->ingress.disable_istio_virtual_host) {
    out.warning({.about = config_map_name(snapshot),
                 .found = "ingress: disableIstioVirtualHost is false, and Istio is not installed",
                 .cause = "services wait for a VirtualService that cannot be created",
                 .remedy = "install Istio, or set disableIstioVirtualHost to true",
                 .command = edit_command(snapshot)});
  }
  if (mode != "Standard" || configuration->ingress.disable_ingress_creation) return;
  if (!configuration->ingress.enable_gateway_api) check_ingress_class(*configuration, snapshot, out);
}

}  // namespace modelgate::cli
