// SPDX-License-Identifier: Apache-2.0
#include "defaulting/legacy_canary.h"

#include <fmt/format.h>

namespace modelgate::defaulting {
namespace {

using spec::FieldPath;
using spec::Value;

constexpr std::string_view kPercent = "canaryTrafficPercent";
constexpr std::string_view kTrafficPercent = "trafficPercent";
constexpr std::string_view kCanaryName = "canary";

FieldPath canary_path() {
  return FieldPath{} / "spec" / "canary";
}
FieldPath percent_path() {
  return Pass::predictor_path() / kPercent;
}
FieldPath share_path() {
  return canary_path()[0] / kTrafficPercent;
}

std::optional<std::int64_t> integer_at(const Value* root, const FieldPath& path) {
  if (!root) return std::nullopt;
  return spec::ObjectView(path.parent().find_in(*root)).integer(path.segments().back().name);
}

Value number(std::int64_t n) {
  return Value(n);
}

/// The share of the other version. A value out of range stays out of range, for validation to report.
std::int64_t complement_of(std::int64_t percent) {
  return percent < -1'000'000 || percent > 1'000'000 ? -1 : 100 - percent;
}

void warn_without_effect(Pass& pass) {
  if (pass.deployment_mode() == spec::kStandardMode && !pass.edit.find(canary_path()))
    pass.warn(percent_path(), "has no effect in Standard mode without a version under spec.canary");
}

/// The object as the only element of the list.
Value canary_element(Pass& pass, const Value& object, std::int64_t share) {
  spec::Arena& arena = pass.edit.arena();
  Value element = spec::clone(object, arena);
  Value* predictor = spec::find(element, "predictor");
  if (!predictor) {
    spec::set_member(element, "predictor", Value(rapidjson::kObjectType), arena);
    predictor = spec::find(element, "predictor");
  }
  if (predictor->IsObject() && spec::ObjectView(*predictor).string("name").empty())
    spec::set_member(*predictor, "name", spec::make_literal(kCanaryName), arena);
  spec::set_member(element, kTrafficPercent, number(share), arena);
  return element;
}

}  // namespace

void move_canary_traffic_percent(Pass& pass) {
  const FieldPath from = FieldPath{} / "spec" / kPercent;
  const FieldPath to = percent_path();
  const Value* top = pass.edit.find(from);
  if (!top) {
    if (pass.earlier.is_unchanged_in(pass.document(), to)) pass.ledger.add(to, cause::kMoved);
    return;
  }
  if (!pass.can_hold(to)) return;
  // It is never stored, so it is newer than any other value.
  pass.percent_given_at_top = true;
  const Value* present = pass.edit.find(to);
  const bool same = present && spec::equal(*present, *top);
  const bool users = present && !pass.earlier.is_unchanged_in(pass.document(), to);
  const std::string replaced =
      users && !same ? fmt::format(", where it replaces {}", spec::to_json(*present)) : "";
  if (!same) pass.edit.set(to, spec::clone(*top, pass.edit.arena()));
  if (!same || !users) pass.ledger.add(to, cause::kMoved);
  pass.edit.remove(from);
  pass.warn(from,
            fmt::format("is a legacy spelling; moved to spec.predictor.canaryTrafficPercent{}", replaced));
  warn_without_effect(pass);
}

void convert_canary_object(Pass& pass) {
  const FieldPath path = canary_path();
  const Value* canary = pass.edit.find(path);
  if (!canary || !canary->IsObject() || pass.deployment_mode() == spec::kKnativeMode) return;
  if (canary->ObjectEmpty()) return pass.edit.remove(path);

  const auto percent = integer_at(&pass.document(), percent_path());
  const auto own = spec::CanaryView(*canary).traffic_percent();
  const std::int64_t share = percent ? complement_of(*percent) : own.value_or(0);
  Value list(rapidjson::kArrayType);
  list.PushBack(canary_element(pass, *canary, share), pass.edit.arena());
  pass.edit.set(path, std::move(list));
  pass.canary_converted = true;
  if (percent || !own) pass.ledger.add(share_path(), cause::kShare);
  if (percent) {
    pass.warn(path,
              fmt::format("is a legacy spelling; now a list, whose canary gets the other {} percent", share));
  } else {
    pass.warn(path, fmt::format("is a legacy spelling; now a list, whose canary gets {} percent: "
                                "spec.predictor.canaryTrafficPercent is not set",
                                share));
  }
}

/// True if the user removed the percentage: then spec.predictor gets all requests.
bool percent_removed(const Pass& pass) {
  return !integer_at(&pass.document(), percent_path()) && integer_at(pass.context.old_object, percent_path());
}

// Both percentages are in the object. On UPDATE the one that the user changed wins; if both changed, the list
// does, since it decides the traffic. The one at the top, which was moved before, wins in any case.
void sync_canary_shares(Pass& pass) {
  if (pass.canary_converted) return;
  const spec::InferenceServiceSpecView spec = pass.service().spec();
  const bool from_top = pass.percent_given_at_top && pass.deployment_mode() != spec::kKnativeMode;
  if (from_top && spec.canary().size() > 1)
    pass.warn(percent_path(), "has no effect beside several canaries: set their trafficPercent");
  if (spec.canary().size() != 1 || !spec.canary()[0]) return;
  const FieldPath share = share_path();
  if (!from_top && !pass.earlier.lists(pass.document(), share)) return;
  const auto here = spec.canary()[0].traffic_percent();
  const auto stable = spec.predictor().canary_traffic_percent();
  if (!stable ? !here : !here && !from_top) return;

  const std::int64_t rest = stable ? complement_of(*stable) : percent_removed(pass) ? 0 : *here;
  if (here != rest) {
    if (from_top || pass.earlier.is_unchanged_in(pass.document(), share)) {
      if (from_top && here)
        pass.warn(share, fmt::format("is now {}, the rest of canaryTrafficPercent", rest));
      pass.set(share, number(rest));
    } else if (stable) {
      pass.set(percent_path(), number(complement_of(*here)));
    }
  }
  pass.ledger.add(share, cause::kShare);
}

}  // namespace modelgate::defaulting
