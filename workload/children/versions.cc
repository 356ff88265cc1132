// SPDX-License-Identifier: Apache-2.0
#include "workload/children/versions.h"

#include <algorithm>
#include <numeric>
#include <span>

#include "workload/children/autoscaler.h"
#include "workload/children/canary.h"
#include "workload/children/route_kind.h"

namespace modelgate::workload {
namespace {

constexpr std::int64_t kAll = 100;

/// The desired and the observed state of one version.
struct Version {
  std::int64_t share = 0;
  std::int64_t wanted = 1;  // Pods for that share, at least one
  std::int64_t available = 0;
  std::int64_t before = 0;  // its share by the existing route
  bool complete = false;    // it may get its whole share
  bool may_grow = true;     // it may get more than before without being complete

  bool serves() const { return available > 0; }
  bool shrinks() const { return before > share; }
  std::int64_t retained() const { return std::min(before, share); }

  std::int64_t granted() const {
    if (!serves()) return 0;
    if (complete) return share;
    const std::int64_t by_pods = may_grow ? share * std::min(available, wanted) / wanted : 0;
    return std::max(retained(), by_pods);
  }
};

/// Weights of versions; their sum is 100. The first version is the stable one.
class Shares {
 public:
  explicit Shares(std::span<const Version> versions) : versions_(versions) {}

  std::vector<std::int64_t> run() {
    for (const Version& v : versions_) {
      weights_.push_back(0);
      give(weights_.size() - 1, v.granted());
    }
    for (std::size_t i = 0; i < versions_.size(); ++i) {
      if (versions_[i].shrinks() && versions_[i].serves()) give(i, versions_[i].before - weights_[i]);
    }
    if (!versions_[0].serves()) give_to_others();
    give(0, rest_);
    return std::move(weights_);
  }

 private:
  void give(std::size_t i, std::int64_t amount) {
    const std::int64_t given = std::clamp<std::int64_t>(amount, 0, rest_);
    weights_[i] += given;
    rest_ -= given;
  }

  /// In proportion to their current weights or their shares, whichever is larger.
  void give_to_others() {
    std::vector<std::int64_t> claims;
    for (std::size_t i = 0; i < versions_.size(); ++i) {
      claims.push_back(versions_[i].serves() ? std::max(versions_[i].share, weights_[i]) : 0);
    }
    const std::int64_t all = std::accumulate(claims.begin(), claims.end(), std::int64_t{0});
    if (all == 0) return;
    const std::int64_t to_give = rest_;
    for (std::size_t i = 0; i < claims.size(); ++i) give(i, to_give * claims[i] / all);
    give(static_cast<std::size_t>(std::ranges::max_element(claims) - claims.begin()), rest_);
  }

  std::span<const Version> versions_;
  std::vector<std::int64_t> weights_;
  std::int64_t rest_ = kAll;  // not given yet
};

class Planner {
 public:
  explicit Planner(const ServiceBuild& build)
      : build_(build),
        stable_view_(build.service.spec().predictor()),
        canaries_(build.service.spec().canary()),
        splits_(splits_traffic(route_kind(build))),
        is_pending_(std::ranges::any_of(build.context.ready.versions, &DeployedVersion::pending)) {}

  VersionPlan run() {
    plan_.stable.component = build_.predictor();
    for (const spec::CanaryView& c : canaries_) {
      plan_.canaries.push_back({.component = build_.predictor(c.predictor().name()),
                                .replicas = canary_replicas(c, stable_view_),
                                .serves = build_.context.ready.canary(c.predictor().name())});
    }
    if (const DeployedVersion* d = deployed(plan_.stable.component))
      plan_.rolled_out = d->rolled_out && was_applied();
    if (!build_.strict()) {
      as_kserve();
    } else {
      gather();
      move_traffic();
      move_pods();
    }
    return std::move(plan_);
  }

 private:
  void as_kserve() {
    plan_.stable.serves = build_.context.ready.predictor;
    std::int64_t stable = kAll;
    std::int64_t elsewhere = 0;
    for (std::size_t i = 0; i < plan_.canaries.size(); ++i) {
      PlannedVersion& canary = plan_.canaries[i];
      if (!canary.serves) continue;
      canary.weight = is_pending_ ? weight_of(canary.component) : share_of(i);
      stable -= canary.weight;
      elsewhere += *canary.replicas;
    }
    plan_.stable.weight = stable;
    plan_.stable.replicas = stable_replicas(elsewhere);
  }

  std::int64_t share_of(std::size_t canary) const {
    return std::clamp<std::int64_t>(canaries_[canary].traffic_percent().value_or(0), 0, kAll);
  }

  /// The stable version's minimum: Pods of canaries replace its own.
  std::optional<std::int64_t> stable_replicas(std::int64_t elsewhere) const {
    const auto own = stable_view_.min_replicas();
    if (!own || elsewhere <= 0) return own;
    return std::max<std::int64_t>(*own - elsewhere, 1);
  }

  const DeployedVersion* deployed(std::string_view component) const {
    const auto& all = build_.context.ready.versions;
    const auto it = std::ranges::find(all, component, &DeployedVersion::component);
    return it == all.end() ? nullptr : &*it;
  }

  /// By the existing route.
  std::int64_t weight_of(std::string_view component) const {
    const DeployedVersion* d = deployed(component);
    return d ? d->weight : 0;
  }

  bool is_named(std::string_view component) const {
    return component == plan_.stable.component ||
           std::ranges::find(plan_.canaries, component, &PlannedVersion::component) != plan_.canaries.end();
  }

  // The observed state.

  void gather() {
    std::int64_t stable_share = kAll;
    std::int64_t elsewhere = 0;
    for (std::size_t i = 0; i < plan_.canaries.size(); ++i) {
      const Version v = canary(i);
      stable_share -= v.share;
      if (splits_) elsewhere += working(v, *plan_.canaries[i].replicas);
      versions_.push_back(v);
    }
    plan_.stable.replicas = stable_replicas(elsewhere);
    versions_.insert(versions_.begin(), stable(std::max<std::int64_t>(stable_share, 0)));
    for (const DeployedVersion& d : build_.context.ready.versions) {
      if (!is_named(d.component)) add_retiring(d);
    }
  }

  /// Pods of a canary that the stable version does not need: those that get their traffic.
  static std::int64_t working(const Version& v, std::int64_t wanted) {
    if (v.share == 0) return 0;
    return std::min(wanted * std::min(v.before, v.share) / v.share, v.available);
  }

  Version canary(std::size_t i) const {
    const PlannedVersion& planned = plan_.canaries[i];
    Version v{.share = share_of(i), .wanted = std::max<std::int64_t>(*planned.replicas, 1)};
    const DeployedVersion* d = deployed(planned.component);
    if (d) {
      take(v, *d);
      v.may_grow = !is_pending_;
    } else if (planned.serves) {
      // Only its readiness is known.
      v.available = v.wanted;
      v.before = v.share;
    }
    v.complete = v.may_grow && v.available >= v.wanted;
    return v;
  }

  Version stable(std::int64_t share) const {
    const bool scaled_by_others =
        value_of(build_.annotations, spec::kAutoscalerClassAnnotation) == kAutoscalerExternal;
    const std::int64_t least = scaled_by_others ? 1 : plan_.stable.replicas.value_or(1);
    Version v{.share = share, .wanted = std::max<std::int64_t>(least, 1)};
    const DeployedVersion* d = deployed(plan_.stable.component);
    if (!d) {
      v.available = build_.context.ready.predictor ? v.wanted : 0;
      v.complete = v.serves();
      return v;
    }
    take(v, *d);
    v.may_grow = plan_.rolled_out;
    v.complete = v.may_grow && (v.available >= v.wanted || (v.serves() && d->lacks_room));
    return v;
  }

  static void take(Version& v, const DeployedVersion& d) {
    v.available = d.available;
    v.before = d.weight;
  }

  /// The current generation was applied at least once: its Deployments are not those of an earlier one.
  bool was_applied() const {
    const std::int64_t generation = build_.service.metadata().integer("generation").value_or(0);
    return build_.service.object("status").integer("observedGeneration").value_or(0) >= generation;
  }

  void add_retiring(const DeployedVersion& d) {
    const bool gets_traffic = d.weight > 0 || d.route_is_new;
    if (d.available == 0 || (versions_.front().complete && !gets_traffic)) return;
    plan_.retiring.push_back({.component = d.component, .serves = true});
    Version v{.share = 0, .complete = true};
    take(v, d);
    if (versions_.front().complete) v.before = 0;
    versions_.push_back(v);
  }

  // The plan.

  void move_traffic() {
    const std::vector<std::int64_t> weights = Shares(versions_).run();
    std::vector<PlannedVersion*> all = {&plan_.stable};
    for (PlannedVersion& c : plan_.canaries) all.push_back(&c);
    for (PlannedVersion& r : plan_.retiring) all.push_back(&r);
    bool waits = !plan_.retiring.empty();
    for (std::size_t i = 0; i < all.size(); ++i) {
      all[i]->weight = weights[i];
      all[i]->serves = versions_[i].serves();
      waits = waits || weights[i] != versions_[i].share;
    }
    plan_.waits_for_status = waits && !was_applied();
  }

  /// A canary retains its Pods while the route sends it more than its share.
  void move_pods() {
    for (PlannedVersion& canary : plan_.canaries) {
      const DeployedVersion* d = deployed(canary.component);
      const auto i = static_cast<std::size_t>(&canary - plan_.canaries.data());
      if (d && d->weight > share_of(i)) canary.replicas = std::max(*canary.replicas, d->replicas);
    }
  }

  const ServiceBuild& build_;
  spec::PredictorView stable_view_;
  spec::ListView<spec::CanaryView> canaries_;
  bool splits_;
  bool is_pending_;  // a change of a version is not written yet
  VersionPlan plan_;
  std::vector<Version> versions_;  // the stable one, canaries, retiring ones
};

}  // namespace

std::vector<RouteShare> route_shares(const ServiceBuild& build) {
  const VersionPlan& plan = build.versions;
  std::vector<RouteShare> out = {{plan.stable.component}};
  for (const PlannedVersion& v : plan.canaries) {
    if (v.serves) out.push_back({v.component, v.weight});
  }
  for (const PlannedVersion& v : plan.retiring) {
    if (v.weight > 0) out.push_back({v.component, v.weight});
  }
  if (out.size() > 1 || !plan.canaries.empty()) out.front().weight = plan.stable.weight;
  return out;
}

bool another_version_serves(const ServiceBuild& build) {
  const auto serves = [](const PlannedVersion& v) { return v.serves && v.weight > 0; };
  return build.strict() && (std::ranges::any_of(build.versions.canaries, serves) ||
                            std::ranges::any_of(build.versions.retiring, serves));
}

bool routes_to_missing_service(const ServiceBuild& build) {
  return std::ranges::any_of(build.context.ready.versions, [&](const DeployedVersion& d) {
    return d.weight > 0 && !d.has_service && d.component != build.versions.stable.component;
  });
}

VersionPlan plan_versions(const ServiceBuild& build) {
  return Planner(build).run();
}

}  // namespace modelgate::workload
