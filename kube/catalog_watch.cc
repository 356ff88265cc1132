// SPDX-License-Identifier: Apache-2.0
#include "kube/catalog_watch.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <stdexcept>
#include <utility>

#include "kube/manifests.h"
#include "spec/schema.h"
#include "spec/schema_serving.h"

namespace modelgate::kube {
namespace {

/// From the first change of a burst to its snapshot. The changes of one `kubectl apply -f` arrive a few
/// milliseconds apart; building a snapshot of a hundred runtimes takes about as long.
constexpr std::chrono::milliseconds kBurst{10};

struct CatalogKind {
  const Resource& resource;
  const spec::schema::Type* type;  // null: its structure is not checked
};

constexpr std::array kCatalogKinds{
    CatalogKind{kServingRuntimes, &spec::schema::kServingRuntime},
    CatalogKind{kClusterServingRuntimes, &spec::schema::kServingRuntime},
    CatalogKind{kClusterStorageContainers, &spec::schema::kClusterStorageContainer},
    CatalogKind{kLocalModelCaches, nullptr},
    CatalogKind{kLocalModelNamespaceCaches, nullptr},
};

/// The built-in runtimes and configuration.
std::shared_ptr<const spec::Catalog> builtin_catalog() {
  ManifestReader reader;
  reader.add_builtin();
  auto manifests = reader.finish(0);
  if (!manifests) throw std::logic_error("built-in manifests: " + manifests.error().front().to_string());
  return (*manifests)->catalog;
}

bool same_version(const Object& a, const Object& b) {
  return a.uid() == b.uid() && a.resource_version() == b.resource_version();
}

/// The objects of one kind. Calls `changed` when they change.
class KindStore final : public Store {
 public:
  using Key = std::pair<std::string, std::string>;  // namespace, name

  explicit KindStore(std::function<void()> changed) : changed_(std::move(changed)) {}

  void replace(std::vector<Object> objects) override {
    std::map<Key, Object> fresh;
    for (Object& object : objects) {
      Key key = key_of(object);
      fresh.insert_or_assign(std::move(key), std::move(object));
    }
    const bool same = std::ranges::equal(fresh, objects_, [](const auto& a, const auto& b) {
      return a.first == b.first && same_version(a.second, b.second);
    });
    if (listed_ && same) return;
    listed_ = true;
    objects_ = std::move(fresh);
    changed_();
  }

  void upsert(Object object) override {
    Key key = key_of(object);
    const auto it = objects_.find(key);
    if (it != objects_.end() && same_version(it->second, object)) return;
    objects_.insert_or_assign(std::move(key), std::move(object));
    changed_();
  }

  void remove(Object object) override {
    if (objects_.erase(key_of(object)) > 0) changed_();
  }

  const std::map<Key, Object>& objects() const { return objects_; }

 private:
  static Key key_of(const Object& object) {
    return {std::string(object.namespace_()), std::string(object.name())};
  }

  std::function<void()> changed_;
  std::map<Key, Object> objects_;
  bool listed_ = false;
};

constexpr CatalogKind kConfiguration{kConfigMaps, nullptr};

/// Why the object cannot be used; empty if it can.
std::string structure_error(const CatalogKind& kind, const Object& object) {
  if (!kind.type) return {};
  spec::FieldErrors wrong;
  spec::schema::check_structure(object.value(), *kind.type, {.quantities = true}, wrong);
  if (wrong.empty()) return {};
  return fmt::format("{} {}{}{} is left out: {}", kind.resource.kind, object.namespace_(),
                     object.namespace_().empty() ? "" : "/", object.name(), wrong.list().front().to_string());
}

}  // namespace

/// One watched kind of a catalog.
struct CatalogWatch::Part {
  Part(Client& client, const CatalogKind& its_kind, const ReflectorOptions& options,
       std::function<void()> changed)
      : kind(its_kind), store(std::move(changed)), reflector(client, kind.resource, options, store) {}

  const CatalogKind& kind;
  KindStore store;
  Reflector reflector;
};

CatalogWatch::CatalogWatch(Client& client, CatalogWatchOptions options,
                           std::function<void(CatalogUpdate)> on_update)
    : options_(std::move(options)),
      on_update_(std::move(on_update)),
      builtin_(builtin_catalog()),
      configuration_(builtin_->configuration()),
      context_(client.context()),
      timer_(context_) {
  ReflectorOptions named{.ns = options_.ns, .list = {}, .longest_backoff = options_.longest_backoff};
  named.list.field_selector = fmt::format("metadata.name={}", options_.config_map);
  parts_.push_back(std::make_unique<Part>(client, kConfiguration, named, [this] {
    configuration_is_new_ = true;
    changed();
  }));
  for (const CatalogKind& kind : kCatalogKinds) {
    const ReflectorOptions all{.ns = {}, .list = {}, .longest_backoff = options_.longest_backoff};
    parts_.push_back(std::make_unique<Part>(client, kind, all, [this] {
      objects_are_new_ = true;
      changed();
    }));
  }
}

CatalogWatch::~CatalogWatch() = default;

void CatalogWatch::start() {
  for (const auto& part : parts_) {
    spawn(context_, fmt::format("watch of {}", part->kind.resource.plural),
          [&reflector = part->reflector] { return reflector.run(); });
  }
}

bool CatalogWatch::synced() const {
  return std::ranges::all_of(parts_, [](const auto& part) { return part->reflector.synced(); });
}

bool CatalogWatch::connected() const {
  return std::ranges::all_of(parts_, [](const auto& part) { return part->reflector.connected(); });
}

std::vector<CatalogKindState> CatalogWatch::kinds() const {
  std::vector<CatalogKindState> states;
  for (const auto& part : parts_) {
    const Reflector& r = part->reflector;
    states.push_back({.plural = part->kind.resource.plural,
                      .synced = r.synced(),
                      .connected = r.connected(),
                      .absent = r.kind_absent(),
                      .problem = r.problem(),
                      .counts = r.counts()});
  }
  return states;
}

void CatalogWatch::changed() {
  if (waiting_ || !synced()) return;
  waiting_ = true;
  timer_.expires_after(generation_ == 0 ? std::chrono::milliseconds(0) : kBurst);
  timer_.async_wait([this](const boost::system::error_code& cancelled) {
    if (cancelled) return;
    waiting_ = false;
    notify();
  });
}

void CatalogWatch::notify() {
  CatalogUpdate update;
  const auto& config_maps = parts_.front()->store.objects();
  if (!config_maps.empty()) update.config_map_uid = config_maps.begin()->second.uid();
  const bool configured = std::exchange(configuration_is_new_, false) && read_configuration(update);
  const bool objects = std::exchange(objects_are_new_, false);
  if (configured || objects || generation_ == 0) update.catalog = build(update);
  on_update_(std::move(update));
}

/// True if there is a new valid configuration.
bool CatalogWatch::read_configuration(CatalogUpdate& update) {
  const auto& config_maps = parts_.front()->store.objects();
  if (config_maps.empty()) {
    configuration_ = builtin_->configuration();
    return true;
  }
  std::vector<spec::ConfigurationProblem> warnings;
  auto read = spec::parse_configuration(config_maps.begin()->second.value(), &warnings);
  const auto add = [](const std::vector<spec::ConfigurationProblem>& problems,
                      std::vector<std::string>& out) {
    for (const spec::ConfigurationProblem& p : problems) out.push_back(p.to_string());
  };
  add(warnings, update.warnings);
  if (!read) {
    add(read.error(), update.refused);
    return false;
  }
  configuration_ = std::move(*read);
  return true;
}

std::shared_ptr<const spec::Catalog> CatalogWatch::build(CatalogUpdate& update) {
  std::set<std::string> left_out;
  spec::CatalogBuilder builder;
  if (options_.builtin_runtimes) builder.copy(*builtin_);
  builder.set_configuration(configuration_);
  for (const auto& part : parts_) {
    if (part == parts_.front()) continue;
    for (const auto& [key, object] : part->store.objects()) {
      std::string wrong = structure_error(part->kind, object);
      if (wrong.empty()) {
        builder.add(object.value());
        continue;
      }
      if (!left_out_.contains(wrong)) update.warnings.push_back(wrong);
      left_out.insert(std::move(wrong));
    }
  }
  left_out_ = std::move(left_out);
  return builder.build(++generation_);
}

std::vector<std::string> unsynced(const std::vector<CatalogKindState>& kinds) {
  std::vector<std::string> names;
  for (const CatalogKindState& kind : kinds) {
    if (kind.synced) continue;
    names.push_back(kind.problem.empty() ? std::string(kind.plural)
                                         : fmt::format("{} ({})", kind.plural, kind.problem));
  }
  return names;
}

}  // namespace modelgate::kube
