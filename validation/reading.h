// SPDX-License-Identifier: Apache-2.0
//
// What the rules read: an object, read once before the first rule. It lists the components and what
// implements each, their Pods, and the containers of these. Rules loop over the lists and do not walk the
// document.
//
// Everything here refers to the document and to itself, lives for one validation, and cannot be moved.
#pragma once

#include <boost/container/small_vector.hpp>
#include <cstdint>
#include <optional>
#include <string_view>

#include "spec/inference_service.h"
#include "spec/serving_runtime.h"
#include "validation/lazy_path.h"
#include "validation/validation.h"

namespace modelgate::validation {

enum class Role : std::uint8_t { kPredictor, kTransformer, kExplainer, kCanary };

/// A predictor, transformer, explainer or canary's predictor.
struct Component {
  Role role = Role::kPredictor;
  spec::ComponentView view;
  LazyPath at;            // spec.predictor
  LazyPath element;       // spec.canary[0], of a canary
  std::string_view name;  // "predictor", "transformer", "explainer"

  /// The number of implementations as KServe counts them, and the first. Exactly one is valid.
  std::size_t implementations = 0;
  spec::Implementation implementation{spec::Implementation::Kind::kCustom, {}};

  bool is_predictor() const { return role == Role::kPredictor || role == Role::kCanary; }
  bool serves_model() const {
    return implementations > 0 && (implementation.kind == spec::Implementation::Kind::kModel ||
                                   implementation.kind == spec::Implementation::Kind::kFramework);
  }
  bool custom() const {
    return implementations > 0 && implementation.kind == spec::Implementation::Kind::kCustom;
  }
  /// `model` or the framework's field; absent if something else serves.
  spec::ModelSpecView model() const {
    return serves_model() ? view.object<spec::ModelSpecView>(implementation.field) : spec::ModelSpecView{};
  }
};

/// A storage URI and its path in the document.
struct WrittenUri {
  std::string_view uri;
  spec::FieldPath path;
};

/// The storage URI of a component as KServe reads it: the field of the model or of ART, or the variable
/// STORAGE_URI. A custom predictor has it in its serving container, another component in its first one.
std::optional<std::string_view> storage_uri_of(const Component& component);
/// The same with its path.
std::optional<WrittenUri> written_storage_uri_of(const Component& component);

/// An object with a PodSpec's fields.
struct Pod {
  spec::PodSpecView view;
  LazyPath at;
  LazyPath containers;
  LazyPath init_containers;
  const Component* component = nullptr;  // nullptr in a runtime
  bool worker = false;
  /// It is merged with a runtime's or a service's: what is missing may come from there.
  bool partial = false;
};

/// A container, or a field with a container's members: `model`, a framework, `art`.
struct Container {
  enum class Place : std::uint8_t { kListed, kInit, kModel, kArt };
  spec::ContainerView view;
  LazyPath at;
  const Pod* pod = nullptr;
  Place place = Place::kListed;
};

/// What the rules about containers and Pods read, of a service or a runtime.
struct Workloads {
  boost::container::small_vector<Pod, 4> pods;
  boost::container::small_vector<Container, 6> containers;
};

/// Adds a Pod, without its containers.
Pod& add_pod(Workloads& workloads, const spec::PodSpecView& view, const LazyPath& at);
/// Adds the containers of all Pods, when all Pods are there: containers refer to them.
void add_all_containers(Workloads& workloads);

/// An InferenceService.
class Service {
 public:
  explicit Service(const Subject& subject);
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  const spec::Catalog& catalog() const { return subject_.catalog; }
  const spec::Configuration& configuration() const { return subject_.catalog.configuration(); }
  const spec::InferenceServiceView& isvc() const { return subject_.isvc; }
  /// nullptr on CREATE.
  const spec::InferenceServiceView* old() const { return subject_.old; }
  spec::ObjectMetaView metadata() const { return metadata_; }
  std::string_view namespace_() const { return namespace_name_; }

  /// Predictor, transformer and explainer, those that exist, then the canaries.
  const auto& components() const { return components_; }
  /// nullptr if there is none.
  const Component* predictor() const { return predictor_; }
  const Workloads& workloads() const { return workloads_; }

  /// The annotation, legacy spellings normalized; empty if there is none. KServe's rules read this.
  std::string_view annotated_mode() const { return annotated_mode_; }
  /// The effective mode: see spec/deployment_mode.h.
  std::string_view mode() const { return mode_; }
  bool standard() const { return mode() == spec::kStandardMode; }
  std::optional<std::string_view> autoscaler_class() const { return autoscaler_class_; }

  /// The runtime that the stable predictor names, if the catalog has it.
  const spec::Runtime* named_runtime() const { return named_runtime_; }

  // Roots of paths.
  const LazyPath& metadata_at() const { return metadata_at_; }
  const LazyPath& spec_at() const { return spec_at_; }
  const LazyPath& annotations_at() const { return annotations_at_; }

 private:
  void read_components();
  void read_pods();

  const Subject& subject_;
  spec::ObjectMetaView metadata_;
  spec::InferenceServiceSpecView spec_;
  std::string_view namespace_name_;
  std::string_view annotated_mode_;
  std::string_view mode_;
  std::optional<std::string_view> autoscaler_class_;
  LazyPath spec_at_{"spec"};
  LazyPath metadata_at_{"metadata"};
  LazyPath annotations_at_ = metadata_at_ / "annotations";
  LazyPath canary_at_ = spec_at_ / "canary";
  boost::container::small_vector<Component, 3> components_;
  const Component* predictor_ = nullptr;
  const spec::Runtime* named_runtime_ = nullptr;
  Workloads workloads_;
};

/// A ServingRuntime or ClusterServingRuntime.
class RuntimeObject {
 public:
  explicit RuntimeObject(const RuntimeSubject& subject);
  RuntimeObject(const RuntimeObject&) = delete;
  RuntimeObject& operator=(const RuntimeObject&) = delete;

  const spec::Catalog& catalog() const { return subject_.catalog; }
  const spec::Configuration& configuration() const { return subject_.catalog.configuration(); }
  const spec::ServingRuntimeView& runtime() const { return subject_.runtime; }
  spec::ServingRuntimeSpecView spec() const { return spec_; }
  spec::ObjectMetaView metadata() const { return subject_.runtime.metadata(); }
  /// The runtimes of the same scope, this one included if it is stored.
  std::span<const spec::Runtime> others() const { return others_; }
  /// The stored object of this name: from the catalog, else the old object of the request.
  spec::ServingRuntimeView stored() const { return stored_; }
  const Workloads& workloads() const { return workloads_; }
  const LazyPath& spec_at() const { return spec_at_; }
  /// KServe's rules skip disabled runtimes.
  bool disabled() const { return spec_.disabled(); }

 private:
  const RuntimeSubject& subject_;
  spec::ServingRuntimeSpecView spec_;
  std::span<const spec::Runtime> others_;
  spec::ServingRuntimeView stored_;
  LazyPath spec_at_{"spec"};
  LazyPath worker_at_ = spec_at_ / "workerSpec";
  Workloads workloads_;
};

}  // namespace modelgate::validation
