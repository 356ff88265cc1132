// SPDX-License-Identifier: Apache-2.0
#include "validation/reading.h"

#include <algorithm>

#include "spec/deployment_mode.h"

namespace modelgate::validation {
namespace {

using Kind = spec::Implementation::Kind;

void count(Component& c, Kind kind, std::string_view field) {
  if (c.implementations++ == 0) c.implementation = {kind, field};
}

/// As KServe counts: each framework, `model`, and each container named kserve-container; without any of
/// these, any container.
void count_predictor(Component& c) {
  for (const auto& member : c.view.value()->GetObject()) {
    const std::string_view name = spec::text_of(member.name);
    if (!member.value.IsObject()) continue;
    if (const spec::Framework* f = spec::find_framework(name)) count(c, Kind::kFramework, f->name);
    if (name == "model") count(c, Kind::kModel, "model");
  }
  const auto containers = c.view.containers();
  for (spec::ContainerView container : containers) {
    if (container.name() == spec::kServingContainerName) count(c, Kind::kCustom, "containers");
  }
  if (c.implementations == 0 && !containers.empty()) count(c, Kind::kCustom, "containers");
}

void count_implementations(Component& c) {
  if (c.is_predictor()) {
    count_predictor(c);
    return;
  }
  if (c.role == Role::kExplainer && spec::ExplainerView(c.view.value()).art()) count(c, Kind::kArt, "art");
  if (!c.view.containers().empty()) count(c, Kind::kCustom, "containers");
}

std::size_t container_count(const spec::PodSpecView& pod) {
  return pod.containers().size() + pod.init_containers().size();
}

/// A runtime's Pod or worker, or those of a service.
void add_partial_pod(Workloads& w, const spec::PodSpecView& view, const LazyPath& at, bool worker) {
  Pod& pod = add_pod(w, view, at);
  pod.worker = worker;
  pod.partial = true;
}

void add_component_pod(Workloads& w, const Component& c, const spec::PodSpecView& view, const LazyPath& at,
                       bool worker) {
  Pod& pod = add_pod(w, view, at);
  pod.component = &c;
  pod.worker = worker;
  pod.partial = worker || c.role == Role::kCanary || (c.is_predictor() && !c.custom());
}

void add_containers(Workloads& w, const Pod& pod) {
  const auto add_list = [&](const auto& list, const LazyPath& at, Container::Place place) {
    for (std::size_t i = 0; i < list.size(); ++i) w.containers.push_back({list[i], at[i], &pod, place});
  };
  if (pod.component && !pod.worker) {
    const Component& c = *pod.component;
    for (const auto& member : c.view.value()->GetObject()) {
      const std::string_view name = spec::text_of(member.name);
      const bool model = c.is_predictor() && (name == "model" || spec::find_framework(name));
      const bool art = c.role == Role::kExplainer && name == "art";
      if (!member.value.IsObject() || (!model && !art)) continue;
      w.containers.push_back({spec::ContainerView(member.value), pod.at / name, &pod,
                              model ? Container::Place::kModel : Container::Place::kArt});
    }
  }
  add_list(pod.view.containers(), pod.containers, Container::Place::kListed);
  add_list(pod.view.init_containers(), pod.init_containers, Container::Place::kInit);
}

/// The index of the container with the STORAGE_URI of a custom component.
std::optional<std::size_t> storage_container_index(const Component& c) {
  const auto containers = c.view.containers();
  if (!c.is_predictor()) return containers.empty() ? std::nullopt : std::optional<std::size_t>(0);
  for (std::size_t i = 0; i < containers.size(); ++i) {
    if (containers[i].name() == spec::kServingContainerName) return i;
  }
  return std::nullopt;
}

struct CustomUri {
  std::string_view uri;
  std::size_t container;
  std::size_t variable;
};

std::optional<CustomUri> custom_storage_uri(const Component& c) {
  const auto index = storage_container_index(c);
  if (!index) return std::nullopt;
  const auto env = c.view.containers()[*index].env();
  for (std::size_t i = 0; i < env.size(); ++i) {
    if (env[i].name() == spec::kStorageUriEnv) return CustomUri{env[i].env_value(), *index, i};
  }
  return std::nullopt;
}

}  // namespace

Pod& add_pod(Workloads& w, const spec::PodSpecView& view, const LazyPath& at) {
  Pod& pod = w.pods.emplace_back();
  pod.view = view;
  pod.at = at;
  pod.containers = pod.at / "containers";
  pod.init_containers = pod.at / "initContainers";
  return pod;
}

void add_all_containers(Workloads& w) {
  std::size_t n = 0;
  for (const Pod& pod : w.pods) {
    n += container_count(pod.view) + (pod.component ? pod.component->implementations : 0);
  }
  w.containers.reserve(n);
  for (const Pod& pod : w.pods) add_containers(w, pod);
}

std::optional<std::string_view> storage_uri_of(const Component& c) {
  if (c.implementations == 0) return std::nullopt;
  if (c.serves_model()) return c.model().storage_uri();
  if (c.custom()) {
    const auto custom = custom_storage_uri(c);
    return custom ? std::optional(custom->uri) : std::nullopt;
  }
  const std::string_view uri = spec::ExplainerView(c.view.value()).art().storage_uri();
  return uri.empty() ? std::nullopt : std::optional(uri);
}

std::optional<WrittenUri> written_storage_uri_of(const Component& c) {
  const auto uri = storage_uri_of(c);
  if (!uri) return std::nullopt;
  if (!c.custom()) return WrittenUri{*uri, c.at.path() / c.implementation.field / "storageUri"};
  const CustomUri custom = *custom_storage_uri(c);
  return WrittenUri{*uri,
                    ((c.at.path() / "containers")[custom.container] / "env")[custom.variable] / "value"};
}

Service::Service(const Subject& subject)
    : subject_(subject),
      metadata_(subject.isvc.metadata()),
      spec_(subject.isvc.spec()),
      namespace_name_(subject.namespace_.empty() ? metadata_.namespace_() : subject.namespace_),
      annotated_mode_(spec::normalized_deployment_mode(subject.isvc.deployment_mode())),
      mode_(spec::effective_deployment_mode(subject.isvc, subject.old ? *subject.old : subject.isvc,
                                            subject.catalog.configuration())),
      autoscaler_class_(metadata_.annotations().get(spec::kAutoscalerClassAnnotation)) {
  read_components();
  read_pods();
  if (!predictor_) return;
  if (const auto name = predictor_->model().runtime()) {
    named_runtime_ = catalog().find_runtime(namespace_name_, *name);
  }
}

void Service::read_components() {
  const auto canaries = spec_.canary();
  components_.reserve(3 + canaries.size());
  const auto add = [&](Role role, std::string_view name) {
    const auto view = spec_.object<spec::ComponentView>(name);
    if (!view) return;
    Component& c = components_.emplace_back();
    c.role = role;
    c.view = view;
    c.name = name;
    c.at = spec_at_ / name;
    count_implementations(c);
    if (role == Role::kPredictor) predictor_ = &c;
  };
  add(Role::kPredictor, "predictor");
  add(Role::kTransformer, "transformer");
  add(Role::kExplainer, "explainer");
  for (std::size_t i = 0; i < canaries.size(); ++i) {
    const auto view = canaries[i].predictor();
    if (!view) continue;
    Component& c = components_.emplace_back();
    c.role = Role::kCanary;
    c.view = spec::ComponentView(view.value());
    c.name = "predictor";
    c.element = canary_at_[i];
    c.at = c.element / "predictor";
    count_implementations(c);
  }
}

void Service::read_pods() {
  workloads_.pods.reserve(2 * components_.size());
  for (const Component& c : components_) {
    add_component_pod(workloads_, c, c.view, c.at, false);
    if (!c.is_predictor()) continue;
    const auto worker = spec::PredictorView(c.view.value()).worker_spec();
    if (worker) add_component_pod(workloads_, c, worker, c.at / "workerSpec", true);
  }
  add_all_containers(workloads_);
}

RuntimeObject::RuntimeObject(const RuntimeSubject& subject)
    : subject_(subject), spec_(subject.runtime.spec()) {
  const spec::ObjectMetaView meta = subject.runtime.metadata();
  const std::string_view ns = subject.namespace_.empty() ? meta.namespace_() : subject.namespace_;
  others_ = subject.runtime.cluster_scoped() ? subject.catalog.cluster_runtimes()
                                             : subject.catalog.namespace_runtimes(ns);
  if (subject.old) stored_ = *subject.old;
  const auto it = std::ranges::find(others_, meta.name(), &spec::Runtime::name);
  if (it != others_.end()) stored_ = it->view;

  workloads_.pods.reserve(2);
  if (spec_) add_partial_pod(workloads_, spec_, spec_at_, false);
  if (spec_.worker_spec()) add_partial_pod(workloads_, spec_.worker_spec(), worker_at_, true);
  add_all_containers(workloads_);
}

}  // namespace modelgate::validation
