// SPDX-License-Identifier: Apache-2.0
#include "defaulting/resources.h"

#include <fmt/format.h>

#include <array>
#include <optional>
#include <vector>

#include "spec/quantity.h"

namespace modelgate::defaulting {
namespace {

using spec::FieldPath;
using spec::Quantity;
using spec::QuantitySetting;
using spec::ResourceSettings;
using spec::Value;

enum class Side { kRequests, kLimits };

constexpr std::string_view name_of(Side side) {
  return side == Side::kRequests ? "requests" : "limits";
}
constexpr Side other(Side side) {
  return side == Side::kRequests ? Side::kLimits : Side::kRequests;
}

struct Row {
  std::string_view resource;
  std::optional<QuantitySetting> ResourceSettings::* request;
  std::optional<QuantitySetting> ResourceSettings::* limit;

  const std::optional<QuantitySetting>& setting(const ResourceSettings& s, Side side) const {
    return side == Side::kRequests ? s.*request : s.*limit;
  }
};

constexpr std::array kRows = {
    Row{"cpu", &ResourceSettings::cpu_request, &ResourceSettings::cpu_limit},
    Row{"memory", &ResourceSettings::memory_request, &ResourceSettings::memory_limit},
};

/// A container to fill, and those whose values it inherits, nearest first.
struct Target {
  FieldPath container;
  std::vector<FieldPath> inherited;       // of the same document
  spec::ContainerView runtime_container;  // of the catalog
  bool clamp = true;                      // a limit is not below its request
  bool warn = true;
  bool only_earlier = false;      // the runtime is not known: no new values
  std::string_view runtime_name;  // of the catalog; empty for a custom container
};

const Value* resource_in(spec::ContainerView container, Side side, std::string_view resource) {
  return container.resources().object(name_of(side)).field(resource);
}

FieldPath resource_path(const FieldPath& container, Side side, std::string_view resource) {
  return container / "resources" / name_of(side) / resource;
}

std::optional<Quantity> quantity_of(const Value* v) {
  if (!v) return std::nullopt;
  const auto q = Quantity::parse(*v);
  if (!q) return std::nullopt;
  return *q;
}

/// What is set for the container now: its own value, an inherited one, or the runtime's.
const Value* effective(const Pass& pass, const Target& target, Side side, std::string_view resource) {
  if (const Value* own = pass.edit.find(resource_path(target.container, side, resource))) return own;
  for (const FieldPath& from : target.inherited) {
    if (const Value* v = pass.edit.find(resource_path(from, side, resource))) return v;
  }
  return resource_in(target.runtime_container, side, resource);
}

/// True if the user's value at `path` equals that of the old object. `users`: the present value is the
/// user's, and not one that we filled in.
bool user_value_unchanged(const Pass& pass, const FieldPath& path, bool users) {
  const Value* now = users ? pass.edit.find(path) : nullptr;
  if (!pass.context.old_object) return now == nullptr;
  const std::string text = keyed_text(pass.document(), path);
  const auto place = resolve(*pass.context.old_object, text);
  const Value* then = place ? place->find_in(*pass.context.old_object) : nullptr;
  if (then && pass.earlier.value(pass.document(), path)) then = nullptr;
  return spec::equal(now, then);
}

/// The configured value, or the other value of the pair if the configured one would conflict with it.
struct Fresh {
  std::string text;
  Quantity quantity;
};

std::optional<Fresh> fresh_value(const Pass& pass, const Target& target, const Row& row, Side side) {
  const Value* other_value = effective(pass, target, other(side), row.resource);
  const auto bound = target.clamp ? quantity_of(other_value) : std::nullopt;
  const auto wrong_side = [&](const Quantity& q) {
    return bound && (side == Side::kLimits ? q < *bound : q > *bound);
  };
  const auto moved = [&] {
    return Fresh{other_value->IsString() ? std::string(spec::text_of(*other_value)) : bound->canonical(),
                 *bound};
  };

  if (const Value* inherited = effective(pass, target, side, row.resource)) {
    // Set by the runtime or the stable predictor; only a conflict with the user's value is resolved.
    const bool users = pass.edit.find(resource_path(target.container, other(side), row.resource)) != nullptr;
    const auto q = quantity_of(inherited);
    if (!target.clamp || !users || !q || !wrong_side(*q)) return std::nullopt;
    return moved();
  }
  const auto& setting = row.setting(pass.configuration.inference_service.resource, side);
  if (!setting) return std::nullopt;
  if (wrong_side(setting->quantity)) return moved();
  return Fresh{setting->text, setting->quantity};
}

/// Fills one missing value; appends a new one to `filled`. `other_is_users`: the other value of the pair was
/// set before either was filled in.
void fill_one(Pass& pass, const Target& target, const Row& row, Side side, bool other_is_users,
              std::string& filled) {
  const auto fresh = target.only_earlier ? std::nullopt : fresh_value(pass, target, row, side);
  if (!fresh && !target.only_earlier) return;
  const FieldPath path = resource_path(target.container, side, row.resource);
  if (!fresh && !pass.earlier.value(pass.document(), path)) return;

  const auto fits = [&](const Value& before) {
    if (!user_value_unchanged(pass, resource_path(target.container, other(side), row.resource),
                              other_is_users)) {
      return fresh && before.IsString() && spec::text_of(before) == fresh->text;
    }
    if (!target.clamp) return true;
    const auto q = quantity_of(&before);
    const auto bound = quantity_of(effective(pass, target, other(side), row.resource));
    return q && (!bound || (side == Side::kLimits ? *q >= *bound : *q <= *bound));
  };
  const Filled whose = pass.fill(path, cause::kResources, fits, [&] {
    return fresh ? spec::make_string(fresh->text, pass.edit.arena()) : Value();
  });
  if (whose != Filled::kNew || !fresh) return;
  filled += fmt::format("{}{}.{}={}", filled.empty() ? "" : ", ", name_of(side), row.resource, fresh->text);
}

std::string reason(const Target& target) {
  if (target.runtime_name.empty()) return "the service does not set them";
  return fmt::format("the service does not set them, and {} does not either, or conflicts with it",
                     target.runtime_name);
}

void fill_target(Pass& pass, const Target& target) {
  std::string filled;
  for (const Row& row : kRows) {
    const spec::ContainerView own(pass.edit.find(target.container));
    const bool has_request = resource_in(own, Side::kRequests, row.resource) != nullptr;
    const bool has_limit = resource_in(own, Side::kLimits, row.resource) != nullptr;
    if (!has_request) fill_one(pass, target, row, Side::kRequests, has_limit, filled);
    if (!has_limit) fill_one(pass, target, row, Side::kLimits, has_request, filled);
  }
  if (!filled.empty() && target.warn)
    pass.warn(target.container / "resources", fmt::format("defaulted {}: {}", filled, reason(target)));
}

spec::ContainerView serving_container(const spec::Runtime* runtime) {
  if (!runtime) return {};
  for (spec::ContainerView c : runtime->view.spec().containers()) {
    if (c.name() == spec::kServingContainerName) return c;
  }
  return {};
}

/// The runtime of a canary's model: its own, or the stable predictor's.
const spec::Runtime* runtime_of(const Pass& pass, const spec::PredictorView& predictor) {
  const auto own = predictor.model().runtime();
  return own ? pass.context.catalog.find_runtime(pass.context.request_namespace, *own) : pass.runtime;
}

Target model_target(FieldPath model, std::vector<FieldPath> inherited, const spec::Runtime* runtime) {
  Target t;
  t.container = std::move(model);
  t.inherited = std::move(inherited);
  t.runtime_container = serving_container(runtime);
  t.only_earlier = runtime == nullptr;
  if (runtime) t.runtime_name = runtime->name;
  return t;
}

}  // namespace

void default_container_resources(Pass& pass, const FieldPath& container) {
  Target t;
  t.container = container;
  t.clamp = pass.strict();
  t.warn = pass.strict();
  fill_target(pass, t);
}

void default_model_resources(Pass& pass) {
  if (!pass.configuration.modelgate.resource_defaults || pass.model_mesh || pass.model_is_ambiguous) return;
  const FieldPath stable = Pass::predictor_path() / "model";
  const bool stable_has_model = static_cast<bool>(pass.service().spec().predictor().model());
  if (stable_has_model) fill_target(pass, model_target(stable, {}, pass.runtime));

  const std::size_t canaries = pass.canaries();
  for (std::size_t i = 0; i < canaries; ++i) {
    const spec::PredictorView canary = pass.service().spec().canary()[i].predictor();
    if (!canary.model()) continue;
    const spec::Runtime* runtime = runtime_of(pass, canary);
    fill_target(pass,
                model_target(Pass::canary_path(i) / "model",
                             stable_has_model ? std::vector{stable} : std::vector<FieldPath>{}, runtime));
  }
}

}  // namespace modelgate::defaulting
