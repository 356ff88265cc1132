// SPDX-License-Identifier: Apache-2.0
#include "defaulting/defaulting.h"

#include <algorithm>
#include <array>
#include <limits>

#include "defaulting/pass.h"
#include "spec/deployment_mode.h"

namespace modelgate::defaulting {
namespace {

using spec::FieldPath;
using spec::Value;

struct Step {
  std::string_view name;  // the rule of its warnings
  void (*run)(Pass&);
};

/// Everything that is defaulted, in order: spellings first, so that the rest sees today's form; the runtime
/// before what depends on its container.
constexpr std::array kSteps = {
    Step{"deployment-mode", settle_deployment_mode},
    Step{"canary-traffic-percent", move_canary_traffic_percent},
    Step{"canary-object", convert_canary_object},
    Step{"canary-shares", couple_canary_shares},
    Step{"framework-fields", move_framework_fields},
    Step{"protocol-version", default_protocol_version},
    Step{"model-format-annotation", annotate_model_format},
    Step{"transformer", complete_transformer},
    Step{"explainer", complete_explainer},
    Step{"custom-predictor", complete_custom_predictor},
    Step{"local-model", label_local_model},
    Step{"service-account-token", decline_service_account_token},
    Step{"runtimes", settle_runtimes},
    Step{"model-resources", fill_model_resources},
    Step{"tolerations", tolerate_accelerators},
};

bool is_object_or_absent(const Value* v) {
  return !v || v->IsObject();
}

/// What the steps stand on. Everything below is checked where it is written.
bool has_a_frame(const Value& document) {
  return document.IsObject() && is_object_or_absent(spec::find(document, "metadata")) &&
         is_object_or_absent(spec::find(document, "spec")) &&
         is_object_or_absent(spec::find(spec::find(document, "metadata"), "annotations")) &&
         is_object_or_absent(spec::find(spec::find(document, "metadata"), "labels"));
}

}  // namespace

Pass::Pass(spec::Edit& edit_in, const Context& context_in)
    : edit(edit_in),
      context(context_in),
      configuration(context_in.catalog.configuration()),
      earlier(context_in.old_object, edit_in.arena()) {}

std::string_view Pass::deployment_mode() const {
  return spec::effective_deployment_mode(service(), old_service(), configuration);
}

void Pass::set(const FieldPath& path, Value value) {
  if (can_hold(path)) edit.set(path, std::move(value));
}

std::string_view Pass::keep(std::string_view text) {
  char* copy = static_cast<char*>(edit.arena().Malloc(text.size()));
  std::ranges::copy(text, copy);
  return {copy, text.size()};
}

void Pass::warn(const FieldPath& path, std::string text) {
  outcome.warnings.push_back({.rule = step, .path = path, .text = std::move(text)});
}

Pass::Place Pass::look(const FieldPath& path) const {
  const Value* at = &document();
  for (const auto& s : path.segments()) {
    if (s.index < 0) {
      if (!at->IsObject()) return Place::kBarred;
      at = spec::find(*at, s.name);
      if (!at) return Place::kFree;
      continue;
    }
    const auto i = static_cast<rapidjson::SizeType>(s.index);
    if (!at->IsArray() || i >= at->Size()) return Place::kBarred;
    at = &(*at)[i];
  }
  return Place::kTaken;
}

bool says_nothing(const Value& value) {
  if (value.IsObject()) {
    return std::all_of(value.MemberBegin(), value.MemberEnd(),
                       [](const auto& m) { return says_nothing(m.value); });
  }
  if (value.IsArray()) return value.Empty();
  return value.IsNull() || (value.IsString() && value.GetStringLength() == 0);
}

Outcome apply_defaults(spec::Edit& edit, const Context& context) {
  if (!has_a_frame(edit.document())) return {};
  Pass pass(edit, context);
  pass.earlier.withdraw(edit);
  for (const Step& step : kSteps) {
    pass.step = step.name;
    step.run(pass);
  }
  pass.outcome.filled = pass.ledger.write(edit);
  return std::move(pass.outcome);
}

}  // namespace modelgate::defaulting
