// SPDX-License-Identifier: Apache-2.0
#include "cli/offline/service_objects.h"

#include <fmt/format.h>

#include <utility>

#include "defaulting/runtime_selection.h"
#include "spec/deployment_mode.h"
#include "spec/inference_service.h"
#include "spec/lookup_rounds.h"
#include "workload/children/build_wanted.h"
#include "workload/objects/annotations.h"
#include "workload/objects/object_builder.h"

namespace modelgate::cli {
namespace {

using admission::Facts;
using admission::Needs;
using spec::InferenceServiceView;
using spec::Value;
using workload::NameStyle;
using workload::ObjectBuilder;
using workload::Wanted;

/// The Deployments among the manifests that may belong to the service.
std::vector<std::string> deployments_of(std::string_view service, std::string_view ns, const Input& input) {
  std::vector<std::string> out;
  for (const NameStyle style : {NameStyle::kPlain, NameStyle::kDefaultSuffix}) {
    for (const std::string& name :
         {workload::predictor_name(service, {}, style), workload::transformer_name(service, style),
          workload::explainer_name(service, style)}) {
      if (input.world->find("Deployment", ns, name)) out.push_back(name);
    }
  }
  return out;
}

workload::ReadyComponents all_ready(const InferenceServiceView& service) {
  workload::ReadyComponents ready{.predictor = true, .transformer = true, .explainer = true};
  for (const spec::CanaryView& canary : service.spec().canary())
    ready.canaries.emplace_back(canary.predictor().name());
  return ready;
}

/// Builds with more facts in each round.
Wanted build(const Value& service, std::string_view ns, const Input& input,
             std::set<admission::ObjectKey>& assumed) {
  const spec::Catalog& catalog = *input.world->catalog;
  const InferenceServiceView view(service);
  const std::string_view name = view.metadata().name();
  const std::vector<std::string> deployments = deployments_of(name, ns, input);
  const std::vector<std::string_view> existing(deployments.begin(), deployments.end());
  Facts facts;
  workload::ServiceContext context =
      workload::make_service_context(name, catalog,
                                     {.runtime = defaulting::runtime_of_unpinned_model(view, ns, catalog),
                                      .facts = &facts,
                                      .deployments = existing});
  context.ready = all_ready(view);
  spec::LookupRounds rounds;
  while (true) {
    Wanted wanted = workload::build_wanted(service, context, *input.arena);
    switch (rounds.next(wanted.needs)) {
      case spec::LookupRounds::Next::kLookUp:
        look_up(Needs{std::move(wanted.needs)}, input, facts, assumed);
        break;
      case spec::LookupRounds::Next::kLeaveUnknown:
        spec::leave_unknown(wanted.needs, facts);
        break;
      case spec::LookupRounds::Next::kDone:
      case spec::LookupRounds::Next::kGiveUp:
        return wanted;
    }
  }
}

/// The Pod that a ReplicaSet creates from the template, without the hash in names and labels.
Value pod_from(const spec::ObjectView& deployment, spec::Arena& arena) {
  const auto pod_template = deployment.object("spec").object("template");
  const auto metadata = pod_template.object("metadata");
  ObjectBuilder built(arena);
  built.text("generateName", fmt::format("{}-", deployment.object("metadata").string("name")));
  built.text("namespace", deployment.object("metadata").string("namespace"));
  for (const char* member : {"labels", "annotations"}) {
    if (const Value* map = metadata.field(member)) built.value(member, spec::clone(*map, arena));
  }
  ObjectBuilder pod(arena);
  pod.text("apiVersion", "v1").text("kind", "Pod").value("metadata", built.take());
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

ServiceObjects without_children(spec::FieldPath path, std::string text) {
  ServiceObjects out;
  out.problems.push_back({.fatal = false, .path = std::move(path), .text = std::move(text), .reason = {}});
  return out;
}

}  // namespace

ServiceObjects objects_of(const Value& service, std::string_view ns, const Input& input) {
  Value named = spec::clone(service, *input.arena);
  spec::set_member(*spec::find(named, "metadata"), "namespace", spec::make_string(ns, *input.arena),
                   *input.arena);
  const InferenceServiceView view(named);
  const auto mode = spec::effective_deployment_mode(view, view, input.world->catalog->configuration());
  if (mode != spec::kStandardMode) {
    return without_children(
        (spec::FieldPath{} / "metadata" / "annotations").key(spec::kDeploymentModeAnnotation),
        mode == spec::kKnativeMode ? spec::needs_knative(view, view)
                                   : fmt::format("children not shown: unsupported mode {}", mode));
  }
  if (view.metadata().name().empty()) {
    return without_children(spec::FieldPath{} / "metadata",
                            "children not shown: it has no name, and their names are derived from it");
  }
  ServiceObjects out;
  Wanted wanted = build(named, ns, input, out.assumed);
  for (const workload::Problem& p : wanted.problems) {
    const bool fatal = p.is_fatal();
    if (!fatal && p.about && out.assumed.contains(*p.about)) continue;
    out.problems.push_back({fatal, p.path, p.text, std::string(p.reason)});
  }
  if (wanted.stopped)
    out.problems.push_back(
        {false, spec::FieldPath{} / "metadata" / "annotations", "stopped: it has no Pods", {}});
  out.objects = std::move(wanted.objects);
  return out;
}

std::vector<ServicePod> pods_of(const ServiceObjects& built, std::string_view ns, const Input& input) {
  std::vector<ServicePod> out;
  for (const workload::WantedObject& o : built.objects) {
    if (spec::ObjectView(o.object).string("kind") == "Deployment")
      out.push_back(make_pod(o.object, ns, input));
  }
  return out;
}

}  // namespace modelgate::cli
