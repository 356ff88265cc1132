// SPDX-License-Identifier: Apache-2.0
#include "reconciler/status/refused_status.h"

#include <fmt/format.h>

#include <algorithm>

#include "spec/inference_service.h"
#include "spec/text/printable.h"
#include "spec/view.h"
#include "workload/objects/object_builder.h"

namespace modelgate::reconciler {
namespace {

using spec::ObjectView;
using spec::Value;

constexpr std::string_view kReady = "Ready";
constexpr std::string_view kNotServedSuffix = "NotServed";

ObjectView status_of(const Value& service) {
  return ObjectView(service).object("status");
}

/// The time of the last change of Ready's status.
std::string_view transition_time(const ObjectView& before, std::string_view value, std::string_view now) {
  const std::string_view since = before.string("lastTransitionTime");
  return before.string("status") == value && !since.empty() ? since : now;
}

}  // namespace

Refusal not_served(const Value& service, std::string_view mode) {
  const ObjectView ready = condition_of(status_of(service), kReady);
  Refusal out;
  out.reason = fmt::format("{}{}", mode, kNotServedSuffix);
  const std::string_view why =
      mode == spec::kKnativeMode
          ? "the cluster does not have Knative Serving, which the deployment mode Knative needs"
          : "Modelgate does not support the deployment mode of the service";
  out.message = fmt::format(
      "{}; existing objects of the service are left unchanged; to have it served{}, create the service again with the "
      "annotation {}: {}",
      why, mode == spec::kKnativeMode ? ", install Knative Serving, or" : "", spec::kDeploymentModeAnnotation,
      spec::kStandardMode);
  const bool served_before = ready.string("status") == "True" ||
                             (ready.string("status") == "Unknown" && ready.string("reason") == out.reason);
  if (served_before) out.status = "Unknown";
  return out;
}

Value refused_status(const Value& service, const Refusal& refusal, std::string_view now, spec::Arena& arena) {
  const ObjectView before = status_of(service);
  const ObjectView was = condition_of(before, kReady);
  Value ready = workload::ObjectBuilder(arena)
                    .text("type", kReady)
                    .text("status", refusal.status)
                    .text("reason", refusal.reason)
                    .text("message", text::on_one_line(refusal.message))
                    .text("lastTransitionTime", transition_time(was, refusal.status, now))
                    .take();
  // Sorted by type, as all statuses are.
  Value conditions(rapidjson::kArrayType);
  const auto copy = [&](auto&& is_copied) {
    for (const ObjectView& c : before.list("conditions")) {
      if (c.value() && is_copied(c.string("type")))
        conditions.PushBack(spec::clone(*c.value(), arena), arena);
    }
  };
  copy([](std::string_view type) { return type < kReady; });
  conditions.PushBack(std::move(ready), arena);
  copy([](std::string_view type) { return type > kReady; });

  Value out = before.value() ? spec::clone(*before.value(), arena) : Value(rapidjson::kObjectType);
  const std::int64_t generation = ObjectView(service).object("metadata").integer("generation").value_or(0);
  const std::int64_t seen = before.integer("observedGeneration").value_or(0);
  spec::set_member(out, "observedGeneration", Value(std::max(generation, seen)), arena);
  spec::set_member(out, "conditions", std::move(conditions), arena);
  out.RemoveMember("phase");  // the one of another state of Ready
  if (!refusal.phase.empty()) out.AddMember("phase", spec::make_literal(refusal.phase), arena);
  return out;
}

}  // namespace modelgate::reconciler
