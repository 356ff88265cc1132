// SPDX-License-Identifier: Apache-2.0
#include "reconciler/watches.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "kube/client/knative_kinds.h"

namespace modelgate::reconciler {
namespace {

struct Kind {
  const kube::Resource& resource;
  bool by_label;
  bool managed_fields;  // our fields are determined from them
  /// For logs and metrics, if the plural is not unique.
  std::string_view name = {};
};

constexpr std::array kKinds = {
    Kind{kube::kInferenceServices, false, false},
    Kind{kube::kPods, true, false},
    Kind{kube::kDeployments, true, true},
    Kind{kube::kServices, false, true},  // the alias of a service in Knative mode has no label, as in KServe
    Kind{kube::kKnativeServices, true, true, "knativeservices"},
    Kind{kube::kEndpointSlices, true, false},  // they have the labels of their Service
    Kind{kube::kHorizontalPodAutoscalers, true, true},
    Kind{kube::kScaledObjects, true, true},
    Kind{kube::kConfigMaps, true, true},
    Kind{kube::kIngresses, false, true},
    Kind{kube::kIngressClasses, false, false},
    Kind{kube::kHttpRoutes, false, true},
    Kind{kube::kVirtualServices, false, true},
    Kind{kube::kOpenTelemetryCollectors, false, true},
};

/// Deployments of 10 KB: a page is 1 MB of text and 4 MB of documents, until they are reduced.
constexpr int kPage = 100;

kube::ReflectorOptions options_for(const Kind& kind, const std::string& ns) {
  kube::ReflectorOptions options{.ns = ns, .list = {}};
  options.list.page = kPage;
  if (kind.by_label) options.list.label_selector = kServiceLabel;
  options.list.managed_fields = kind.managed_fields;
  return options;
}

}  // namespace

/// One kind: forwards its objects, and notices when the kind itself is installed or removed.
class Watches::Watched final : public kube::Store {
 public:
  Watched(Watches& all, Cache& cache, const Kind& kind, const std::string& ns)
      : all_(all),
        name_(kind.name.empty() ? kind.resource.plural : kind.name),
        store_(cache.store_of(kind.resource)),
        reflector_(all.client_, kind.resource, options_for(kind, ns), *this) {}

  void replace(std::vector<kube::Object> objects) override { replace_page(std::move(objects), true, true); }
  void replace_page(std::vector<kube::Object> page, bool first, bool last) override {
    store_.replace_page(std::move(page), first, last);
    if (!last) return;
    const bool absent = reflector_.kind_absent();
    const bool changed = std::exchange(absent_, absent).value_or(absent) != absent;
    if (changed) all_.on_kinds_changed_();
  }
  void upsert(kube::Object object) override { store_.upsert(std::move(object)); }
  void remove(kube::Object object) override { store_.remove(std::move(object)); }

  std::string_view name() const { return name_; }
  kube::Reflector& reflector() { return reflector_; }
  const kube::Reflector& reflector() const { return reflector_; }

 private:
  Watches& all_;
  const std::string_view name_;
  kube::Store& store_;
  kube::Reflector reflector_;
  std::optional<bool> absent_;  // nothing: not listed yet
};

Watches::Watches(kube::Client& client, Cache& cache, const WatchesOptions& options,
                 std::function<void()> on_kinds_changed)
    : client_(client), on_kinds_changed_(std::move(on_kinds_changed)) {
  for (const Kind& kind : kKinds) watched_.emplace_back(*this, cache, kind, options.ns);
}

Watches::~Watches() = default;

void Watches::start() {
  for (Watched& watched : watched_) {
    kube::spawn(client_.context(), fmt::format("watch of {}", watched.name()),
                [&reflector = watched.reflector()] { return reflector.run(); });
  }
}

bool Watches::synced() const {
  return std::ranges::all_of(watched_, [](const Watched& w) { return w.reflector().synced(); });
}

bool Watches::connected() const {
  return std::ranges::all_of(watched_, [](const Watched& w) { return w.reflector().connected(); });
}

bool Watches::kind_absent(const kube::Resource& resource) const {
  return std::ranges::any_of(watched_, [&](const Watched& w) {
    return &w.reflector().resource() == &resource && w.reflector().kind_absent();
  });
}

std::vector<kube::CatalogKindState> Watches::kinds() const {
  std::vector<kube::CatalogKindState> out;
  for (const Watched& watched : watched_) {
    const kube::Reflector& r = watched.reflector();
    out.push_back({.plural = watched.name(),
                   .synced = r.synced(),
                   .connected = r.connected(),
                   .absent = r.kind_absent(),
                   .problem = r.problem(),
                   .counts = r.counts()});
  }
  return out;
}

}  // namespace modelgate::reconciler
