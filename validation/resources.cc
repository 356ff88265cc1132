// SPDX-License-Identifier: Apache-2.0
#include "validation/resources.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "spec/names.h"
#include "spec/quantity.h"

namespace modelgate::validation {
namespace {

using spec::Quantity;
using spec::Value;

constexpr std::array<std::string_view, 2> kMaps = {"limits", "requests"};
/// Resource names without a domain; hugepages-{size} are also valid.
constexpr std::array<std::string_view, 3> kNative = {"cpu", "memory", "ephemeral-storage"};

/// Nodes overcommit these; for all others, request and limit must be equal.
bool can_be_overcommitted(std::string_view resource) {
  return std::ranges::find(kNative, resource) != kNative.end();
}

bool is_extended(std::string_view resource) {
  return resource.find('/') != std::string_view::npos;
}

/// Calls `f(name, value, at)` for each member of a map.
template <typename F>
void for_each_member(const spec::ObjectView& map, const LazyPath& at, F&& f) {
  if (!map) return;
  for (const auto& m : map.value()->GetObject()) f(spec::text_of(m.name), m.value, at);
}

/// Calls `f(name, value, at)` for each quantity in the `resources` of a container or a Pod.
template <typename F>
void for_each_quantity(const spec::ObjectView& owner, const LazyPath& owner_at, F&& f) {
  const spec::ObjectView resources = owner.object("resources");
  if (!resources) return;
  const LazyPath resources_at = owner_at / "resources";
  for (const std::string_view map : kMaps) for_each_member(resources.object(map), resources_at / map, f);
}

void check_size_limits(const Pod& pod, Report& report) {
  const auto volumes = pod.view.volumes();
  const LazyPath list = pod.at / "volumes";
  for (std::size_t i = 0; i < volumes.size(); ++i) {
    const Value* limit = volumes[i].object("emptyDir").field("sizeLimit");
    if (!limit) continue;
    const auto quantity = Quantity::parse(*limit);
    if (quantity) continue;
    const LazyPath volume = list[i];
    const LazyPath source = volume / "emptyDir";
    report.add(invalid(source / "sizeLimit", *limit, quantity.error()));
  }
}

bool may_be_negative(const Value& written) {
  return !written.IsString() || spec::text_of(written).find('-') != std::string_view::npos;
}

void check_quantity(std::string_view name, const Value& written, const LazyPath& at, Report& report) {
  if (!is_extended(name) && !may_be_negative(written)) return;
  const auto quantity = Quantity::parse(written);
  if (!quantity) return;  // check_quantities() reports it
  if (quantity->sign() < 0) report.add(invalid(at.key(name), written, "must not be negative"));
  if (is_extended(name) && !quantity->is_whole())
    report.add(invalid(at.key(name), written, "must be a whole number: this resource cannot be divided"));
}

void check_name(std::string_view name, const LazyPath& at, Report& report) {
  if (is_extended(name)) {
    if (const auto problem = spec::check_qualified_name(name))
      report.add(invalid(at.key(name), name, std::string(*problem)));
  } else if (!can_be_overcommitted(name) && !name.starts_with("hugepages-")) {
    report.add(not_supported(at.key(name), name, kNative));
  }
}

/// A request and a limit, of one container or of two that are merged.
struct Pair {
  std::string_view name;
  const Value* request = nullptr;
  const Value* limit = nullptr;
};

/// Why the API server would deny the pair, if it would.
std::optional<std::string> problem_of(const Pair& pair, std::string_view request_from) {
  if (!pair.request || !pair.limit || spec::equal(*pair.request, *pair.limit)) return std::nullopt;
  const auto request = Quantity::parse(*pair.request);
  const auto limit = Quantity::parse(*pair.limit);
  if (!request || !limit) return std::nullopt;
  if (*limit < *request)
    return fmt::format("must be at least the request, {}{}", request->canonical(), request_from);
  if (!can_be_overcommitted(pair.name) && *limit != *request)
    return fmt::format("must equal the request, {}{}: this resource cannot be overcommitted",
                       request->canonical(), request_from);
  return std::nullopt;
}

spec::ContainerView serving_container(const spec::Runtime& runtime) {
  for (spec::ContainerView c : runtime.view.spec().containers()) {
    if (c.name() == spec::kServingContainerName) return c;
  }
  return spec::ContainerView{};
}

}  // namespace

void check_quantities(const Workloads& w, Report& report) {
  const auto parses = [&](std::string_view name, const Value& written, const LazyPath& at) {
    const auto quantity = Quantity::parse(written);
    if (!quantity) report.add(invalid(at.key(name), written, quantity.error()));
  };
  for (const Container& c : w.containers) {
    // KServe's runtime type has no init containers.
    const bool skipped = !c.pod->component && c.place == Container::Place::kInit;
    if (!skipped) for_each_quantity(c.view, c.at, parses);
  }
  for (const Pod& pod : w.pods) {
    check_size_limits(pod, report);
    if (!pod.component) continue;
    for_each_quantity(pod.view, pod.at, parses);
    for_each_member(pod.view.object("overhead"), pod.at / "overhead", parses);
  }
}

void check_resource_names(const Workloads& w, Report& report) {
  for (const Container& c : w.containers) {
    for_each_quantity(c.view, c.at, [&](std::string_view name, const Value& written, const LazyPath& at) {
      check_name(name, at, report);
      check_quantity(name, written, at, report);
    });
  }
}

void check_limits(const Workloads& w, Report& report) {
  for (const Container& c : w.containers) {
    const spec::ResourceRequirementsView resources = c.view.resources();
    const spec::ObjectView requests = resources.requests();
    if (!requests || !resources.limits()) continue;
    const LazyPath at = c.at / "resources";
    for (const auto& m : requests.value()->GetObject()) {
      const std::string_view name = spec::text_of(m.name);
      const Pair pair{name, &m.value, resources.limits().field(name)};
      const auto problem = problem_of(pair, {});
      if (!problem) continue;
      const LazyPath limits = at / "limits";
      report.add(invalid(limits.key(name), *pair.limit, *problem));
    }
  }
}

void check_limits_against_runtime(const Service& s, Report& report) {
  if (!s.named_runtime() || !s.predictor() || !s.predictor()->serves_model()) return;
  const spec::ResourceRequirementsView ours = s.predictor()->model().resources();
  if (!ours) return;
  const spec::ResourceRequirementsView theirs = serving_container(*s.named_runtime()).resources();
  const LazyPath model = s.predictor()->at / s.predictor()->implementation.field;
  const LazyPath at = model / "resources";
  const std::string from = fmt::format(" (of {})", s.named_runtime()->display_name());
  const auto check = [&](std::string_view map, std::string_view other) {
    const spec::ObjectView quantities = ours.object(map);
    if (!quantities) return;
    for (const auto& m : quantities.value()->GetObject()) {
      const std::string_view name = spec::text_of(m.name);
      const Value* counterpart = theirs.object(other).field(name);
      if (ours.object(other).has(name) || !counterpart) continue;
      const bool limit = map == "limits";
      const auto problem = limit ? problem_of({name, counterpart, &m.value}, from)
                                 : problem_of({name, &m.value, counterpart}, {});
      if (!problem) continue;
      const LazyPath place = at / map;
      const auto runtime_limit = [&] { return Quantity::parse(*counterpart)->canonical(); };
      report.add(
          invalid(place.key(name), m.value,
                  limit ? *problem : fmt::format("must be at most the limit, {}{}", runtime_limit(), from)));
    }
  };
  check("limits", "requests");
  check("requests", "limits");
}

}  // namespace modelgate::validation
