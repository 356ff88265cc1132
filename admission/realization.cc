// SPDX-License-Identifier: Apache-2.0
#include "admission/realization.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "admission/account_settings.h"
#include "admission/built_pods.h"
#include "admission/host_collisions.h"
#include "admission/references.h"
#include "defaulting/runtime_selection.h"
#include "spec/deployment_mode.h"
#include "workload/children/build_wanted.h"

namespace modelgate::admission {
namespace {

using spec::InferenceServiceView;
using spec::Value;
using workload::Problem;
using workload::Wanted;

// -------------------------------------------------------------------------------------------- build

/// The API server appends five characters to at most 58 bytes of generateName.
constexpr std::string_view kGeneratedSuffix = "xxxxx";
constexpr std::size_t kMaxGenerateNameBytes = 58;

/// A copy of the service with the name and namespace that it will have; nullopt if it has both.
std::optional<Value> completed(const RealizationInput& in, spec::Arena& arena) {
  const auto metadata = InferenceServiceView(in.service).metadata();
  const bool named = !metadata.name().empty();
  const bool placed = !metadata.namespace_().empty() || in.namespace_.empty();
  if ((named && placed) || !metadata) return std::nullopt;
  Value copy = spec::clone(in.service, arena);
  Value& into = *spec::find(copy, "metadata");
  if (!named) {
    const std::string name =
        fmt::format("{}{}", metadata.generate_name().substr(0, kMaxGenerateNameBytes), kGeneratedSuffix);
    spec::set_member(into, "name", spec::make_string(name, arena), arena);
  }
  if (!placed) spec::set_member(into, "namespace", spec::make_string(in.namespace_, arena), arena);
  return copy;
}

workload::ServiceContext context_for(const RealizationInput& in, const Value& service) {
  const InferenceServiceView view(service);
  const std::string_view ns = in.namespace_.empty() ? view.metadata().namespace_() : in.namespace_;
  workload::ServiceContext context = workload::make_service_context(
      view.metadata().name(), in.catalog,
      {.runtime = defaulting::runtime_of_unpinned_model(view, ns, in.catalog), .facts = &in.facts});
  context.as_strict = true;
  context.problems_only = true;
  return context;
}

// ---------------------------------------------------------------------------------- reported by rules

/// A reason of the builder, and a rule that reports the same problem.
struct ReportedBy {
  std::string_view reason;
  std::string_view rule;
};

constexpr std::array kReportedBy = std::to_array<ReportedBy>({
    {"NoSupportingRuntime", "named-runtime"},
    {"NoSupportingRuntime", "model-format"},
    {"NoSupportingRuntime", "one-implementation"},
    {"RuntimeDisabled", "named-runtime"},
    {"InvalidPredictorSpec", "one-implementation"},
    {"InvalidPredictorSpec", "framework-fields"},
    {"InvalidPredictorSpec", "standard-predictor-name"},
    {"InvalidPredictorSpec", "container-names"},
    {"InvalidPredictorSpec", "mounts-have-volumes"},
    {"InvalidPredictorSpec", "mounts"},
    {"InvalidPredictorSpec", "volumes"},
    {"InvalidPredictorSpec", "model-templates"},
    {"InvalidPredictorSpec", "one-storage-form"},
    {"InvalidPredictorSpec", "storage-uris"},
    {"InvalidPredictorSpec", "storage-mount-paths"},
    {"InvalidPredictorSpec", "storage-uri-beside-storage"},
    {"InvalidPredictorSpec", "storage-uri"},
    {"InvalidPredictorSpec", "multi-node"},
    {"InvalidComponentSpec", "mounts-have-volumes"},
    {"InvalidComponentSpec", "mounts"},
    {"InvalidComponentSpec", "volumes"},
    {"InvalidComponentSpec", "one-storage-form"},
    {"InvalidComponentSpec", "storage-uris"},
    {"InvalidComponentSpec", "storage-mount-paths"},
    {"InvalidComponentSpec", "storage-uri"},
    {"InvalidComponentSpec", "transformer-container-storage"},
    {"InvalidTransformerSpec", "one-implementation"},
    {"InvalidExplainerSpec", "one-implementation"},
    {"WorkerSpecNotSet", "multi-node"},
    {"InvalidGPUAllocation", "multi-node"},
    {"ReconcileFailed", "autoscaler-class"},
    {"ReconcileFailed", "scaling-metrics"},
    {"ReconcileFailed", "scaling-metrics-closely"},
    {"NoScaleTarget", "scaling-metrics"},
    {"NoScaleTarget", "scaling-metrics-closely"},
    {"DuplicateKey", "container-names"},
    {"DuplicateKey", "env-once"},
    {"DuplicateKey", "ports"},
    {"DuplicateKey", "volumes"},
    {"DuplicateKey", "mounts"},
    {"DuplicateKey", "pod-fields"},
    {"UnknownField", "unknown-field"},
});

/// Rules about names, at any path.
constexpr std::array<std::string_view, 3> kNameRules = {"service-name", "derived-names", "predictor-name"};

/// Whether the path is at, above or below the parent of the problem's field. The parent, because the cause
/// may be in a sibling: the runtime that a model names and the model's templates, for example.
bool is_at(const spec::FieldPath& path, const Problem& p) {
  constexpr std::size_t kComponent = 2;  // spec.predictor
  const auto error = path.segments();
  auto place = p.path.segments();
  if (place.size() > kComponent) place = place.first(place.size() - 1);
  const std::size_t shared = std::min(error.size(), place.size());
  return std::ranges::equal(error.first(shared), place.first(shared));
}

/// Whether the rule that reported something at `path` reports the problem too.
bool covers(std::string_view rule, const spec::FieldPath& path, const Problem& p) {
  if (p.reason == "InvalidName" || p.reason == "InvalidHost")
    return std::ranges::find(kNameRules, rule) != kNameRules.end();
  return is_at(path, p) && std::ranges::any_of(kReportedBy, [&](const ReportedBy& r) {
           return r.reason == p.reason && r.rule == rule;
         });
}

/// No runtime serves the model yet: the rules warn, list the candidates and say why each does not fit.
bool is_about_missing_runtime(const Problem& p) {
  return p.reason == "RuntimeNotRecognized" ||
         (p.reason == "NoSupportingRuntime" && p.path.segments().back().name == "modelFormat");
}

bool already_reported(const Problem& p, const validation::Findings& findings) {
  const auto covers_problem = [&](const auto& finding) { return covers(finding.rule, finding.path, p); };
  if (std::ranges::any_of(findings.errors, covers_problem)) return true;
  if (!is_about_missing_runtime(p)) return false;
  const bool missing =
      std::ranges::any_of(findings.missing_runtimes, [&](const auto& m) { return m.warning.path == p.path; });
  return missing || std::ranges::any_of(findings.warnings, covers_problem);
}

// ------------------------------------------------------------------------------------------- report

/// A missing object may be created, or the configuration may change: the service itself is valid. A host that
/// is invalid because of the service's name is reported by the rules.
bool may_work_later(const Problem& p) {
  return p.kind == Problem::Kind::kNotice || p.component == workload::kIngress || is_about_missing_runtime(p);
}

void report(const Problem& p, Realization& out) {
  if (may_work_later(p)) {
    out.warnings.push_back({.rule = kRealizableRule, .path = p.path, .text = p.text, .about = p.about});
    return;
  }
  out.errors.add(spec::invalid(p.path, p.text));
}

/// Secrets are the last of a chain of lookups (storage container, ServiceAccount, its Secrets). When one is
/// known, nothing more is looked up, so that the rounds stay within LookupRounds::kMax.
bool may_look_up(const Facts& facts) {
  return std::ranges::none_of(facts, [](const auto& f) { return f.first.kind == "Secret"; });
}

void need(std::vector<ObjectKey> keys, Realization& out) {
  for (ObjectKey& key : keys) {
    if (std::ranges::find(out.needs, key) == out.needs.end()) out.needs.push_back(std::move(key));
  }
}

/// What the API server would reject although each part of it is valid.
void report_built_pods(const Wanted& wanted, const Value& service, const validation::Findings& findings,
                       Realization& out) {
  BuiltPods found = check_built_pods(wanted, service, findings.errors);
  for (spec::FieldError& e : found.errors) out.errors.add(std::move(e));
  for (spec::FieldWarning& w : found.warnings) {
    w.rule = kRealizableRule;
    out.warnings.push_back(std::move(w));
  }
}

bool is_reported(const ObjectKey& key, const std::vector<spec::FieldWarning>& warnings) {
  return std::ranges::any_of(warnings, [&](const spec::FieldWarning& w) { return w.about == key; });
}

void warn_about_account(const Reference& r, const Fact& fact, Realization& out) {
  if (r.key.kind != "ServiceAccount" || fact.state != Fact::State::kPresent || !fact.object) return;
  for (const std::string& text : settings_without_effect(spec::ObjectView(*fact.object)))
    out.warnings.push_back({.rule = kRealizableRule,
                            .path = {},
                            .text = fmt::format("ServiceAccount {}: {}", spec::quote(r.key.name), text)});
}

void check_references(const Wanted& wanted, const Facts& facts, bool look_up, Realization& out) {
  std::vector<Reference> all = references(wanted.objects);
  if (all.size() > kMaxReferences) all.resize(kMaxReferences);
  for (const Reference& r : all) {
    const Fact* fact = facts.find(r.key);
    if (!fact && look_up) need({r.key}, out);
    if (fact) warn_about_account(r, *fact, out);
    if (!fact || fact->state != Fact::State::kAbsent || is_reported(r.key, out.warnings)) continue;
    out.warnings.push_back(
        {.rule = kRealizableRule,
         .path = {},
         .text = fmt::format("there is no {} {} in the namespace {} yet: Pods of {} wait for it", r.key.kind,
                             spec::quote(r.key.name), spec::quote(r.key.namespace_), r.deployment),
         .about = r.key});
  }
}

spec::FieldPath deployment_mode_path() {
  return (spec::FieldPath{} / "metadata" / "annotations").key(spec::kDeploymentModeAnnotation);
}

void add_host_check(const RealizationInput& in, const Value& service, const workload::ServiceContext& context,
                    bool look_up, Realization& out, spec::Arena& arena) {
  const auto known =
      static_cast<std::size_t>(std::distance(in.facts.begin(), in.facts.end())) + out.needs.size();
  const std::size_t lookups = look_up && known < kMaxReferences ? kMaxReferences - known : 0;
  HostCheck check = check_host(service, context, in.facts, lookups, arena);
  out.unless_present = std::move(check.needs);
  for (spec::FieldWarning& w : check.warnings) {
    w.rule = kRealizableRule;
    out.warnings.push_back(std::move(w));
  }
}

}  // namespace

Realization realize(const RealizationInput& in, const validation::Findings& findings, spec::Arena& arena) {
  Realization out;
  out.errors.begin_rule(kRealizableRule, true);
  out.errors.set_filter(in.filter);
  const InferenceServiceView view(in.service);
  const InferenceServiceView stored(in.stored ? *in.stored : in.service);
  const spec::Configuration& configuration = in.catalog.configuration();
  const std::string_view mode = spec::effective_deployment_mode(view, stored, configuration);
  if (mode == spec::kKnativeMode && configuration.modelgate.strict()) {
    out.warnings.push_back({.rule = kRealizableRule,
                            .path = deployment_mode_path(),
                            .text = spec::needs_knative(view, stored)});
  }
  if (mode != spec::kStandardMode) return out;
  const std::optional<Value> complete = completed(in, arena);
  const Value& service = complete ? *complete : in.service;
  const workload::ServiceContext context = context_for(in, service);
  Wanted wanted = workload::build_wanted(service, context, arena);
  for (const Problem& p : wanted.problems) {
    if (!already_reported(p, findings)) report(p, out);
  }
  report_built_pods(wanted, in.service, findings, out);
  const bool look_up = may_look_up(in.facts);
  if (look_up) need(std::move(wanted.needs), out);
  check_references(wanted, in.facts, look_up, out);
  // An update does not change the host, and a generated name is not known.
  if (!in.stored && !view.metadata().name().empty())
    add_host_check(in, service, context, look_up, out, arena);
  return out;
}

}  // namespace modelgate::admission
