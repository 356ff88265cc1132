// SPDX-License-Identifier: Apache-2.0
#include "kube/catalog_watch.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <map>
#include <set>
#include <stdexcept>
#include <utility>

#include "kube/manifests.h"
#include "spec/schema.h"
#include "spec/schema_serving.h"

namespace modelgate::kube {
namespace {

/// From the first change of a burst to its snapshot. What one `kubectl apply -f` changes comes a few
/// milliseconds apart; a snapshot of a hundred runtimes takes about as long.
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

/// What is compiled in, with its configuration.
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

/// The objects of one kind. Tells when they differ from what they were.
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

/// One watched kind of a catalog.
struct Part {
  Part(Client& client, const CatalogKind& its_kind, const ReflectorOptions& options,
       std::function<void()> changed)
      : kind(its_kind), store(std::move(changed)), reflector(client, kind.resource, options, store) {}

  const CatalogKind& kind;
  KindStore store;
  Reflector reflector;
};

constexpr CatalogKind kConfiguration{kConfigMaps, nullptr};

}  // namespace

class CatalogWatch::Impl {
 public:
  Impl(Client& client, CatalogWatchOptions options, std::function<void(CatalogNews)> told)
      : options_(std::move(options)),
        told_(std::move(told)),
        builtin_(builtin_catalog()),
        configuration_(builtin_->configuration()),
        context_(client.context()),
        timer_(context_) {
    ReflectorOptions named{.ns = options_.ns, .list = {}, .longest_backoff = options_.longest_backoff};
    named.list.field_selector = fmt::format("metadata.name={}", options_.config_map);
    parts_.emplace_back(client, kConfiguration, named, [this] {
      configuration_is_new_ = true;
      changed();
    });
    for (const CatalogKind& kind : kCatalogKinds) {
      const ReflectorOptions all{.ns = {}, .list = {}, .longest_backoff = options_.longest_backoff};
      parts_.emplace_back(client, kind, all, [this] {
        objects_are_new_ = true;
        changed();
      });
    }
  }

  void start() {
    for (Part& part : parts_) {
      spawn(context_, fmt::format("watch of {}", part.kind.resource.plural),
            [&reflector = part.reflector] { return reflector.run(); });
    }
  }

  bool synced() const {
    return std::ranges::all_of(parts_, [](const Part& part) { return part.reflector.synced(); });
  }

  bool connected() const {
    return std::ranges::all_of(parts_, [](const Part& part) { return part.reflector.connected(); });
  }

  std::vector<CatalogKindState> kinds() const {
    std::vector<CatalogKindState> states;
    for (const Part& part : parts_) {
      const Reflector& r = part.reflector;
      states.push_back({.plural = part.kind.resource.plural,
                        .synced = r.synced(),
                        .connected = r.connected(),
                        .absent = r.kind_absent(),
                        .problem = r.problem(),
                        .counts = r.counts()});
    }
    return states;
  }

 private:
  void changed() {
    if (waiting_ || !synced()) return;
    waiting_ = true;
    timer_.expires_after(generation_ == 0 ? std::chrono::milliseconds(0) : kBurst);
    timer_.async_wait([this](const boost::system::error_code& cancelled) {
      if (cancelled) return;
      waiting_ = false;
      tell();
    });
  }

  void tell() {
    CatalogNews news;
    const auto& config_maps = parts_.front().store.objects();
    if (!config_maps.empty()) news.config_map_uid = config_maps.begin()->second.uid();
    const bool configured = std::exchange(configuration_is_new_, false) && read_configuration(news);
    const bool objects = std::exchange(objects_are_new_, false);
    if (configured || objects || generation_ == 0) news.catalog = build(news);
    told_(std::move(news));
  }

  /// True where it is another one than before.
  bool read_configuration(CatalogNews& news) {
    const auto& config_maps = parts_.front().store.objects();
    if (config_maps.empty()) {
      configuration_ = builtin_->configuration();
      return true;
    }
    std::vector<spec::ConfigurationProblem> warnings;
    auto read = spec::parse_configuration(config_maps.begin()->second.value(), &warnings);
    const auto tell = [](const std::vector<spec::ConfigurationProblem>& problems,
                         std::vector<std::string>& out) {
      for (const spec::ConfigurationProblem& p : problems) out.push_back(p.to_string());
    };
    tell(warnings, news.warnings);
    if (!read) {
      tell(read.error(), news.refused);
      return false;
    }
    configuration_ = std::move(*read);
    return true;
  }

  std::shared_ptr<const spec::Catalog> build(CatalogNews& news) {
    std::set<std::string> left_out;
    spec::CatalogBuilder builder;
    if (options_.builtin_runtimes) builder.copy(*builtin_);
    builder.set_configuration(configuration_);
    for (const Part& part : parts_) {
      if (&part == &parts_.front()) continue;
      for (const auto& [key, object] : part.store.objects()) {
        std::string wrong = structure_error(part.kind, object);
        if (wrong.empty()) {
          builder.add(object.value());
          continue;
        }
        if (!left_out_.contains(wrong)) news.warnings.push_back(wrong);
        left_out.insert(std::move(wrong));
      }
    }
    left_out_ = std::move(left_out);
    return builder.build(++generation_);
  }

  /// What makes an object unusable, empty where nothing does.
  static std::string structure_error(const CatalogKind& kind, const Object& object) {
    if (!kind.type) return {};
    spec::FieldErrors wrong;
    spec::schema::check_structure(object.value(), *kind.type, {.quantities = true}, wrong);
    if (wrong.empty()) return {};
    return fmt::format("{} {}{}{} is left out: {}", kind.resource.kind, object.namespace_(),
                       object.namespace_().empty() ? "" : "/", object.name(),
                       wrong.list().front().to_string());
  }

  CatalogWatchOptions options_;
  std::function<void(CatalogNews)> told_;
  std::shared_ptr<const spec::Catalog> builtin_;
  spec::Configuration configuration_;  // the last good one
  std::set<std::string> left_out_;     // what was said of objects in the last snapshot
  asio::io_context& context_;
  asio::steady_timer timer_;
  std::deque<Part> parts_;  // the configuration first
  std::uint64_t generation_ = 0;
  bool waiting_ = false, configuration_is_new_ = false, objects_are_new_ = false;
};

std::vector<std::string> unsynced(const std::vector<CatalogKindState>& kinds) {
  std::vector<std::string> names;
  for (const CatalogKindState& kind : kinds) {
    if (kind.synced) continue;
    names.push_back(kind.problem.empty() ? std::string(kind.plural)
                                         : fmt::format("{} ({})", kind.plural, kind.problem));
  }
  return names;
}

CatalogWatch::CatalogWatch(Client& client, CatalogWatchOptions options, std::function<void(CatalogNews)> told)
    : impl_(std::make_unique<Impl>(client, std::move(options), std::move(told))) {}
CatalogWatch::~CatalogWatch() = default;

void CatalogWatch::start() {
  impl_->start();
}
bool CatalogWatch::synced() const {
  return impl_->synced();
}
bool CatalogWatch::connected() const {
  return impl_->connected();
}
std::vector<CatalogKindState> CatalogWatch::kinds() const {
  return impl_->kinds();
}

}  // namespace modelgate::kube
