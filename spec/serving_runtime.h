// SPDX-License-Identifier: Apache-2.0
//
// Views of KServe's ServingRuntime, ClusterServingRuntime and ClusterStorageContainer
// (serving.kserve.io/v1alpha1). The first two differ only in scope.
#pragma once

#include <optional>
#include <string_view>

#include "spec/core.h"

namespace modelgate::spec {

class SupportedModelFormatView : public ObjectView {
 public:
  using ObjectView::ObjectView;
  std::string_view name() const { return string("name"); }
  std::optional<std::string_view> version() const { return optional_string("version"); }
  /// May be selected for a service that names no runtime.
  bool auto_select() const { return boolean("autoSelect").value_or(false); }
  /// Higher is selected first; without a priority is last.
  std::optional<std::int64_t> priority() const { return integer("priority"); }
};

class RuntimeWorkerSpecView : public PodSpecView {
 public:
  using PodSpecView::PodSpecView;
  std::optional<std::int64_t> pipeline_parallel_size() const { return integer("pipelineParallelSize"); }
  std::optional<std::int64_t> tensor_parallel_size() const { return integer("tensorParallelSize"); }
};

class ServingRuntimeSpecView : public PodSpecView {
 public:
  using PodSpecView::PodSpecView;
  ListView<SupportedModelFormatView> supported_model_formats() const {
    return list<SupportedModelFormatView>("supportedModelFormats");
  }
  bool multi_model() const { return boolean("multiModel").value_or(false); }
  bool disabled() const { return boolean("disabled").value_or(false); }
  bool multi_node() const { return static_cast<bool>(worker_spec()); }
  /// A list of strings, or nullptr: all protocols are served.
  const Value* protocol_versions() const { return field("protocolVersions"); }
  RuntimeWorkerSpecView worker_spec() const { return object<RuntimeWorkerSpecView>("workerSpec"); }
};

class ServingRuntimeView : public ObjectView {
 public:
  using ObjectView::ObjectView;
  ObjectMetaView metadata() const { return object<ObjectMetaView>("metadata"); }
  ServingRuntimeSpecView spec() const { return object<ServingRuntimeSpecView>("spec"); }
  bool cluster_scoped() const { return string("kind") == "ClusterServingRuntime"; }
};

class SupportedUriFormatView : public ObjectView {
 public:
  using ObjectView::ObjectView;
  std::optional<std::string_view> prefix() const { return optional_string("prefix"); }
  std::optional<std::string_view> regex() const { return optional_string("regex"); }
};

class StorageContainerSpecView : public ObjectView {
 public:
  using ObjectView::ObjectView;
  ContainerView container() const { return object<ContainerView>("container"); }
  ListView<SupportedUriFormatView> supported_uri_formats() const {
    return list<SupportedUriFormatView>("supportedUriFormats");
  }
  /// initContainer if absent; the other value is localModelDownloadJob.
  std::string_view workload_type() const { return optional_string("workloadType").value_or("initContainer"); }
};

/// `disabled` is a field next to `spec`, not in it.
class ClusterStorageContainerView : public ObjectView {
 public:
  using ObjectView::ObjectView;
  ObjectMetaView metadata() const { return object<ObjectMetaView>("metadata"); }
  StorageContainerSpecView spec() const { return object<StorageContainerSpecView>("spec"); }
  bool disabled() const { return boolean("disabled").value_or(false); }
};

}  // namespace modelgate::spec
