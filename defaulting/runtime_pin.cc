// SPDX-License-Identifier: Apache-2.0
#include "defaulting/runtime_pin.h"

#include <fmt/format.h>

#include <algorithm>

#include "defaulting/runtime_selection.h"

namespace modelgate::defaulting {
namespace {

using spec::FieldPath;
using spec::Runtime;
using Source = Selection::Source;

/// Formats whose framework field defaults to v2: if no runtime serves such a model with v1, and it names no
/// protocol, v2 is tried.
bool may_use_v2(std::string_view format) {
  const spec::Framework* f = spec::find_framework(format);
  return f && f->default_protocol == "v2";
}

/// A runtime that was selected earlier.
struct EarlierChoice {
  std::string name;
  std::optional<bool> cluster_scoped;  // if the old status has it
};

std::optional<EarlierChoice> earlier_choice(const Pass& pass, const FieldPath& runtime_path) {
  if (const spec::Value* v = pass.earlier.value(pass.document(), runtime_path); v && v->IsString())
    return EarlierChoice{std::string(spec::text_of(*v)), std::nullopt};
  return std::nullopt;
}

/// From the status of a service that named none: the runtime that KServe, or our reconciler, selected.
std::optional<EarlierChoice> running_choice(const Pass& pass) {
  const spec::InferenceServiceView old = pass.old_service();
  if (!old || old.spec().predictor().model().runtime()) return std::nullopt;
  if (const auto name = old.status().cluster_serving_runtime_name(); !name.empty())
    return EarlierChoice{std::string(name), true};
  if (const auto name = old.status().serving_runtime_name(); !name.empty())
    return EarlierChoice{std::string(name), false};
  return std::nullopt;
}

/// Fits like a named runtime, and for this kind of service: with or without workers, not multi-model.
bool still_serves(const Runtime& runtime, const spec::ModelRequirement& wanted) {
  return !spec::mismatch(runtime, wanted, spec::Choice::kNamed) && runtime.multi_node == wanted.multi_node &&
         !runtime.multi_model;
}

bool pins(const Pass& pass) {
  return pass.configuration.modelgate.runtime_selection ==
         spec::ModelgateConfiguration::RuntimeSelection::kPin;
}

bool known_absent(const Pass& pass, std::string_view name) {
  return std::ranges::find(pass.context.absent_runtimes, name) != pass.context.absent_runtimes.end();
}

/// What to write as a model's runtime.
struct ModelRuntime {
  std::string name;  // empty: nothing
  const Runtime* runtime = nullptr;
  Source source = Source::kNone;
  bool with_v2 = false;  // set protocolVersion v2 too
};

ModelRuntime select_new(Pass& pass, Requirement wanted) {
  const Runtime* best = best_runtime(wanted, pass.context.catalog);
  if (best) return {std::string(best->name), best, Source::kNew, false};
  const bool try_v2 = !wanted.model.protocol && may_use_v2(wanted.model.format);
  if (try_v2) {
    wanted.model.protocol = "v2";
    best = best_runtime(wanted, pass.context.catalog);
  }
  if (!best && pins(pass)) pass.outcome.nothing_serves = true;
  if (!best || !pins(pass)) return {};
  return {std::string(best->name), best, Source::kNew, true};
}

void warn_of_change(Pass& pass, const FieldPath& path, const EarlierChoice& before,
                    const Runtime* old_runtime, const spec::ModelRequirement& wanted,
                    const ModelRuntime& now) {
  if (!pins(pass)) return;
  std::string why = "no longer exists";
  if (old_runtime) {
    const auto why_not = spec::mismatch(*old_runtime, wanted, spec::Choice::kAutomatic);
    why = why_not ? why_not->text() : "no longer serves it";
  }
  const std::string chosen =
      now.name.empty() ? "no other runtime serves the model" : fmt::format("now {}", now.name);
  pass.warn(path, fmt::format("{}; {}, which was selected earlier, {}", chosen, before.name, why));
}

ModelRuntime keep_or_select(Pass& pass, const FieldPath& path, const Requirement& wanted,
                            const std::optional<EarlierChoice>& before) {
  if (!before) return select_new(pass, wanted);
  const Runtime* runtime = pass.context.catalog.find_runtime(wanted.namespace_, before->name);
  const bool moved_scope =
      runtime && before->cluster_scoped && *before->cluster_scoped != runtime->cluster_scoped;
  if (runtime && !moved_scope && still_serves(*runtime, wanted.model))
    return {before->name, runtime, Source::kEarlier, false};
  // The catalog may not have it yet: without a live lookup it is kept.
  if (!runtime && !known_absent(pass, before->name)) {
    auto& missing = pass.outcome.missing_runtimes;
    if (std::ranges::find(missing, before->name) == missing.end()) missing.push_back(before->name);
    if (pins(pass))
      pass.warn(path, fmt::format("{}, which was selected earlier, was not found; it is kept", before->name));
    return {before->name, nullptr, Source::kEarlier, false};
  }
  ModelRuntime now = select_new(pass, wanted);
  warn_of_change(pass, path, *before, runtime, wanted.model, now);
  return now;
}

void write(Pass& pass, const FieldPath& model, const ModelRuntime& selected) {
  if (selected.name.empty() || !pins(pass)) return;
  pass.set(model / "runtime", spec::make_string(selected.name, pass.edit.arena()));
  pass.ledger.add(model / "runtime", cause::kRuntime);
  if (!selected.with_v2 || pass.edit.find(model / "protocolVersion")) return;
  pass.set(model / "protocolVersion", spec::make_literal("v2"));
  pass.ledger.add(model / "protocolVersion", cause::kProtocol);
}

void select_for_stable(Pass& pass) {
  const FieldPath model = Pass::predictor_path() / "model";
  const spec::PredictorView predictor = pass.service().spec().predictor();
  if (!predictor.model()) return;
  const Requirement wanted{spec::requirement_of(predictor), pass.context.request_namespace};
  const spec::Catalog& catalog = pass.context.catalog;

  if (const auto named = predictor.model().runtime()) {
    pass.runtime = catalog.find_runtime(wanted.namespace_, *named);
    pass.outcome.selection = make_selection(wanted, catalog, pass.runtime, Source::kNamed);
    return;
  }
  auto before = earlier_choice(pass, model / "runtime");
  if (!before) before = running_choice(pass);
  const ModelRuntime selected = keep_or_select(pass, model / "runtime", wanted, before);
  pass.runtime = selected.runtime;
  pass.outcome.selection = make_selection(wanted, catalog, selected.runtime, selected.source);
  if (selected.with_v2) pass.outcome.selection->protocol = "v2";
  write(pass, model, selected);
}

/// What a canary's model requires, with what it inherits.
spec::ModelRequirement merged(const spec::ModelRequirement& stable, const spec::PredictorView& canary) {
  const spec::ModelRequirement own = spec::requirement_of(canary);
  spec::ModelRequirement m = own;
  if (own.format.empty()) m.format = stable.format;
  if (!own.version) m.version = stable.version;
  if (!own.protocol) m.protocol = stable.protocol;
  m.multi_node = false;  // KServe has no canaries with workers
  return m;
}

void select_for_canary(Pass& pass, std::size_t i) {
  const spec::InferenceServiceSpecView spec = pass.service().spec();
  const spec::PredictorView canary = spec.canary()[i].predictor();
  if (!canary.model() || canary.model().runtime()) return;
  const Requirement wanted{merged(spec::requirement_of(spec.predictor()), canary),
                           pass.context.request_namespace};
  const bool inherits = spec.predictor().model().runtime().has_value();
  if (inherits && (!pass.runtime || still_serves(*pass.runtime, wanted.model))) return;
  const FieldPath model = Pass::canary_path(i) / "model";
  write(pass, model,
        keep_or_select(pass, model / "runtime", wanted, earlier_choice(pass, model / "runtime")));
}

}  // namespace

void select_runtimes(Pass& pass) {
  if (pass.model_mesh || pass.model_is_ambiguous) return;
  select_for_stable(pass);
  if (!pins(pass)) return;
  const std::size_t canaries = pass.canaries();
  for (std::size_t i = 0; i < canaries; ++i) select_for_canary(pass, i);
}

}  // namespace modelgate::defaulting
