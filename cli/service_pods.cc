// SPDX-License-Identifier: Apache-2.0
#include "cli/service_pods.h"

#include <fmt/format.h>

#include <utility>

#include "defaulting/runtime_selection.h"
#include "spec/inference_service.h"
#include "spec/runtime_support.h"
#include "workload/annotations.h"
#include "workload/object_builder.h"
#include "workload/wanted.h"

namespace modelgate::cli {
namespace {

using admission::Facts;
using admission::Needs;
using spec::InferenceServiceView;
using spec::Value;
using workload::ObjectBuilder;
using workload::Wanted;

/// As it is annotated, else as the configuration says.
std::string_view deployment_mode(const InferenceServiceView& service, const spec::Catalog& catalog) {
  const std::string_view said = service.deployment_mode();
  return spec::normalized_deployment_mode(
      said.empty() ? std::string_view(catalog.configuration().deploy.default_deployment_mode) : said);
}

/// What serves a model that names no runtime: then its selection was left to the reconciler.
const spec::Runtime* selected_runtime(const InferenceServiceView& service, const spec::Catalog& catalog) {
  const spec::PredictorView predictor = service.spec().predictor();
  if (!predictor.model() || predictor.model().runtime()) return nullptr;
  return defaulting::best_runtime(
      {.model = spec::requirement_of(predictor), .namespace_ = service.metadata().namespace_()}, catalog);
}

/// In as many rounds as it takes to know what building asks for.
Wanted build(const Value& service, const Input& input, std::set<admission::ObjectKey>& assumed) {
  const spec::Catalog& catalog = *input.world->catalog;
  Facts facts;
  const workload::ServiceContext context{.catalog = catalog,
                                         .runtime = selected_runtime(InferenceServiceView(service), catalog),
                                         .facts = &facts};
  Wanted wanted = workload::build_wanted(service, context, *input.arena);
  for (int round = 0; !wanted.needs.empty() && round < admission::kMaxRounds; ++round) {
    look_up(Needs{std::move(wanted.needs)}, input, facts, assumed);
    wanted = workload::build_wanted(service, context, *input.arena);
  }
  return wanted;
}

/// As a ReplicaSet makes it of the template, but for the hash in names and labels.
Value pod_from(const spec::ObjectView& deployment, spec::Arena& arena) {
  const auto pod_template = deployment.object("spec").object("template");
  const auto metadata = pod_template.object("metadata");
  ObjectBuilder made(arena);
  made.text("generateName", fmt::format("{}-", deployment.object("metadata").string("name")));
  made.text("namespace", deployment.object("metadata").string("namespace"));
  for (const char* member : {"labels", "annotations"}) {
    if (const Value* map = metadata.field(member)) made.value(member, spec::clone(*map, arena));
  }
  ObjectBuilder pod(arena);
  pod.text("apiVersion", "v1").text("kind", "Pod").value("metadata", made.take());
  if (const Value* spec = pod_template.field("spec")) pod.value("spec", spec::clone(*spec, arena));
  return pod.take();
}

ServicePod make_pod(const Value& deployment, std::string_view ns, const Input& input) {
  const spec::ObjectView view(deployment);
  ServicePod pod{.deployment = std::string(view.object("metadata").string("name")),
                 .component = {},
                 .before = pod_from(view, *input.arena),
                 .verdict = {}};
  pod.component =
      spec::ObjectView(pod.before).object("metadata").object("labels").string(workload::label::kComponent);
  pod.verdict = review_pod(pod.before, ns, input);
  return pod;
}

ServicePods no_pods(std::string path, std::string text) {
  ServicePods out;
  out.problems.push_back({.fatal = false, .path = std::move(path), .text = std::move(text)});
  return out;
}

}  // namespace

ServicePods pods_of(const Value& service, std::string_view ns, const Input& input) {
  Value named = spec::clone(service, *input.arena);
  spec::set_member(*spec::find(named, "metadata"), "namespace", spec::make_string(ns, *input.arena),
                   *input.arena);
  const InferenceServiceView view(named);
  if (const auto mode = deployment_mode(view, *input.world->catalog); mode != spec::kStandardMode) {
    return no_pods(fmt::format("metadata.annotations[{}]", spec::kDeploymentModeAnnotation),
                   fmt::format("no Pods are shown: in mode {} it is not Deployments that make them", mode));
  }
  if (view.metadata().name().empty()) {
    return no_pods("metadata", "no Pods are shown: the service has no name yet, of which theirs are made");
  }
  ServicePods out;
  const Wanted wanted = build(named, input, out.assumed);
  for (const workload::Problem& p : wanted.problems) {
    const bool fatal = p.kind == workload::Problem::Kind::kFatal;
    if (!fatal && is_about(p.text, out.assumed)) continue;
    out.problems.push_back(
        {.fatal = fatal, .path = p.path.to_string(), .text = fmt::format("{} ({})", p.text, p.reason)});
  }
  if (wanted.stopped)
    out.problems.push_back({false, "metadata.annotations", "it is stopped: it has no Pods"});
  for (const workload::WantedObject& o : wanted.objects) {
    if (spec::ObjectView(o.object).string("kind") == "Deployment") {
      out.pods.push_back(make_pod(o.object, ns, input));
    }
  }
  return out;
}

}  // namespace modelgate::cli
