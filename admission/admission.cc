// SPDX-License-Identifier: Apache-2.0
//
// The pipelines. Each path of the webhook is a row of kPaths: the kind that it reviews, and its pipeline.

#include "admission/admission.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <memory>
#include <utility>

#include "admission/catalog_with_facts.h"
#include "admission/denial.h"
#include "admission/ratchet.h"
#include "admission/realization.h"
#include "defaulting/defaulting.h"
#include "spec/edit.h"
#include "spec/inference_service.h"
#include "spec/schema.h"
#include "spec/schema_core.h"
#include "spec/schema_serving.h"
#include "validation/validation.h"
#include "workload/pods/pod.h"

namespace modelgate::admission {
namespace {

using spec::Arena;
using spec::Catalog;
using spec::FieldError;
using spec::FieldErrors;
using spec::FieldWarning;
using spec::InferenceServiceView;
using spec::ObjectMetaView;
using spec::Value;
using spec::schema::kInferenceService;
using spec::schema::kPod;
using spec::schema::kServingRuntime;
using spec::schema::Type;

/// One request and what each step of its pipeline needs.
struct Request {
  Review& review;
  const Catalog& catalog;
  const Facts& facts;
  Arena& arena;

  bool strict() const { return catalog.configuration().modelgate.strict(); }
  bool update() const { return review.operation == Operation::kUpdate; }
  /// An UPDATE of an object whose finalizers have not finished.
  bool being_deleted() const {
    return update() &&
           ObjectMetaView(spec::find(*review.object, "metadata")).deletion_timestamp().has_value();
  }
};

Response allow() {
  return Response{};
}

void append(std::vector<FieldWarning> from, std::vector<FieldWarning>& to) {
  std::ranges::move(from, std::back_inserter(to));
}

// ------------------------------------------------------------------------------------------ structure

/// Differences from the schema. An object with type errors is denied at once: it cannot be read or changed
/// safely. Unknown fields are reported with the errors of the rules.
struct Structure {
  FieldErrors type_errors;
  FieldErrors unknown_fields;
};

Structure check_structure(const Value& object, const Type& type) {
  Structure found;
  found.type_errors.begin_rule("json-type", false);
  found.unknown_fields.begin_rule("unknown-field", true);
  spec::schema::check_structure(object, type, {}, found.type_errors, &found.unknown_fields);
  return found;
}

// ------------------------------------------------------------------------------------------- runtimes

/// The two objects that a runtime's name in a namespace can refer to.
std::array<ObjectKey, 2> runtime_keys(std::string_view ns, std::string_view name) {
  return {ObjectKey{"ServingRuntime", std::string(ns), std::string(name)},
          ObjectKey{"ClusterServingRuntime", "", std::string(name)}};
}

/// Runtimes that are looked up by name, two reads each. Where more are missing, two lists are read instead.
constexpr std::size_t kMaxNamedRuntimes = 4;

/// Where no runtime is named and the catalog has none that serves the model, all runtimes are listed.
void need_runtimes(std::string_view ns, const Facts& facts, Needs& needs) {
  need_list("ServingRuntime", ns, facts, needs);
  need_list("ClusterServingRuntime", "", facts, needs);
}

bool runtimes_were_listed(std::string_view ns, const Facts& facts) {
  return facts.find(list_key("ServingRuntime", ns)) && facts.find(list_key("ClusterServingRuntime", ""));
}

/// A runtime that the catalog lacks may have been created a moment ago: it is looked up before a decision
/// depends on its absence. `names` may have duplicates.
void need_runtimes_named(std::vector<std::string_view> names, std::string_view ns, const Facts& facts,
                         Needs& needs) {
  if (runtimes_were_listed(ns, facts)) return;
  std::ranges::sort(names);
  const auto [first, last] = std::ranges::unique(names);
  names.erase(first, last);
  if (names.size() > kMaxNamedRuntimes) return need_runtimes(ns, facts, needs);
  for (const std::string_view name : names) {
    for (ObjectKey& key : runtime_keys(ns, name)) {
      if (!facts.find(key)) needs.objects.push_back(std::move(key));
    }
  }
}

bool every_fact_is(Fact::State state, std::string_view ns, std::string_view name, const Facts& facts) {
  return std::ranges::all_of(runtime_keys(ns, name), [&](const ObjectKey& key) {
    const Fact* fact = facts.find(key);
    return fact && fact->state == state;
  });
}

/// The runtimes that the service names and that were not among those listed. `catalog` includes the listed
/// ones.
std::vector<std::string_view> unlisted_runtimes(const InferenceServiceView& service, std::string_view ns,
                                                const Catalog& catalog, const Facts& facts) {
  std::vector<std::string_view> names;
  const bool known = runtimes_were_listed(ns, facts) && !is_unknown_list("ServingRuntime", ns, facts) &&
                     !is_unknown_list("ClusterServingRuntime", "", facts);
  if (!known) return names;
  const auto add = [&](const spec::PredictorView& predictor) {
    const std::string_view name = predictor.model().string("runtime");
    if (!name.empty() && !catalog.find_runtime(ns, name)) names.push_back(name);
  };
  add(service.spec().predictor());
  for (const spec::CanaryView& canary : service.spec().canary()) add(canary.predictor());
  return names;
}

/// Names for which a live read found no runtime of either kind.
std::vector<std::string_view> absent_runtimes(const InferenceServiceView& service, std::string_view ns,
                                              const Catalog& catalog, const Facts& facts) {
  std::vector<std::string_view> names = unlisted_runtimes(service, ns, catalog, facts);
  for (const auto& [key, fact] : facts) {
    if (key.kind == "ClusterServingRuntime" && !key.name.empty() &&
        every_fact_is(Fact::State::kAbsent, ns, key.name, facts)) {
      names.push_back(key.name);
    }
  }
  return names;
}

// ------------------------------------------------------------------------------------------- mutation

/// In Strict mode an UPDATE that changes neither spec nor annotations, but a finalizer, a label or an owner
/// reference, is not mutated.
bool same_spec_and_annotations(const Value& object, const Value& old) {
  const auto annotations = [](const Value& v) {
    return spec::find(spec::find(v, "metadata"), "annotations");
  };
  return spec::equal(spec::find(object, "spec"), spec::find(old, "spec")) &&
         spec::equal(annotations(object), annotations(old));
}

/// Adds the paths of the defaults and the name of the runtime to the audit log.
void add_audit_annotations(const defaulting::Outcome& defaults, Response& response) {
  if (defaults.selection && defaults.selection->chosen) {
    response.audit_annotations.emplace_back("runtime", defaults.selection->chosen->display_name());
  }
  if (!defaults.filled.empty()) {
    response.audit_annotations.emplace_back("defaults", fmt::format("{}", fmt::join(defaults.filled, ",")));
  }
}

Outcome mutate_inference_service(Request& request) {
  Review& review = request.review;
  if (request.strict() && request.being_deleted()) return allow();
  const Structure structure = check_structure(*review.object, kInferenceService);
  if (!structure.type_errors.empty()) return deny(review, structure.type_errors);
  auto old = read_old_object(review, request.arena);
  if (!old) return deny_request(old.error().message);
  const Value* stored = request.update() && old->IsObject() ? &*old : nullptr;
  if (request.strict() && stored && same_spec_and_annotations(*review.object, *stored)) return allow();

  const auto absent = absent_runtimes(InferenceServiceView(*review.object), review.namespace_,
                                      request.catalog, request.facts);
  spec::Edit edit(*review.object, request.arena);
  defaulting::Outcome defaults = defaulting::apply_defaults(edit, {.catalog = request.catalog,
                                                                   .old_object = stored,
                                                                   .request_namespace = review.namespace_,
                                                                   .absent_runtimes = absent});
  Needs needs;
  need_runtimes_named({defaults.missing_runtimes.begin(), defaults.missing_runtimes.end()}, review.namespace_,
                      request.facts, needs);
  if (defaults.nothing_serves) need_runtimes(review.namespace_, request.facts, needs);
  if (!needs.objects.empty()) return needs;

  Response response;
  if (const Value patch = edit.patch(); !patch.Empty()) response.patch = spec::to_json(patch);
  response.warnings = std::move(defaults.warnings);
  add_audit_annotations(defaults, response);
  return response;
}

// ----------------------------------------------------------------------------------------- validation

using validation::Findings;

/// Rules that deny an unsupported value because the catalog lacks an object, and the kind of that object.
constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kAbsenceRules = {{
    {"model-format", "ServingRuntime"},
    {"model-format", "ClusterServingRuntime"},
    {"storage-uri", "ClusterStorageContainer"},
}};

/// Calls `f` with kind and namespace of each list that must confirm `error`.
template <typename F>
void for_each_confirming_list(const FieldError& error, std::string_view ns, F&& f) {
  if (error.type != spec::ErrorType::kNotSupported) return;
  for (const auto& [rule, kind] : kAbsenceRules) {
    if (error.rule == rule) f(kind, kind == "ServingRuntime" ? ns : std::string_view());
  }
}

void need_confirmation(const Request& request, const FieldErrors& errors, Needs& needs) {
  for (const FieldError& e : errors.list()) {
    for_each_confirming_list(e, request.review.namespace_, [&](std::string_view kind, std::string_view ns) {
      need_list(kind, ns, request.facts, needs);
    });
  }
}

/// Errors that could not be confirmed become warnings.
void downgrade_unconfirmed(const Request& request, FieldErrors& errors, Response& response) {
  std::erase_if(errors.list(), [&](const FieldError& e) {
    bool unconfirmed = false;
    for_each_confirming_list(e, request.review.namespace_, [&](std::string_view kind, std::string_view ns) {
      unconfirmed = unconfirmed || is_unknown_list(kind, ns, request.facts);
    });
    if (unconfirmed) response.warnings.push_back(as_warning(e));
    return unconfirmed;
  });
}

/// The findings about an object, and the facts that are needed to complete them.
struct Found {
  Findings findings;
  std::vector<ObjectKey> needs;
};

/// How one kind is validated.
struct Kind {
  const Type& type;
  Findings (*find)(const Request& request, const Value& object, const Value* old);
  /// Adds findings that no rule makes; nullptr if there are none.
  void (*find_more)(const Request& request, const Value& object, const Value* old, Found& found);
  /// Prepares a stored object as a new one is prepared before its validation.
  void (*prepare_old)(const Request& request, Value& old, const Value& stored);
};

Found find_all(const Kind& kind, const Request& request, const Value& object, const Value* old,
               FieldErrors unknown_fields) {
  Found found{.findings = kind.find(request, object, old), .needs = {}};
  for (FieldError& e : unknown_fields.list()) found.findings.errors.add(std::move(e));
  if (kind.find_more) kind.find_more(request, object, old, found);
  return found;
}

/// Removes the errors that the stored object has too; they become warnings.
FieldErrors without_preexisting(const Kind& kind, const Request& request, const FieldErrors& errors,
                                const Value& stored, Response& response) {
  Value earlier = spec::clone(stored, request.arena);
  kind.prepare_old(request, earlier, stored);
  Structure structure = check_structure(earlier, kind.type);
  // Its needs are ignored: where both objects agree, the facts of the new one suffice.
  const Found found = find_all(kind, request, earlier, nullptr, std::move(structure.unknown_fields));
  Ratcheted result = ratchet(errors, *request.review.object, found.findings.errors, earlier, kind.type);
  append(std::move(result.warnings), response.warnings);
  return std::move(result.errors);
}

/// Warns of runtimes that neither the catalog nor a live read found.
void warn_of_missing_runtimes(const Request& request, const Findings& findings, Response& response) {
  for (const validation::MissingRuntime& m : findings.missing_runtimes) {
    const bool exists = std::ranges::any_of(runtime_keys(m.namespace_, m.name), [&](const ObjectKey& key) {
      const Fact* fact = request.facts.find(key);
      return fact && fact->state == Fact::State::kPresent;
    });
    if (!exists) response.warnings.push_back(m.warning);
  }
}

Outcome validate(Request& request, const Kind& kind) {
  const Review& review = request.review;
  // In every mode. KServe's defaulter crashes on some of these objects, and then they are never deleted.
  if (request.being_deleted()) return allow();
  Structure structure = check_structure(*review.object, kind.type);
  if (!structure.type_errors.empty()) return deny(review, structure.type_errors);
  auto old = read_old_object(review, request.arena);
  if (!old) return deny_request(old.error().message);
  const Value* stored = request.update() && old->IsObject() ? &*old : nullptr;

  auto [findings, needed_objects] =
      find_all(kind, request, *review.object, stored, std::move(structure.unknown_fields));
  Needs needs{std::move(needed_objects)};
  std::vector<std::string_view> missing;
  for (const validation::MissingRuntime& m : findings.missing_runtimes) missing.push_back(m.name);
  need_runtimes_named(std::move(missing), review.namespace_, request.facts, needs);
  if (request.strict()) need_confirmation(request, findings.errors, needs);
  if (!needs.objects.empty()) return needs;

  Response response;
  downgrade_unconfirmed(request, findings.errors, response);
  FieldErrors errors = std::move(findings.errors);
  std::vector<FieldWarning> downgraded = split_by_mode(errors, request.strict());
  response.strict_would_deny = !downgraded.empty();
  append(std::move(downgraded), response.warnings);
  if (!errors.empty() && stored && request.strict()) {
    errors = without_preexisting(kind, request, errors, *stored, response);
  }
  warn_of_missing_runtimes(request, findings, response);
  append(std::move(findings.warnings), response.warnings);
  if (errors.empty()) return response;
  Response denial = deny(review, errors);
  denial.warnings = std::move(response.warnings);
  return denial;
}

/// Whether the reconciler may build other children than before.
bool changes_children(const Value& object, const Value* old) {
  const auto labels = [](const Value& v) { return spec::find(spec::find(v, "metadata"), "labels"); };
  return !old || !same_spec_and_annotations(object, *old) || !spec::equal(labels(object), labels(*old));
}

void find_by_building(const Request& request, const Value& object, const Value* old, Found& found) {
  if (!changes_children(object, old)) return;
  Realization realization = realize({.service = object,
                                     .namespace_ = request.review.namespace_,
                                     .catalog = request.catalog,
                                     .facts = request.facts,
                                     .stored = old},
                                    found.findings, request.arena);
  for (FieldError& e : realization.errors.list()) found.findings.errors.add(std::move(e));
  append(std::move(realization.warnings), found.findings.warnings);
  found.needs = std::move(realization.needs);
}

constexpr Kind kServices{
    .type = kInferenceService,
    .find =
        [](const Request& request, const Value& object, const Value* old) {
          const InferenceServiceView old_isvc(old);
          return validation::validate_inference_service({.isvc = InferenceServiceView(object),
                                                         .old = old ? &old_isvc : nullptr,
                                                         .catalog = request.catalog,
                                                         .namespace_ = request.review.namespace_});
        },
    .find_more = find_by_building,
    .prepare_old =
        [](const Request& request, Value& old, const Value& stored) {
          spec::Edit edit(old, request.arena);
          defaulting::apply_defaults(edit, {.catalog = request.catalog,
                                            .old_object = &stored,
                                            .request_namespace = request.review.namespace_});
        },
};

constexpr Kind kRuntimes{
    .type = kServingRuntime,
    .find =
        [](const Request& request, const Value& object, const Value* old) {
          const spec::ServingRuntimeView old_runtime(old);
          return validation::validate_serving_runtime({.runtime = spec::ServingRuntimeView(object),
                                                       .old = old ? &old_runtime : nullptr,
                                                       .catalog = request.catalog,
                                                       .namespace_ = request.review.namespace_});
        },
    .find_more = nullptr,
    .prepare_old = [](const Request&, Value&, const Value&) {},
};

Outcome validate_inference_service(Request& request) {
  return validate(request, kServices);
}
Outcome validate_serving_runtime(Request& request) {
  return validate(request, kRuntimes);
}

// ------------------------------------------------------------------------------------------------ pods

/// Only on CREATE: later the containers of a Pod cannot change.
Outcome mutate_pods(Request& request) {
  Review& review = request.review;
  if (review.operation != Operation::kCreate) return allow();
  const Structure structure = check_structure(*review.object, kPod);
  if (!structure.type_errors.empty()) return deny(review, structure.type_errors);
  spec::Edit edit(*review.object, request.arena);
  workload::PodOutcome outcome = workload::mutate_pod(
      edit, {.catalog = request.catalog, .facts = request.facts, .namespace_ = review.namespace_});
  if (!outcome.needs.empty()) return Needs{std::move(outcome.needs)};
  Response response = outcome.errors.empty() ? allow() : deny(review, outcome.errors);
  if (response.allowed) {
    if (const Value patch = edit.patch(); !patch.Empty()) response.patch = spec::to_json(patch);
    if (!outcome.injected.empty()) {
      response.audit_annotations.emplace_back("injected",
                                              fmt::format("{}", fmt::join(outcome.injected, ",")));
    }
  }
  response.warnings = std::move(outcome.warnings);
  response.unread = std::move(outcome.unread);
  response.strict_would_deny = outcome.strict_would_deny;
  return response;
}

// ------------------------------------------------------------------------------------------- dispatch

struct Path {
  Endpoint endpoint;
  std::string_view group;
  std::string_view version;
  std::string_view kind;
  Outcome (*run)(Request&);
};

constexpr std::array<Path, 5> kPaths = {{
    {Endpoint::kMutateInferenceService, spec::kServingGroup, "v1beta1", "InferenceService",
     mutate_inference_service},
    {Endpoint::kValidateInferenceService, spec::kServingGroup, "v1beta1", "InferenceService",
     validate_inference_service},
    {Endpoint::kValidateServingRuntime, spec::kServingGroup, "v1alpha1", "ServingRuntime",
     validate_serving_runtime},
    {Endpoint::kValidateClusterServingRuntime, spec::kServingGroup, "v1alpha1", "ClusterServingRuntime",
     validate_serving_runtime},
    {Endpoint::kMutatePods, "", "v1", "Pod", mutate_pods},
}};

}  // namespace

Outcome admit(Endpoint endpoint, Review& review, const Catalog& catalog, const Facts& facts, Arena& arena) {
  const Path& path = kPaths[static_cast<std::size_t>(endpoint)];
  if (review.group != path.group || review.version != path.version || review.kind != path.kind) {
    return deny_request(fmt::format("this path reviews {}/{} {}, not {}/{} {}", path.group, path.version,
                                    path.kind, review.group, review.version, review.kind));
  }
  if (review.operation == Operation::kDelete || review.operation == Operation::kConnect) return allow();
  if (!review.object) return deny_request("the request has no object");
  const std::shared_ptr<const Catalog> completed = catalog_with_facts(catalog, facts);
  Request request{review, completed ? *completed : catalog, facts, arena};
  return path.run(request);
}

}  // namespace modelgate::admission
