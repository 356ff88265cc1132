// SPDX-License-Identifier: Apache-2.0
//
// Views of Kubernetes' core types, with the fields that we read. Their meaning is in the Kubernetes API
// reference (v1 Pod, Container, ObjectMeta). ObjectView::field() reads other fields.
#pragma once

#include <optional>
#include <string_view>

#include "spec/view.h"

namespace modelgate::spec {

/// The condition of that type in a status, or an absent view.
ObjectView condition_of(const ObjectView& status, std::string_view type);

class OwnerReferenceView : public ObjectView {
 public:
  using ObjectView::ObjectView;
  std::string_view kind() const { return string("kind"); }
  std::string_view name() const { return string("name"); }
  std::string_view uid() const { return string("uid"); }
  bool controller() const { return boolean("controller").value_or(false); }
};

class ObjectMetaView : public ObjectView {
 public:
  using ObjectView::ObjectView;
  std::string_view name() const { return string("name"); }
  /// The API server appends five characters to it if `name` is empty.
  std::string_view generate_name() const { return string("generateName"); }
  std::string_view namespace_() const { return string("namespace"); }
  std::string_view uid() const { return string("uid"); }
  std::string_view creation_timestamp() const { return string("creationTimestamp"); }
  std::optional<std::string_view> deletion_timestamp() const { return optional_string("deletionTimestamp"); }
  StringMapView labels() const { return object<StringMapView>("labels"); }
  StringMapView annotations() const { return object<StringMapView>("annotations"); }
  ListView<OwnerReferenceView> owner_references() const {
    return list<OwnerReferenceView>("ownerReferences");
  }
};

/// Requests and limits: maps from the name of a resource to a quantity, which is a string or a number.
class ResourceRequirementsView : public ObjectView {
 public:
  using ObjectView::ObjectView;
  ObjectView requests() const { return object("requests"); }
  ObjectView limits() const { return object("limits"); }
};

class EnvVarView : public ObjectView {
 public:
  using ObjectView::ObjectView;
  std::string_view name() const { return string("name"); }
  std::string_view env_value() const { return string("value"); }
  ObjectView value_from() const { return object("valueFrom"); }
};

class VolumeMountView : public ObjectView {
 public:
  using ObjectView::ObjectView;
  std::string_view name() const { return string("name"); }
  std::string_view mount_path() const { return string("mountPath"); }
  std::string_view sub_path() const { return string("subPath"); }
  bool read_only() const { return boolean("readOnly").value_or(false); }
};

class ContainerPortView : public ObjectView {
 public:
  using ObjectView::ObjectView;
  std::string_view name() const { return string("name"); }
  std::optional<std::int64_t> container_port() const { return integer("containerPort"); }
  /// TCP if absent.
  std::string_view protocol() const { return optional_string("protocol").value_or("TCP"); }
};

class ContainerView : public ObjectView {
 public:
  using ObjectView::ObjectView;
  std::string_view name() const { return string("name"); }
  std::string_view image() const { return string("image"); }
  ListView<EnvVarView> env() const { return list<EnvVarView>("env"); }
  ListView<ContainerPortView> ports() const { return list<ContainerPortView>("ports"); }
  ListView<VolumeMountView> volume_mounts() const { return list<VolumeMountView>("volumeMounts"); }
  ResourceRequirementsView resources() const { return object<ResourceRequirementsView>("resources"); }

  /// The first variable with that name, or an absent view.
  EnvVarView find_env(std::string_view variable) const;
};

class VolumeView : public ObjectView {
 public:
  using ObjectView::ObjectView;
  std::string_view name() const { return string("name"); }
};

class TolerationView : public ObjectView {
 public:
  using ObjectView::ObjectView;
  std::string_view key() const { return string("key"); }
  /// Equal if absent.
  std::string_view operator_() const { return optional_string("operator").value_or("Equal"); }
  std::string_view toleration_value() const { return string("value"); }
  /// Empty tolerates every effect.
  std::string_view effect() const { return string("effect"); }
};

/// A PodSpec, or an object with the fields of a PodSpec and others, such as KServe's components.
class PodSpecView : public ObjectView {
 public:
  using ObjectView::ObjectView;
  ListView<ContainerView> containers() const { return list<ContainerView>("containers"); }
  ListView<ContainerView> init_containers() const { return list<ContainerView>("initContainers"); }
  ListView<VolumeView> volumes() const { return list<VolumeView>("volumes"); }
  ListView<TolerationView> tolerations() const { return list<TolerationView>("tolerations"); }
  StringMapView node_selector() const { return object<StringMapView>("nodeSelector"); }
  std::string_view service_account_name() const { return string("serviceAccountName"); }
};

class PodView : public ObjectView {
 public:
  using ObjectView::ObjectView;
  ObjectMetaView metadata() const { return object<ObjectMetaView>("metadata"); }
  PodSpecView spec() const { return object<PodSpecView>("spec"); }
};

}  // namespace modelgate::spec
