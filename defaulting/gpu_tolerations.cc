// SPDX-License-Identifier: Apache-2.0
//
// Tolerations for accelerators: nodes with GPUs usually carry a taint named for them. Each Pod of a service
// (predictor, canaries, workers, transformer, explainer) gets a toleration `{key: <resource>, operator:
// Exists, effect: NoSchedule}` for each accelerator in its effective resources: the service's, else its
// runtime's, unless one there has that key already. The setting `gpuTolerations` says which resources are
// accelerators; those that the annotation serving.kserve.io/gpu-resource-types lists are too.
//
// A service's list of tolerations replaces its runtime's, as in KServe. So where we begin a list, what it
// replaces is copied into it, and recorded like the rest.
#include <algorithm>
#include <array>
#include <boost/container/static_vector.hpp>
#include <string>
#include <vector>

#include "defaulting/pass.h"
#include "spec/quantity.h"

namespace modelgate::defaulting {
namespace {

using spec::ContainerView;
using spec::FieldPath;
using spec::PodSpecView;
using spec::Value;

/// The views of one container, that which overrides first.
using Layers = std::array<ContainerView, 3>;

/// One Pod as it will be, in the parts that it is merged from.
struct PodParts {
  FieldPath path;  // of the object that has `tolerations`
  /// The service's own, inherited, the runtime's: that which overrides first.
  boost::container::static_vector<PodSpecView, 3> parts;
  /// Containers that lie in no list: models, and the ART explainer. They go by `single_name`.
  Layers singles;
  std::string_view single_name;
  bool runtime_unknown = false;
  /// Where several nodes serve one model, each Pod gets GPUs whether or not its containers ask for them.
  bool multi_node = false;
};

/// What such a Pod gets where its containers name no accelerator, as in KServe.
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

/// Calls `f(layers)` for each container of the Pod, once a name.
template <typename F>
void for_each_container(const PodParts& pod, F&& f) {
  if (!pod.single_name.empty()) {
    Layers layers = pod.singles;
    // The runtime is the last part; of it the model inherits.
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

  bool off() const { return configured_.empty(); }

  /// The key of the taint, or nothing.
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

/// True where a container that overrides this one names the resource on the same side.
bool overridden(const Layers& layers, std::size_t i, std::string_view side, std::string_view resource) {
  for (std::size_t above = 0; above < i; ++above) {
    const spec::ObjectView resources = layers[above].resources().object(side);
    if (resources && resources.value()->MemberCount() <= kMaxResources && resources.has(resource))
      return true;
  }
  return false;
}

/// Accelerators are extended resources, which have a domain: CPU and memory cost nothing here.
void collect_keys(const Layers& layers, const Accelerators& accelerators, std::vector<std::string>& keys) {
  for (const std::string_view side : {"requests", "limits"}) {
    for (std::size_t i = 0; i < layers.size(); ++i) {
      const spec::ObjectView resources = layers[i].resources().object(side);
      if (!resources) continue;
      std::size_t looked = 0;
      for (const auto& m : resources.value()->GetObject()) {
        if (++looked > kMaxResources) break;
        const std::string_view resource = spec::text_of(m.name);
        if (resource.find('/') == std::string_view::npos) continue;
        auto key = accelerators.key_for(resource);
        if (key && !is_zero(m.value) && !overridden(layers, i, side, resource))
          keys.push_back(std::move(*key));
      }
    }
  }
}

/// Sorted, so that the order in which a manifest names resources does not matter.
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

/// A toleration of the key for some value of the taint is the user's own decision, and left at that.
bool tolerates(const Value& list, std::string_view key) {
  return std::any_of(list.Begin(), list.End(), [&](const Value& element) {
    const spec::TolerationView t(element);
    if (!t || (!t.effect().empty() && t.effect() != "NoSchedule")) return false;
    return t.key() == key || (t.key().empty() && t.operator_() == "Exists");
  });
}

/// The list that the Pod gets: the first part's that has one.
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

/// Where the runtime is not known just now, nobody can say that an accelerator is gone.
void keep_earlier(Pass& pass, const FieldPath& list) {
  for (const Value* v : pass.earlier.elements(pass.document(), list)) {
    const Value* there = pass.edit.find(list);
    const bool has = there && std::any_of(there->Begin(), there->End(),
                                          [&](const Value& t) { return spec::equal(t, *v); });
    if (!has) append_recorded(pass, list, spec::clone(*v, pass.edit.arena()));
  }
}

void tolerate(Pass& pass, const PodParts& pod, const Accelerators& accelerators) {
  const FieldPath list = pod.path / "tolerations";
  std::vector<std::string> keys = taint_keys(pod, accelerators);
  if (!pass.can_hold(list) || (keys.empty() && !pod.runtime_unknown)) return;
  if (const Value* own = pass.edit.find(list); own && !own->IsArray()) return;
  const Value* there = effective_tolerations(pod);
  if (there) std::erase_if(keys, [&](const std::string& key) { return tolerates(*there, key); });
  const bool begins = PodSpecView(pass.edit.find(pod.path)).tolerations().empty();
  std::vector<Value> copies;
  if (begins && there && !keys.empty()) {
    for (const Value& t : there->GetArray()) copies.push_back(spec::clone(t, pass.edit.arena()));
  }
  // From here on the parts are out of date.
  if (pod.runtime_unknown) keep_earlier(pass, list);
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

/// A canary has what it sets, the stable predictor's otherwise, and its runtime's below.
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

void tolerate_accelerators(Pass& pass) {
  const Accelerators accelerators(pass);
  if (accelerators.off()) return;
  const spec::InferenceServiceSpecView spec = pass.service().spec();
  const bool predictors = !pass.model_mesh && !pass.model_is_ambiguous && spec.predictor();
  const bool workers = predictors && spec.predictor().worker_spec();
  const bool transformer = static_cast<bool>(spec.transformer());
  const bool explainer = static_cast<bool>(spec.explainer());
  const std::size_t canaries = predictors ? pass.canaries() : 0;

  if (predictors) tolerate(pass, stable_pod(pass), accelerators);
  if (workers) tolerate(pass, worker_pod(pass), accelerators);
  for (std::size_t i = 0; i < canaries; ++i) tolerate(pass, canary_pod(pass, i), accelerators);
  if (transformer) tolerate(pass, component_pod(pass, "transformer"), accelerators);
  if (explainer) tolerate(pass, component_pod(pass, "explainer"), accelerators);
}

}  // namespace modelgate::defaulting
