// SPDX-License-Identifier: Apache-2.0
//
// The pipelines. Each path of the webhook is a row of kPaths: the kind that it reviews, and its pipeline.

#include "admission/admission.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <memory>
#include <optional>
#include <utility>

#include "admission/catalog_with_facts.h"
#include "admission/confirmation.h"
#include "admission/denial.h"
#include "admission/ratchet.h"
#include "admission/realization.h"
#include "admission/runtime_lookups.h"
#include "admission/structure.h"
#include "defaulting/defaulting.h"
#include "spec/edit.h"
#include "spec/inference_service.h"
#include "spec/schema.h"
#include "spec/schema_core.h"
#include "spec/schema_serving.h"
#include "spec/text/printable.h"
#include "validation/validation.h"
#include "workload/pods/pod.h"

namespace modelgate::admission {
namespace {

using spec::Arena;
using spec::Catalog;
using spec::ErrorFilter;
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
    response.audit_annotations.emplace_back("runtime",
                                            text::printable(defaults.selection->chosen->display_name()));
  }
  if (!defaults.filled.empty()) {
    response.audit_annotations.emplace_back("defaults", fmt::format("{}", fmt::join(defaults.filled, ",")));
  }
}

/// Errors that deny. In Compatible mode all, because KServe cannot read such objects.
FieldErrors denying_type_errors(const Request& request, FieldErrors found, const Type& type,
                                const Value* stored, std::vector<FieldWarning>& warnings) {
  if (!stored || !request.strict()) return found;
  return new_type_errors(*request.review.object, *stored, type, warnings);
}

/// An object with type errors is not defaulted. If the stored one has them too, it is admitted as it is, and
/// the validation warns.
Response without_defaults(const Request& request, FieldErrors found, const Value* stored) {
  if (request.being_deleted()) return allow();
  std::vector<FieldWarning> warnings;
  const FieldErrors errors =
      denying_type_errors(request, std::move(found), kInferenceService, stored, warnings);
  return errors.empty() ? allow() : deny(request.review, errors);
}

Outcome mutate_inference_service(Request& request) {
  Review& review = request.review;
  if (request.strict() && request.being_deleted()) return allow();
  Structure structure = check_structure(*review.object, kInferenceService);
  auto old = read_old_object(review, request.arena);
  if (!old) return deny_request(old.error().message);
  const Value* stored = request.update() && old->IsObject() ? &*old : nullptr;
  if (!structure.type_errors.empty())
    return without_defaults(request, std::move(structure.type_errors), stored);
  if (request.strict() && stored && same_spec_and_annotations(*review.object, *stored)) return allow();

  const auto absent = absent_runtimes(InferenceServiceView(*review.object), review.namespace_,
                                      request.catalog, request.facts);
  spec::Edit edit(*review.object, request.arena);
  defaulting::Outcome defaults =
      defaulting::apply_defaults(edit, {.catalog = request.catalog,
                                        .old_object = stored,
                                        .request_namespace = review.namespace_,
                                        .managed_fields = review.managed_fields_text,
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

/// Keeps the errors that deny: confirmed, and not in the stored object.
class Denying : public ErrorFilter {
 public:
  explicit Denying(const Request& request) : request_(request) {}
  void set_ratchet(NewErrors* ratchet) { ratchet_ = ratchet; }

  bool keeps(const FieldError& error) override {
    if (!unconfirmed(error)) return !ratchet_ || ratchet_->keeps(error);
    if (warnings.size() < FieldErrors::kMaxErrors) warnings.push_back(as_warning(error));
    return false;
  }

  bool unconfirmed(const FieldError& error) const {
    return is_unconfirmed(error, request_.review.namespace_, request_.facts);
  }

  std::vector<FieldWarning> warnings;

 private:
  const Request& request_;
  NewErrors* ratchet_ = nullptr;
};

/// The findings about an object, and the facts that are needed to complete them.
struct Found {
  Findings findings;
  std::vector<ObjectKey> needs;
  std::vector<ObjectKey> unless_present;  // see Response
};

/// How one kind is validated.
struct Kind {
  const Type& type;
  Findings (*find)(const Request& request, const Value& object, const Value* old, ErrorFilter* filter);
  /// Adds findings that no rule makes; nullptr if there are none.
  void (*find_more)(const Request& request, const Value& object, const Value* old, Found& found,
                    ErrorFilter* filter);
  /// Prepares a stored object as a new one is prepared before its validation.
  void (*prepare_old)(const Request& request, Value& old, const Value& stored);
};

/// An object, and what it is compared with by the rules about a change.
struct Compared {
  const Value& object;
  const Value* old = nullptr;
  /// What has not changed since is not built again.
  const Value* built = old;
};

/// `filter`, if given, sees each error once.
Found find_all(const Kind& kind, const Request& request, const Compared& in, FieldErrors unknown_fields,
               ErrorFilter* filter = nullptr) {
  Found found{.findings = kind.find(request, in.object, in.old, filter), .needs = {}, .unless_present = {}};
  found.findings.errors.set_filter(nullptr);
  for (FieldError& e : unknown_fields.list()) found.findings.errors.add(std::move(e));
  if (kind.find_more) kind.find_more(request, in.object, in.built, found, filter);
  return found;
}

FieldErrors find_errors(const Kind& kind, const Request& request, const Compared& in, ErrorFilter& filter) {
  Structure structure = check_structure(in.object, kind.type, nullptr, &filter);
  Found found = find_all(kind, request, in, std::move(structure.unknown_fields), &filter);
  return std::move(found.findings.errors);
}

/// Rules about a change are about this one annotation, or the spec.
bool same_spec_and_mode(const Value& object, const Value& old) {
  const auto mode = [](const Value& v) {
    return spec::find(spec::find(spec::find(v, "metadata"), "annotations"), spec::kDeploymentModeAnnotation);
  };
  return spec::equal(spec::find(object, "spec"), spec::find(old, "spec")) &&
         spec::equal(mode(object), mode(old));
}

/// The errors that deny. `found` are all, or as many as a list has. The stored object is prepared as the new
/// one was: it is defaulted, unless the mutation left the new one as it was.
FieldErrors denying_errors(const Kind& kind, const Request& request, FieldErrors found, const Value* stored,
                           bool defaulted, Response& response) {
  const Value& object = *request.review.object;
  Denying denying(request);
  Value earlier;
  std::optional<PreexistingErrors> before;
  std::optional<NewErrors> ratchet;
  if (stored && request.strict()) {
    earlier = spec::clone(*stored, request.arena);
    const bool unchanged = !defaulted || same_spec_and_annotations(object, earlier);
    if (!unchanged) kind.prepare_old(request, earlier, *stored);
    const bool transitions = same_spec_and_mode(object, earlier);
    before.emplace(earlier, kind.type);
    // Its needs are ignored: where both objects agree, the facts of the new one suffice.
    find_errors(kind, request, {.object = earlier, .old = transitions ? stored : nullptr, .built = nullptr},
                *before);
    denying.set_ratchet(&ratchet.emplace(*before, object, kind.type, transitions));
  }
  FieldErrors errors;
  if (found.dropped() > 0 &&
      (ratchet || std::ranges::any_of(found, [&](const auto& e) { return denying.unconfirmed(e); }))) {
    errors = find_errors(kind, request, {.object = object, .old = stored}, denying);
  } else {
    std::erase_if(found.list(), [&](const FieldError& e) { return !denying.keeps(e); });
    errors = std::move(found);
  }
  append(std::move(denying.warnings), response.warnings);
  if (ratchet) append(ratchet->take_warnings(), response.warnings);
  return errors;
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
  auto old = read_old_object(review, request.arena);
  if (!old) return deny_request(old.error().message);
  const Value* stored = request.update() && old->IsObject() ? &*old : nullptr;
  Response response;
  const bool readable = structure.type_errors.empty();
  if (!readable) {
    const FieldErrors errors =
        denying_type_errors(request, std::move(structure.type_errors), kind.type, stored, response.warnings);
    if (!errors.empty()) return deny(review, errors);
    spec::schema::remove_type_errors(*review.object, kind.type);
  }

  auto [findings, needed_objects, unless_present] =
      find_all(kind, request, {.object = *review.object, .old = stored}, std::move(structure.unknown_fields));
  Needs needs{std::move(needed_objects)};
  std::vector<std::string_view> missing;
  for (const validation::MissingRuntime& m : findings.missing_runtimes) missing.push_back(m.name);
  need_runtimes_named(std::move(missing), review.namespace_, request.facts, needs);
  if (request.strict()) {
    need_confirmation(findings.errors, review.namespace_, stored != nullptr, request.facts, needs);
  }
  if (!needs.objects.empty()) {
    std::ranges::move(unless_present, std::back_inserter(needs.objects));
    return needs;
  }
  response.unless_present = std::move(unless_present);

  FieldErrors errors;
  if (!findings.errors.empty()) {
    if (stored) spec::schema::remove_type_errors(*old, kind.type);
    errors = denying_errors(kind, request, std::move(findings.errors), stored, readable, response);
  }
  std::vector<FieldWarning> downgraded = split_by_mode(errors, request.strict());
  response.strict_would_deny = !downgraded.empty();
  append(std::move(downgraded), response.warnings);
  warn_of_missing_runtimes(request, findings, response);
  append(std::move(findings.warnings), response.warnings);
  if (errors.empty()) return response;
  Response denial = deny(review, errors);
  denial.warnings = std::move(response.warnings);
  denial.unless_present = std::move(response.unless_present);
  return denial;
}

/// Whether the reconciler may build other children than before.
bool changes_children(const Value& object, const Value* old) {
  const auto labels = [](const Value& v) { return spec::find(spec::find(v, "metadata"), "labels"); };
  return !old || !same_spec_and_annotations(object, *old) || !spec::equal(labels(object), labels(*old));
}

void find_by_building(const Request& request, const Value& object, const Value* old, Found& found,
                      ErrorFilter* filter) {
  if (!changes_children(object, old)) return;
  Realization realization = realize({.service = object,
                                     .namespace_ = request.review.namespace_,
                                     .catalog = request.catalog,
                                     .facts = request.facts,
                                     .stored = old,
                                     .filter = filter},
                                    found.findings, request.arena);
  for (FieldError& e : realization.errors.list()) found.findings.errors.add(std::move(e));
  append(std::move(realization.warnings), found.findings.warnings);
  found.needs = std::move(realization.needs);
  found.unless_present = std::move(realization.unless_present);
}

constexpr Kind kServices{
    .type = kInferenceService,
    .find =
        [](const Request& request, const Value& object, const Value* old, ErrorFilter* filter) {
          const InferenceServiceView old_isvc(old);
          return validation::validate_inference_service({.isvc = InferenceServiceView(object),
                                                         .old = old ? &old_isvc : nullptr,
                                                         .catalog = request.catalog,
                                                         .namespace_ = request.review.namespace_,
                                                         .filter = filter});
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
        [](const Request& request, const Value& object, const Value* old, ErrorFilter* filter) {
          const spec::ServingRuntimeView old_runtime(old);
          return validation::validate_serving_runtime({.runtime = spec::ServingRuntimeView(object),
                                                       .old = old ? &old_runtime : nullptr,
                                                       .catalog = request.catalog,
                                                       .namespace_ = request.review.namespace_,
                                                       .filter = filter});
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
