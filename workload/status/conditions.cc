// SPDX-License-Identifier: Apache-2.0
#include "workload/status/conditions.h"

#include <utility>

#include "spec/text/printable.h"
#include "workload/objects/object_builder.h"

namespace modelgate::workload {

void Conditions::set(std::string_view type, ConditionState state) {
  const spec::ObjectView before = old(type);
  // The kubelet alternates between the cause of a failed image pull and a message that it backs off.
  const bool backs_off = state.reason == "ImagePullBackOff" && state.message.contains("Back-off");
  if (backs_off && before.string("reason") == state.reason) state.message = before.string("message");
  states_.insert_or_assign(std::string(type), std::move(state));
}

ConditionState Conditions::get(std::string_view type) const {
  const auto it = states_.find(type);
  return it == states_.end() ? ConditionState{} : it->second;
}

spec::ObjectView Conditions::old(std::string_view type) const {
  for (const spec::ObjectView& c : old_status_.list("conditions")) {
    if (c.string("type") == type) return c;
  }
  return {};
}

void Conditions::retain_old() {
  for (const spec::ObjectView& c : old_status_.list("conditions")) {
    const std::string_view type = c.string("type");
    if (type == "Ready" || type.empty()) continue;
    states_.try_emplace(std::string(type), ConditionState{c.string("status"), std::string(c.string("reason")),
                                                          std::string(c.string("message"))});
  }
}

spec::Value Conditions::to_value(std::string_view now, spec::Arena& arena) const {
  spec::Value out(rapidjson::kArrayType);
  for (const auto& [type, state] : states_) {
    ObjectBuilder c(arena);
    c.text("type", type).text("status", state.status);
    const bool decides = type == "Ready" || type == "PredictorReady" || type == "IngressReady";
    if (!decides) c.text("severity", "Info");
    c.text_if_any("reason", text::printable(state.reason));
    c.text_if_any("message", text::on_one_line(state.message));
    c.text("lastTransitionTime", transition_time(type, state.status, now));
    out.PushBack(c.take(), arena);
  }
  return out;
}

std::string_view Conditions::transition_time(std::string_view type, std::string_view status,
                                             std::string_view now) const {
  const spec::ObjectView before = old(type);
  const std::string_view since = before.string("lastTransitionTime");
  return before.string("status") == status && !since.empty() ? since : now;
}

}  // namespace modelgate::workload
