// SPDX-License-Identifier: Apache-2.0
#include "spec/catalog.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <tuple>

namespace modelgate::spec {
namespace {

/// KServe ranks runtimes by the lowest protocol that they serve; a runtime without protocols is first.
std::size_t protocol_rank(const Runtime& r) {
  constexpr std::array<std::string_view, 4> kRanked = {"v1", "v2", "grpc-v1", "grpc-v2"};
  std::size_t lowest = r.protocols.empty() ? 0 : kRanked.size();
  for (const std::string_view p : r.protocols) {
    const auto at = std::ranges::find(kRanked, p);
    const std::size_t rank = at == kRanked.end() ? 0 : static_cast<std::size_t>(at - kRanked.begin()) + 1;
    lowest = std::min(lowest, rank);
  }
  return lowest;
}

/// Order by namespace (empty for the cluster), then as KServe orders candidates: lowest protocol, newest,
/// name.
bool comes_before(const Runtime& a, const Runtime& b) {
  return std::tuple(a.namespace_, protocol_rank(a), b.creation_timestamp, a.name) <
         std::tuple(b.namespace_, protocol_rank(b), a.creation_timestamp, b.name);
}

/// The strings of a list; none if it is absent or not a list.
std::vector<std::string_view> strings_of(const Value* list) {
  std::vector<std::string_view> out;
  if (!list || !list->IsArray()) return out;
  for (const Value& element : list->GetArray()) {
    if (element.IsString()) out.push_back(text_of(element));
  }
  return out;
}

Runtime read_runtime(const Value& document) {
  Runtime r;
  r.view = ServingRuntimeView(document);
  const ServingRuntimeSpecView spec = r.view.spec();
  r.cluster_scoped = r.view.cluster_scoped();
  r.name = r.view.metadata().name();
  if (!r.cluster_scoped) r.namespace_ = r.view.metadata().namespace_();
  r.creation_timestamp = r.view.metadata().creation_timestamp();
  r.disabled = spec.disabled();
  r.multi_model = spec.multi_model();
  r.multi_node = spec.multi_node();
  for (SupportedModelFormatView f : spec.supported_model_formats()) {
    r.formats.push_back({f.name(), f.version(), f.auto_select(), f.priority()});
  }
  r.protocols = strings_of(spec.protocol_versions());
  return r;
}

LocalModel read_local_model(const Value& document) {
  const ObjectView view(document);
  LocalModel m;
  m.name = ObjectMetaView(view.field("metadata")).name();
  if (view.string("kind") == "LocalModelNamespaceCache")
    m.namespace_ = ObjectMetaView(view.field("metadata")).namespace_();
  const ObjectView spec = view.object("spec");
  m.source_model_uri = spec.string("sourceModelUri");
  m.node_groups = strings_of(spec.field("nodeGroups"));
  return m;
}

/// Replaces the element with the same key, or appends one.
template <typename T, typename Key>
void put(std::vector<T>& list, T element, Key key) {
  const auto it = std::ranges::find_if(list, [&](const T& other) { return key(other) == key(element); });
  if (it == list.end()) {
    list.push_back(std::move(element));
  } else {
    *it = std::move(element);
  }
}

template <typename Range>
const Runtime* find_by_name(const Range& runtimes, std::string_view name) {
  const auto it = std::ranges::find(runtimes, name, &Runtime::name);
  return it == runtimes.end() ? nullptr : &*it;
}

}  // namespace

std::string Runtime::display_name() const {
  return fmt::format("{} {}", cluster_scoped ? "ClusterServingRuntime" : "ServingRuntime", name);
}

bool LocalModel::matches(std::string_view storage_uri) const {
  std::string_view source = source_model_uri;
  if (source.ends_with('/')) source.remove_suffix(1);
  if (storage_uri.ends_with('/')) storage_uri.remove_suffix(1);
  if (!storage_uri.starts_with(source)) return false;
  return storage_uri.size() == source.size() || storage_uri[source.size()] == '/';
}

std::span<const Runtime> Catalog::namespace_runtimes(std::string_view ns) const {
  const auto range = std::ranges::equal_range(namespaced_runtimes_, ns, {}, &Runtime::namespace_);
  return {range.begin(), range.end()};
}

const Runtime* Catalog::find_cluster_runtime(std::string_view name) const {
  return find_by_name(cluster_runtimes_, name);
}

const Runtime* Catalog::find_namespace_runtime(std::string_view ns, std::string_view name) const {
  return find_by_name(namespace_runtimes(ns), name);
}

const Runtime* Catalog::find_runtime(std::string_view ns, std::string_view name) const {
  const Runtime* r = find_namespace_runtime(ns, name);
  return r ? r : find_cluster_runtime(name);
}

CatalogBuilder::CatalogBuilder() : catalog_(new Catalog()) {}
CatalogBuilder::~CatalogBuilder() = default;

void CatalogBuilder::set_configuration(Configuration configuration) {
  catalog_->configuration_ = std::move(configuration);
}

void CatalogBuilder::copy(const Catalog& catalog) {
  set_configuration(catalog.configuration_);
  for (const Value& document : catalog.documents_) add(document);
}

bool CatalogBuilder::add(const Value& document) {
  const std::string_view kind = ObjectView(document).string("kind");
  const bool cluster_runtime = kind == "ClusterServingRuntime";
  const bool storage_container = kind == "ClusterStorageContainer";
  const bool local_model = kind == "LocalModelCache" || kind == "LocalModelNamespaceCache";
  if (!cluster_runtime && kind != "ServingRuntime" && !storage_container && !local_model) return false;

  const Value& copy = catalog_->documents_.emplace_back(clone(document, catalog_->arena_));
  const auto place = [](const auto& r) { return std::pair(r.namespace_, r.name); };
  if (storage_container) {
    put(catalog_->storage_containers_, ClusterStorageContainerView(copy),
        [](const ClusterStorageContainerView& c) { return c.metadata().name(); });
  } else if (local_model) {
    put(catalog_->local_models_, read_local_model(copy), place);
  } else {
    put(cluster_runtime ? catalog_->cluster_runtimes_ : catalog_->namespaced_runtimes_, read_runtime(copy),
        place);
  }
  return true;
}

std::shared_ptr<const Catalog> CatalogBuilder::build(std::uint64_t generation) {
  std::ranges::sort(catalog_->cluster_runtimes_, comes_before);
  std::ranges::sort(catalog_->namespaced_runtimes_, comes_before);
  std::ranges::sort(catalog_->storage_containers_, {},
                    [](const ClusterStorageContainerView& c) { return c.metadata().name(); });
  std::ranges::sort(catalog_->local_models_, {},
                    [](const LocalModel& m) { return std::pair(m.namespace_, m.name); });
  catalog_->generation_ = generation;
  std::shared_ptr<const Catalog> built = std::move(catalog_);
  catalog_.reset(new Catalog());
  return built;
}

}  // namespace modelgate::spec
