// SPDX-License-Identifier: Apache-2.0
#include "workload/children/knative_service.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "workload/children/knative_pod.h"
#include "workload/objects/object_builder.h"

namespace modelgate::workload {
namespace {

using spec::Value;

constexpr std::string_view kInitialScale = "autoscaling.knative.dev/initial-scale";
constexpr std::string_view kTagRouting = "serving.kserve.io/enable-tag-routing";

/// Annotations that Knative reads from the Service. It ignores or denies them in a revision template.
constexpr std::array<std::string_view, 2> kOfService = {"serving.knative.dev/rollout-duration",
                                                        "serving.knative.openshift.io/enablePassthrough"};

std::optional<std::int64_t> integer(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  std::int64_t out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return out;
}

/// False only if Knative's configuration is known to forbid it.
bool allows_zero_initial_scale(ServiceBuild& build) {
  const spec::ObjectKey key{"ConfigMap", std::string(kKnativeNamespace), "config-autoscaler"};
  const spec::Fact* fact = build.context.facts ? build.context.facts->find(key) : nullptr;
  if (!fact) build.wanted.needs.push_back(key);
  if (!fact || fact->state == spec::Fact::State::kUnknown) return true;
  return fact->object &&
         spec::ObjectView(fact->object).object("data").string("allow-zero-initial-scale") == "true";
}

spec::ComponentView view_of(const ServiceBuild& build, std::string_view kind) {
  const auto spec = build.service.spec();
  if (kind == kPredictor) return spec.predictor();
  if (kind == kTransformer) return spec.transformer();
  return spec.explainer();
}

/// The component's own fields replace annotations of the user, except for the class.
void annotate_scaling(const Scaling& scaling, StringMap& annotations) {
  annotations.try_emplace("autoscaling.knative.dev/class", "kpa.autoscaling.knative.dev");
  const auto set = [&](std::string_view name, std::string value) {
    annotations.insert_or_assign(fmt::format("autoscaling.knative.dev/{}", name), std::move(value));
  };
  if (scaling.scale_target) set("target", std::to_string(*scaling.scale_target));
  if (!scaling.scale_metric.empty()) set("metric", std::string(scaling.scale_metric));
  set("min-scale", std::to_string(scaling.min_replicas.value_or(1)));
  // Zero: Knative's own limit applies.
  if (scaling.max_replicas != 0) set("max-scale", std::to_string(scaling.max_replicas));
}

StringMap take_service_annotations(StringMap& annotations) {
  StringMap out;
  for (const std::string_view name : kOfService) {
    if (const auto it = annotations.find(name); it != annotations.end()) out.insert(annotations.extract(it));
  }
  return out;
}

Value traffic_of(ServiceBuild& build, std::string_view kind, bool tags) {
  spec::Arena& arena = build.arena;
  const auto percent = view_of(build, kind).canary_traffic_percent();
  const std::string_view rolled_out =
      build.service.status().object("components").object(kind).string("latestRolledoutRevision");
  const bool splits = percent && !rolled_out.empty();
  Value out(rapidjson::kArrayType);
  ObjectBuilder latest(arena);
  latest.flag("latestRevision", true).number("percent", splits ? *percent : 100);
  if (tags) latest.text("tag", "latest");
  out.PushBack(latest.take(), arena);
  if (splits && *percent < 100) {
    out.PushBack(ObjectBuilder(arena)
                     .flag("latestRevision", false)
                     .number("percent", 100 - *percent)
                     .text("revisionName", rolled_out)
                     .text("tag", "prev")
                     .take(),
                 arena);
  }
  return out;
}

Value revision_spec(ServiceBuild& build, Component& component) {
  const spec::ComponentView view = view_of(build, component.kind);
  Value out = std::move(component.pod_spec);
  for (const std::string& field : drop_fields_unknown_to_knative(out)) {
    build.notice(component.kind, "NotInKnative", component.path,
                 fmt::format("{} is not a field of a Knative Service; it is ignored", field));
  }
  const auto set = [&](std::string_view name, std::optional<std::int64_t> number) {
    if (number) spec::set_member(out, name, Value(*number), build.arena);
  };
  set("containerConcurrency", view.container_concurrency());
  set("timeoutSeconds", view.timeout());
  set("responseStartTimeoutSeconds", view.timeout());
  return out;
}

}  // namespace

void check_initial_scale(ServiceBuild& build) {
  const auto it = build.annotations.find(kInitialScale);
  if (it == build.annotations.end()) return;
  const auto scale = integer(it->second);
  std::string_view why;
  if (!scale) {
    why = "is not a whole number";
  } else if (*scale == 0 && !allows_zero_initial_scale(build)) {
    why =
        "is 0, which Knative does not allow here (allow-zero-initial-scale in the ConfigMap config-autoscaler)";
  }
  if (why.empty()) return;
  build.notice(kPredictor, "InvalidInitialScale",
               spec::FieldPath{} / "metadata" / "annotations" / kInitialScale,
               fmt::format("{}; Knative's own default is used", why));
  build.annotations.erase(it);
}

void add_knative_service(ServiceBuild& build, Component& component) {
  spec::Arena& arena = build.arena;
  StringMap annotations = component.pod_annotations ? *component.pod_annotations : component.annotations;
  annotate_scaling(component.scaling, annotations);
  const StringMap of_service = take_service_annotations(annotations);
  Value object = build.object(kKnativeApiVersion, "Service", component.name, component.labels, of_service);
  Value metadata(rapidjson::kObjectType);
  if (!build.context.problems_only) {
    const StringMap labels = build.allowed_labels(component.labels);
    metadata = ObjectBuilder(arena)
                   .value("labels", to_value(labels, arena))
                   .value("annotations", to_value(annotations, arena))
                   .take();
  }
  Value traffic = traffic_of(build, component.kind, value_of(annotations, kTagRouting) == "true");
  object.AddMember("spec",
                   ObjectBuilder(arena)
                       .value("template", ObjectBuilder(arena)
                                              .value("metadata", std::move(metadata))
                                              .value("spec", revision_spec(build, component))
                                              .take())
                       .value("traffic", std::move(traffic))
                       .take(),
                   arena);
  build.add(std::move(object));
  build.wanted.objects.back().path = component.path;
}

}  // namespace modelgate::workload
