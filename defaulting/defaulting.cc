// SPDX-License-Identifier: Apache-2.0
#include "defaulting/defaulting.h"

#include <array>
#include <string_view>
#include <utility>

#include "defaulting/components.h"
#include "defaulting/deployment_mode.h"
#include "defaulting/gpu_tolerations.h"
#include "defaulting/legacy_canary.h"
#include "defaulting/legacy_framework.h"
#include "defaulting/local_model.h"
#include "defaulting/model.h"
#include "defaulting/pass.h"
#include "defaulting/resources.h"
#include "defaulting/runtime_pin.h"
#include "defaulting/tracing.h"

namespace modelgate::defaulting {
namespace {

using spec::Value;

struct Step {
  std::string_view name;  // the rule of its warnings
  void (*run)(Pass&);
  /// Its result is needed for a stored object too: see complete_stored().
  bool of_stored = false;
};

/// In order: legacy spellings first, so that later steps see only the current form; the runtime before what
/// depends on its container.
constexpr std::array kSteps = {
    Step{"deployment-mode", default_deployment_mode},
    Step{"canary-traffic-percent", move_canary_traffic_percent, true},
    Step{"canary-object", convert_canary_object, true},
    Step{"canary-shares", sync_canary_shares, true},
    Step{"framework-fields", move_framework_fields, true},
    Step{"protocol-version", default_protocol_version},
    Step{"model-format-annotation", annotate_model_format},
    Step{"transformer", default_transformer},
    Step{"explainer", default_explainer},
    Step{"custom-predictor", default_custom_predictor},
    Step{"local-model", label_local_model},
    Step{"tracing", default_tracing},
    Step{"service-account-token", disable_service_account_token},
    Step{"runtimes", select_runtimes, true},
    Step{"model-resources", default_model_resources},
    Step{"tolerations", add_accelerator_tolerations},
};

bool is_object_or_absent(const Value* v) {
  return !v || v->IsObject();
}

/// What all steps require. They check the rest where they write.
bool can_be_defaulted(const Value& document) {
  return document.IsObject() && is_object_or_absent(spec::find(document, "metadata")) &&
         is_object_or_absent(spec::find(document, "spec")) &&
         is_object_or_absent(spec::find(spec::find(document, "metadata"), "annotations")) &&
         is_object_or_absent(spec::find(spec::find(document, "metadata"), "labels"));
}

}  // namespace

Outcome apply_defaults(spec::Edit& edit, const Context& context) {
  if (!can_be_defaulted(edit.document())) return {};
  Pass pass(edit, context);
  pass.earlier.withdraw(edit);
  for (const Step& step : kSteps) {
    pass.step = step.name;
    step.run(pass);
  }
  pass.outcome.filled = pass.ledger.write(edit);
  return std::move(pass.outcome);
}

Outcome complete_stored(spec::Edit& edit, const Context& context) {
  if (!can_be_defaulted(edit.document())) return {};
  Pass pass(edit, context);
  pass.earlier.withdraw(edit, cause::kRuntime);
  for (const Step& step : kSteps) {
    if (!step.of_stored) continue;
    pass.step = step.name;
    step.run(pass);
  }
  return std::move(pass.outcome);
}

}  // namespace modelgate::defaulting
