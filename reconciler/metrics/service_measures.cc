// SPDX-License-Identifier: Apache-2.0
#include "reconciler/metrics/service_measures.h"

#include <algorithm>
#include <charconv>
#include <chrono>

#include "spec/core.h"
#include "spec/quantity.h"
#include "spec/text/rfc3339.h"
#include "workload/objects/annotations.h"

namespace modelgate::reconciler {
namespace {

using spec::ObjectView;

/// Nothing if one of them is unknown, or they are not in order.
std::optional<double> seconds_between(std::string_view from, std::string_view to) {
  const auto begin = text::parse_rfc3339(from);
  const auto end = text::parse_rfc3339(to);
  if (!begin || !end || *end < *begin) return std::nullopt;
  return static_cast<double>((*end - *begin).count());
}

/// The condition of that type, if it is True.
ObjectView true_condition(ObjectView status, std::string_view type) {
  for (const ObjectView condition : status.list("conditions")) {
    if (condition.string("type") == type && condition.string("status") == "True") return condition;
  }
  return {};
}

std::string_view started_at(ObjectView container) {
  const ObjectView state = container.object("state");
  const ObjectView done = state.object("terminated");
  return (done ? done : state.object("running")).string("startedAt");
}

/// When the first of its containers started; if that is unknown, when the kubelet accepted the Pod.
std::string_view first_start(ObjectView pod_status) {
  for (const char* list : {"initContainerStatuses", "containerStatuses"}) {
    std::string_view first;
    for (const ObjectView container : pod_status.list(list)) {
      const std::string_view at = started_at(container);
      if (!at.empty() && (first.empty() || at < first)) first = at;  // RFC 3339: text order is time order
    }
    if (!first.empty()) return first;
  }
  return pod_status.string("startTime");
}

bool is_of_predictor(const ObjectView& pod) {
  return pod.object("metadata").object("labels").string(workload::label::kComponent) == "predictor";
}

void measure_load(const workload::Observed& observed, ServiceMeasures& out) {
  std::string_view newest;
  for (const spec::Value* value : observed.pods) {
    const ObjectView pod(value);
    const ObjectView metadata = pod.object("metadata");
    const ObjectView ready = true_condition(pod.object("status"), "Ready");
    if (!ready || !is_of_predictor(pod) || metadata.string("creationTimestamp") < newest) continue;
    newest = metadata.string("creationTimestamp");
    out.load_pod = metadata.string("uid");
    out.model_load_seconds =
        seconds_between(first_start(pod.object("status")), ready.string("lastTransitionTime"));
  }
}

/// A resource of a device plugin. Kubernetes' own resources have no domain, or kubernetes.io.
bool is_extended(std::string_view resource) {
  const std::string_view domain = resource.substr(0, resource.find('/'));
  return domain.size() < resource.size() && domain != "kubernetes.io" && !domain.ends_with(".kubernetes.io");
}

std::map<std::string, std::int64_t> accelerators_of(const ObjectView& deployment) {
  std::map<std::string, std::int64_t> sum;
  const ObjectView pod = deployment.object("spec").object("template").object("spec");
  for (const ObjectView container : pod.list("containers")) {
    const spec::Value* const limits = container.object("resources").object("limits").value();
    if (!limits) continue;
    for (const auto& limit : limits->GetObject()) {
      const std::string_view name = spec::text_of(limit.name);
      const auto amount = is_extended(name) ? spec::Quantity::parse(limit.value) : spec::Quantity();
      if (amount && !amount->is_zero()) sum[std::string(name)] += amount->to_int64();
    }
  }
  return sum;
}

const spec::Value* find_deployment(const std::vector<const spec::Value*>& deployments,
                                   std::string_view name) {
  const auto found = std::ranges::find_if(deployments, [&](const spec::Value* d) {
    return ObjectView(d).object("metadata").string("name") == name;
  });
  return found == deployments.end() ? nullptr : *found;
}

/// With the live replicas of existing Deployments, and the desired ones of others.
void measure_accelerators(const std::vector<workload::WantedObject>& wanted,
                          const workload::Observed& observed, ServiceMeasures& out) {
  std::map<std::string, std::int64_t> sum;
  for (const workload::WantedObject& object : wanted) {
    const ObjectView deployment(object.object);
    if (deployment.string("kind") != "Deployment") continue;
    const std::string_view name = deployment.object("metadata").string("name");
    const spec::Value* const live = find_deployment(observed.deployments, name);
    const std::int64_t replicas =
        (live ? ObjectView(live) : deployment).object("spec").integer("replicas").value_or(1);
    for (const auto& [resource, count] : accelerators_of(deployment)) sum[resource] += replicas * count;
  }
  for (auto& entry : sum) {
    if (out.accelerators.size() == kMaxAccelerators) break;
    out.accelerators.emplace_back(std::move(entry));
  }
}

}  // namespace

ServiceMeasures measure(const spec::Value& service, const spec::Value& status,
                        const std::vector<workload::WantedObject>& wanted,
                        const workload::Observed& observed) {
  ServiceMeasures out;
  const ObjectView metadata = ObjectView(service).object("metadata");
  const ObjectView ready = true_condition(ObjectView(status), "Ready");
  out.uid = metadata.string("uid");
  out.phase = ObjectView(status).string("phase");
  out.ready = static_cast<bool>(ready);
  if (ready) {
    out.created_to_ready_seconds =
        seconds_between(metadata.string("creationTimestamp"), ready.string("lastTransitionTime"));
  }
  measure_load(observed, out);
  for (const spec::Value* value : observed.deployments) {
    const ObjectView deployment(value);
    out.replicas_wanted += deployment.object("spec").integer("replicas").value_or(1);
    out.replicas_ready += deployment.object("status").integer("readyReplicas").value_or(0);
  }
  measure_accelerators(wanted, observed, out);
  return out;
}

void MeasuredServices::take(const ServiceKey& key, ServiceMeasures measures) {
  Entry& entry = services_[key];
  if (!entry.labelled && labelled_ < most_) {
    entry.labelled = true;
    ++labelled_;
  }
  const ServiceMeasures& before = entry.measures;
  if (before.uid == measures.uid) {
    if (before.created_to_ready_seconds) measures.created_to_ready_seconds = before.created_to_ready_seconds;
    const bool same_pod = before.load_pod == measures.load_pod || measures.load_pod.empty();
    if (same_pod && before.model_load_seconds) {
      measures.load_pod = before.load_pod;
      measures.model_load_seconds = before.model_load_seconds;
    }
  }
  entry.measures = std::move(measures);
}

void MeasuredServices::forget(const ServiceKey& key) {
  const auto found = services_.find(key);
  if (found == services_.end()) return;
  if (found->second.labelled) --labelled_;
  services_.erase(found);
}

void MeasuredServices::clear() {
  services_.clear();
  labelled_ = 0;
}

ShownServices MeasuredServices::shown() const {
  ShownServices shown;
  for (const auto& [key, entry] : services_) {
    const ServiceMeasures& service = entry.measures;
    if (entry.labelled) {
      shown.labelled.emplace_back(key, service);
      continue;
    }
    ShownServices::Rest& rest = shown.rest;
    ++rest.services;
    rest.ready += service.ready ? 1 : 0;
    if (!service.phase.empty()) ++rest.phases[service.phase];
    rest.replicas_wanted += service.replicas_wanted;
    rest.replicas_ready += service.replicas_ready;
    for (const auto& [resource, count] : service.accelerators) rest.accelerators[resource] += count;
  }
  return shown;
}

}  // namespace modelgate::reconciler
