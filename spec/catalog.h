// SPDX-License-Identifier: Apache-2.0
//
// The catalog: an immutable snapshot of the configuration, the runtimes, the storage containers and the local
// model caches of the cluster.
//
//   CatalogBuilder builder;
//   builder.set_configuration(std::move(configuration));
//   builder.add(document_of_a_cluster_serving_runtime);
//   std::shared_ptr<const Catalog> catalog = builder.build(generation);
//
// kube/ builds a new catalog for every change. A reader holds a shared_ptr for one request. All of it is
// const after build(), so any number of threads may read it at once.
//
// An object in the catalog may be used without a lookup. An object that is not in it may have been created a
// moment ago: see `Needs` in admission/admission.h.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "spec/configuration.h"
#include "spec/json.h"
#include "spec/serving_runtime.h"

namespace modelgate::spec {

/// A runtime: its document, and the fields that every selection reads.
struct Runtime {
  struct Format {
    std::string_view name;
    std::optional<std::string_view> version;
    bool auto_select = false;
    std::optional<std::int64_t> priority;
  };

  ServingRuntimeView view;
  bool cluster_scoped = false;
  std::string_view name;
  std::string_view namespace_;          // empty if it is cluster-scoped
  std::string_view creation_timestamp;  // RFC 3339, so text order is time order; empty if unknown
  bool disabled = false;
  bool multi_model = false;
  bool multi_node = false;
  std::vector<Format> formats;
  std::vector<std::string_view> protocols;  // empty: all protocols

  /// "ClusterServingRuntime kserve-sklearnserver", for messages.
  std::string display_name() const;
};

/// A LocalModelCache or LocalModelNamespaceCache: a model that is cached on the nodes of some groups.
struct LocalModel {
  std::string_view name;
  std::string_view namespace_;  // empty: for the whole cluster
  std::string_view source_model_uri;
  std::vector<std::string_view> node_groups;

  /// True for the URI of the model and for paths below it.
  bool matches(std::string_view storage_uri) const;
};

class Catalog {
 public:
  Catalog(const Catalog&) = delete;
  Catalog& operator=(const Catalog&) = delete;

  const Configuration& configuration() const { return configuration_; }
  /// In the order in which KServe sorts candidates before priorities: lowest protocol, newest first, name.
  std::span<const Runtime> cluster_runtimes() const { return cluster_runtimes_; }
  /// The runtimes of one namespace, in the same order.
  std::span<const Runtime> namespace_runtimes(std::string_view ns) const;
  std::span<const ClusterStorageContainerView> storage_containers() const { return storage_containers_; }
  std::span<const LocalModel> local_models() const { return local_models_; }

  const Runtime* find_cluster_runtime(std::string_view name) const;
  const Runtime* find_namespace_runtime(std::string_view ns, std::string_view name) const;
  /// As a service in `ns` resolves a name: first in its namespace, then in the cluster.
  const Runtime* find_runtime(std::string_view ns, std::string_view name) const;

  /// Increases with every change; 0 for a catalog that was not built.
  std::uint64_t generation() const { return generation_; }

 private:
  friend class CatalogBuilder;
  Catalog() = default;

  Arena arena_;
  Configuration configuration_;
  std::deque<Value> documents_;  // a deque: the views above point into it
  std::vector<Runtime> cluster_runtimes_;
  std::vector<Runtime> namespaced_runtimes_;  // sorted by namespace first
  std::vector<ClusterStorageContainerView> storage_containers_;
  std::vector<LocalModel> local_models_;
  std::uint64_t generation_ = 0;
};

class CatalogBuilder {
 public:
  CatalogBuilder();
  ~CatalogBuilder();

  void set_configuration(Configuration configuration);
  /// Adds a copy of all objects and the configuration of `catalog`.
  void copy(const Catalog& catalog);
  /// Adds a copy of a ServingRuntime, ClusterServingRuntime, ClusterStorageContainer, LocalModelCache or
  /// LocalModelNamespaceCache. It replaces one of the same kind, namespace and name. False for other kinds.
  bool add(const Value& document);
  /// The builder is empty afterwards.
  std::shared_ptr<const Catalog> build(std::uint64_t generation);

 private:
  std::unique_ptr<Catalog> catalog_;
};

}  // namespace modelgate::spec
