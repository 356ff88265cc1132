// SPDX-License-Identifier: Apache-2.0
#include "defaulting/gpu_tolerations.h"

#include <algorithm>
#include <array>
#include <boost/container/static_vector.hpp>
#include <string>
#include <vector>

#include "spec/quantity.h"

namespace modelgate::defaulting {
namespace {

using spec::ContainerView;
using spec::FieldPath;
using spec::PodSpecView;
using spec::Value;

/// The views of one container, the overriding one first.
using Layers = std::array<ContainerView, 3>;

/// The parts that a Pod is merged from.
struct PodParts {
  FieldPath path;  // of the object that has `tolerations`
  /// The service's own, the inherited, the runtime's: the overriding one first.
  boost::container::static_vector<PodSpecView, 3> parts;
  /// Containers outside of lists: models, and the ART explainer. Their name is `single_name`.
  Layers singles;
  std::string_view single_name;
  bool runtime_unknown = false;
  /// Several nodes serve one model: each Pod gets GPUs, even if its containers request none.
  bool multi_node = false;
};

/// What such a Pod gets if its containers name no accelerator, as in KServe.
constexpr std::string_view kMultiNodeResource = "nvidia.com/gpu";

/// Calls `f(container)` for each of a list, until it returns true.
template <typename F>
void until(const spec::ListView<ContainerView>& list, F&& f) {
  const std::size_t count = std::min(list.size(), kMaxContainers);
  for (std::size_t i = 0; i < count; ++i) {
    if (f(list[i])) return;
  }
}

ContainerView container_named(const PodSpecView& pod, std::string_view name) {
  ContainerView found;
  until(pod.containers(), [&](ContainerView c) {
    if (c.name() == name) found = c;
    return static_cast<bool>(found);
  });
  return found;
}

/// Calls `f(layers)` once for each container name of the Pod.
template <typename F>
void for_each_container(const PodParts& pod, F&& f) {
  if (!pod.single_name.empty()) {
    Layers layers = pod.singles;
    // The runtime is the last part; the model inherits from it.
    if (!layers[2] && !pod.parts.empty()) layers[2] = container_named(pod.parts.back(), pod.single_name);
    f(layers);
  }
  for (std::size_t i = 0; i < pod.parts.size(); ++i) {
    until(pod.parts[i].containers(), [&](ContainerView c) {
      if (c.name() == pod.single_name && !pod.single_name.empty()) return false;
      const auto seen = [&](const PodSpecView& p) { return static_cast<bool>(container_named(p, c.name())); };
      if (std::any_of(pod.parts.begin(), pod.parts.begin() + static_cast<std::ptrdiff_t>(i), seen))
        return false;
      Layers layers{c, {}, {}};
      for (std::size_t k = i + 1; k < pod.parts.size(); ++k)
        layers[k - i] = container_named(pod.parts[k], c.name());
      f(layers);
      return false;
    });
    until(pod.parts[i].init_containers(), [&](ContainerView c) {
      f(Layers{c, {}, {}});
      return false;
    });
  }
}

/// Which resources are accelerators, and the key of their taint.
class Accelerators {
 public:
  explicit Accelerators(Pass& pass) : configured_(pass.configuration.modelgate.gpu_tolerations) {
    if (configured_.empty()) return;
    for (const std::string& type : pass.configuration.multi_node.custom_gpu_resource_type_list)
      listed_.push_back(type);
    const auto annotation = pass.service().metadata().annotations().get(spec::kGpuResourceTypesAnnotation);
    if (!annotation) return;
    const auto types = spec::parse_json(*annotation, pass.edit.arena());
    if (!types || !types->IsArray()) return;
    for (const Value& type : types->GetArray()) {
      if (type.IsString()) listed_.emplace_back(spec::text_of(type));
    }
  }

  bool disabled() const { return configured_.empty(); }

  /// The key of the taint, if the resource is an accelerator.
  std::optional<std::string> key_for(std::string_view resource) const {
    for (const spec::GpuToleration& t : configured_) {
      if (t.matches(resource)) return std::string(t.key_for(resource));
    }
    if (std::ranges::find(listed_, resource) != listed_.end()) return std::string(resource);
    return std::nullopt;
  }

 private:
  const std::vector<spec::GpuToleration>& configured_;
  std::vector<std::string> listed_;
};

bool is_zero(const Value& quantity) {
  const auto q = spec::Quantity::parse(quantity);
  return q && q->is_zero();
}

/// True if an overriding container sets the resource on the same side.
bool overridden(const Layers& layers, std::size_t i, std::string_view side, std::string_view resource) {
  for (std::size_t above = 0; above < i; ++above) {
    const spec::ObjectView resources = layers[above].resources().object(side);
    if (resources && resources.value()->MemberCount() <= kMaxResources && resources.has(resource))
      return true;
  }
  return false;
}

/// Accelerators are extended resources, whose names have a domain: CPU and memory are skipped.
void collect_keys(const Layers& layers, const Accelerators& accelerators, std::vector<std::string>& keys) {
  for (const std::string_view side : {"requests", "limits"}) {
    for (std::size_t i = 0; i < layers.size(); ++i) {
      const spec::ObjectView resources = layers[i].resources().object(side);
      if (!resources) continue;
      std::size_t count = 0;
      for (const auto& m : resources.value()->GetObject()) {
        if (++count > kMaxResources) break;
        const std::string_view resource = spec::text_of(m.name);
        if (resource.find('/') == std::string_view::npos) continue;
        auto key = accelerators.key_for(resource);
        if (key && !is_zero(m.value) && !overridden(layers, i, side, resource))
          keys.push_back(std::move(*key));
      }
    }
  }
}

/// Sorted, so that the order of resources in a manifest does not matter.
std::vector<std::string> taint_keys(const PodParts& pod, const Accelerators& accelerators) {
  std::vector<std::string> keys;
  for_each_container(pod, [&](const Layers& layers) { collect_keys(layers, accelerators, keys); });
  if (keys.empty() && pod.multi_node) {
    if (auto key = accelerators.key_for(kMultiNodeResource)) keys.push_back(std::move(*key));
  }
  std::ranges::sort(keys);
  const auto repeated = std::ranges::unique(keys);
  keys.erase(repeated.begin(), repeated.end());
  if (keys.size() > kMaxAccelerators) keys.resize(kMaxAccelerators);
  return keys;
}

/// A toleration of the key for one value of the taint is the user's decision and counts.
bool tolerates(const Value& list, std::string_view key) {
  return std::any_of(list.Begin(), list.End(), [&](const Value& element) {
    const spec::TolerationView t(element);
    if (!t || (!t.effect().empty() && t.effect() != "NoSchedule")) return false;
    return t.key() == key || (t.key().empty() && t.operator_() == "Exists");
  });
}

/// The list that the Pod gets: that of the first part with one.
const Value* effective_tolerations(const PodParts& pod) {
  for (const PodSpecView& part : pod.parts) {
    if (!part.tolerations().empty()) return part.tolerations().value();
  }
  return nullptr;
}

Value toleration(std::string_view key, spec::Arena& arena) {
  Value t(rapidjson::kObjectType);
  t.AddMember(spec::make_literal("key"), spec::make_string(key, arena), arena);
  t.AddMember(spec::make_literal("operator"), spec::make_literal("Exists"), arena);
  t.AddMember(spec::make_literal("effect"), spec::make_literal("NoSchedule"), arena);
  return t;
}

void append_recorded(Pass& pass, const FieldPath& list, Value element) {
  pass.edit.append(list, std::move(element));
  pass.ledger.add(list[pass.edit.find(list)->Size() - 1], cause::kGpu);
}

/// If the runtime is not known, the accelerators may be unchanged: keeps what an earlier pass added.
void keep_earlier_tolerations(Pass& pass, const FieldPath& list) {
  for (const Value* v : pass.earlier.elements(pass.document(), list)) {
    const Value* present = pass.edit.find(list);
    const bool has = present && std::any_of(present->Begin(), present->End(),
                                            [&](const Value& t) { return spec::equal(t, *v); });
    if (!has) append_recorded(pass, list, spec::clone(*v, pass.edit.arena()));
  }
}

void add_tolerations(Pass& pass, const PodParts& pod, const Accelerators& accelerators) {
  const FieldPath list = pod.path / "tolerations";
  std::vector<std::string> keys = taint_keys(pod, accelerators);
  if (!pass.can_hold(list) || (keys.empty() && !pod.runtime_unknown)) return;
  if (const Value* own = pass.edit.find(list); own && !own->IsArray()) return;
  const Value* effective = effective_tolerations(pod);
  if (effective) std::erase_if(keys, [&](const std::string& key) { return tolerates(*effective, key); });
  const bool begins = PodSpecView(pass.edit.find(pod.path)).tolerations().empty();
  std::vector<Value> copies;
  if (begins && effective && !keys.empty()) {
    for (const Value& t : effective->GetArray()) copies.push_back(spec::clone(t, pass.edit.arena()));
  }
  // The edits below invalidate the views in `pod`.
  if (pod.runtime_unknown) keep_earlier_tolerations(pass, list);
  for (Value& t : copies) append_recorded(pass, list, std::move(t));
  for (const std::string& key : keys) {
    const Value* now = pass.edit.find(list);
    if (!now || !tolerates(*now, key)) append_recorded(pass, list, toleration(key, pass.edit.arena()));
  }
}

PodParts stable_pod(const Pass& pass) {
  const spec::PredictorView predictor = pass.service().spec().predictor();
  PodParts pod;
  pod.path = Pass::predictor_path();
  pod.parts.push_back(PodSpecView(predictor.value()));
  pod.multi_node = static_cast<bool>(predictor.worker_spec());
  if (!predictor.model()) return pod;
  pod.singles[0] = predictor.model();
  pod.single_name = spec::kServingContainerName;
  pod.runtime_unknown = pass.runtime == nullptr;
  if (pass.runtime) pod.parts.push_back(pass.runtime->view.spec());
  return pod;
}

PodParts worker_pod(const Pass& pass) {
  PodParts pod;
  pod.path = Pass::predictor_path() / "workerSpec";
  pod.parts.push_back(pass.service().spec().predictor().worker_spec());
  pod.multi_node = true;
  pod.runtime_unknown = pass.runtime == nullptr;
  if (pass.runtime) pod.parts.push_back(pass.runtime->view.spec().worker_spec());
  return pod;
}

/// A canary's own parts, then the stable predictor's, then its runtime's.
PodParts canary_pod(const Pass& pass, std::size_t i) {
  const spec::InferenceServiceSpecView spec = pass.service().spec();
  const spec::PredictorView canary = spec.canary()[i].predictor();
  const spec::PredictorView stable = spec.predictor();
  PodParts pod;
  pod.path = Pass::canary_path(i);
  pod.parts = {PodSpecView(canary.value()), PodSpecView(stable.value())};
  const auto own = canary.model().runtime();
  const spec::Runtime* runtime =
      own ? pass.context.catalog.find_runtime(pass.context.request_namespace, *own) : pass.runtime;
  if (!canary.model() && !stable.model()) return pod;
  pod.singles = {canary.model(), stable.model(), {}};
  pod.single_name = spec::kServingContainerName;
  pod.runtime_unknown = runtime == nullptr;
  if (runtime) pod.parts.push_back(runtime->view.spec());
  return pod;
}

PodParts component_pod(const Pass& pass, std::string_view name) {
  PodParts pod;
  pod.path = FieldPath{} / "spec" / name;
  const auto component = pass.service().spec().object<PodSpecView>(name);
  pod.parts.push_back(component);
  if (const auto art = component.object<ContainerView>("art")) {
    pod.singles[0] = art;
    pod.single_name = spec::kServingContainerName;
  }
  return pod;
}

}  // namespace

void add_accelerator_tolerations(Pass& pass) {
  const Accelerators accelerators(pass);
  if (accelerators.disabled()) return;
  const spec::InferenceServiceSpecView spec = pass.service().spec();
  const bool predictors = !pass.model_mesh && !pass.model_is_ambiguous && spec.predictor();
  const bool workers = predictors && spec.predictor().worker_spec();
  const bool transformer = static_cast<bool>(spec.transformer());
  const bool explainer = static_cast<bool>(spec.explainer());
  const std::size_t canaries = predictors ? pass.canaries() : 0;

  if (predictors) add_tolerations(pass, stable_pod(pass), accelerators);
  if (workers) add_tolerations(pass, worker_pod(pass), accelerators);
  for (std::size_t i = 0; i < canaries; ++i) add_tolerations(pass, canary_pod(pass, i), accelerators);
  if (transformer) add_tolerations(pass, component_pod(pass, "transformer"), accelerators);
  if (explainer) add_tolerations(pass, component_pod(pass, "explainer"), accelerators);
}

}  // namespace modelgate::defaulting
