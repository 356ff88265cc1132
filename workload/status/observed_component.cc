// SPDX-License-Identifier: Apache-2.0
#include "workload/status/observed_component.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <map>
#include <set>
#include <string>

#include "workload/objects/child_names.h"

namespace modelgate::workload {
namespace {

using spec::Value;

using Template = std::pair<std::string_view, std::string_view>;  // app label, template hash

Template template_of(const spec::PodView& pod) {
  const auto labels = pod.metadata().labels();
  return {labels.get("app").value_or(""), labels.get("pod-template-hash").value_or("")};
}

bool has_failed(const spec::PodView& pod) {
  return pod.object("status").string("phase") == "Failed";
}

/// When the first Pod of each template was created. The last one would not do: while a rollout is stuck, an
/// autoscaler or the loss of a node creates new Pods of the earlier template, too.
std::map<Template, std::string_view> templates_by_start(const std::vector<spec::PodView>& newest_first) {
  std::map<Template, std::string_view> out;
  std::set<Template> lives;  // has a Pod that did not fail; a failed one may be a leftover
  for (const spec::PodView& p : newest_first) {
    const Template key = template_of(p);
    if (!has_failed(p)) lives.insert(key);
    if (!has_failed(p) || !lives.contains(key)) out[key] = p.metadata().creation_timestamp();
  }
  return out;
}

}  // namespace

std::vector<PodTrouble> ObservedComponent::troubles() const {
  const auto templates = templates_by_start(pods);
  std::map<std::string_view, std::string_view> last;  // by app label: of the head, of the workers
  for (const auto& [key, start] : templates) last[key.first] = std::max(last[key.first], start);
  std::vector<PodTrouble> out;
  std::set<Template> seen;
  for (const spec::PodView& p : pods) {
    const Template key = template_of(p);
    const bool has_successor = !seen.insert(key).second;
    if (templates.at(key) != last.at(key.first) || (has_successor && has_failed(p))) continue;
    if (auto t = trouble_of(p)) out.push_back(std::move(*t));
  }
  return out;
}

ObservedComponent observed_component(const Observed& observed, std::string_view component_name) {
  ObservedComponent out;
  const std::string app = app_label(component_name);
  const std::string worker_app = worker_app_label(component_name);
  for (const Value* d : observed.deployments) {
    const spec::ObjectView metadata = spec::ObjectView(d).object("metadata");
    // The name of the workers' Deployment contains the service's name, not the predictor's.
    const bool has_workers = metadata.object("labels").string("app") == worker_app;
    if (metadata.string("name") == component_name || has_workers) out.deployments.push_back(d);
  }
  for (const Value* p : observed.pods) {
    const spec::PodView pod(p);
    const std::string_view label = pod.metadata().labels().get("app").value_or("");
    if ((label == app || label == worker_app) && !is_terminating(pod)) out.pods.push_back(pod);
  }
  // The text order of RFC 3339 times is their time order.
  std::ranges::sort(out.pods, std::greater{}, [](const spec::PodView& p) {
    return std::pair(p.metadata().creation_timestamp(), p.metadata().name());
  });
  std::ranges::copy_if(out.pods, std::back_inserter(out.copies),
                       [&](const spec::PodView& p) { return p.metadata().labels().get("app") == app; });
  return out;
}

bool is_at_rest(const spec::ComponentView& component, const ObservedComponent& observed) {
  if (component.min_replicas() != 0 || observed.deployments.empty()) return false;
  return std::ranges::all_of(observed.deployments, [](const Value* d) {
    return spec::ObjectView(d).object("spec").integer("replicas") == 0;
  });
}

spec::ComponentView component_view(const spec::InferenceServiceView& service, std::string_view kind) {
  if (kind == kPredictor) return service.spec().predictor();
  if (kind == kTransformer) return service.spec().transformer();
  return service.spec().explainer();
}

std::vector<std::pair<std::string_view, std::string>> components_of(const spec::InferenceServiceView& service,
                                                                    NameStyle style) {
  const std::string_view name = service.metadata().name();
  const auto spec = service.spec();
  std::vector<std::pair<std::string_view, std::string>> out = {
      {kPredictor, predictor_name(name, spec.predictor().name(), style)}};
  if (spec.transformer()) out.emplace_back(kTransformer, transformer_name(name, style));
  if (spec.explainer()) out.emplace_back(kExplainer, explainer_name(name, style));
  return out;
}

}  // namespace modelgate::workload
