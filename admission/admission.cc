// SPDX-License-Identifier: Apache-2.0
//
// The pipeline. Each path of the webhook is a row of kEndpoints: which kind it reviews and what is done.

#include "admission/admission.h"

#include <fmt/format.h>

#include <array>
#include <functional>

#include "admission/denial.h"
#include "admission/ratchet.h"
#include "defaulting/defaulting.h"
#include "spec/edit.h"
#include "spec/inference_service.h"
#include "spec/schema.h"
#include "validation/validation.h"

namespace modelgate::admission {
namespace {

using spec::Arena;
using spec::Catalog;
using spec::FieldError;
using spec::FieldErrors;
using spec::InferenceServiceView;
using spec::ObjectMetaView;
using spec::Value;

/// One request on its way through, with what every step needs.
struct Request {
  Review& review;
  const Catalog& catalog;
  const Facts& facts;
  Arena& arena;

  bool strict() const {
    return catalog.configuration().modelgate.validation == spec::ValidationMode::kStrict;
  }
  bool update() const { return review.operation == Operation::kUpdate; }
  ObjectMetaView metadata() const { return ObjectMetaView(spec::find(*review.object, "metadata")); }
};

Response allow() {
  return Response{};
}

// ------------------------------------------------------------------------------------------ structure

/// Fields of the wrong JSON type: nothing can be read or changed safely beneath them.
FieldErrors type_errors(const Request& request, const spec::Type& type) {
  FieldErrors errors;
  errors.begin_rule("json-type", false);
  spec::check_structure(*request.review.object, type, errors, nullptr);
  return errors;
}

// ------------------------------------------------------------------------------------------- mutation

/// Strict leaves an object alone whose spec and annotations an UPDATE does not change: a finalizer, a label
/// or an owner reference is none of our business.
bool same_spec_and_annotations(const Value& object, const Value& old) {
  const auto annotations = [](const Value& v) {
    return spec::find(spec::find(v, "metadata"), "annotations");
  };
  return spec::equal(spec::find(object, "spec"), spec::find(old, "spec")) &&
         spec::equal(annotations(object), annotations(old));
}

Outcome mutate_inference_service(Request& request) {
  Review& review = request.review;
  if (FieldErrors errors = type_errors(request, spec::inference_service_type()); !errors.empty()) {
    return deny(review, errors);
  }
  auto old = read_old_object(review, request.arena);
  if (!old) return deny_request(old.error().message);
  const bool has_old = request.update() && old->IsObject();
  if (request.strict() && request.update()) {
    if (request.metadata().deletion_timestamp()) return allow();
    if (has_old && same_spec_and_annotations(*review.object, *old)) return allow();
  }

  spec::Edit edit(*review.object, request.arena);
  defaulting::Outcome defaults = defaulting::apply_defaults(edit, {.catalog = request.catalog,
                                                                   .old_object = has_old ? &*old : nullptr,
                                                                   .request_namespace = review.namespace_});
  Response response;
  if (const Value patch = edit.patch(); !patch.Empty()) response.patch = spec::to_json(patch);
  response.warnings = std::move(defaults.warnings);
  if (defaults.selection && defaults.selection->chosen) {
    response.audit_annotations.emplace_back("runtime", defaults.selection->chosen->display_name());
  }
  if (!defaults.filled.empty()) {
    response.audit_annotations.emplace_back("defaults", fmt::format("{}", fmt::join(defaults.filled, ",")));
  }
  return response;
}

// ----------------------------------------------------------------------------------------- validation

using validation::Findings;

/// A service may name a runtime that came a moment ago: asked for by name before it is called missing.
Needs unconfirmed(const Findings& findings, const Facts& facts) {
  Needs needs;
  for (const validation::MissingRuntime& m : findings.missing_runtimes) {
    for (ObjectKey key : {ObjectKey{"ServingRuntime", std::string(m.namespace_), std::string(m.name)},
                          ObjectKey{"ClusterServingRuntime", "", std::string(m.name)}}) {
      if (!facts.find(key)) needs.objects.push_back(std::move(key));
    }
  }
  return needs;
}

/// Parts what denies from what only warns: in Compatible mode our own rules warn.
FieldErrors split_by_mode(const Request& request, FieldErrors found, Response& response) {
  if (request.strict()) return found;
  FieldErrors denying;
  for (FieldError& e : found.list()) {
    if (e.strict_only) {
      response.strict_would_deny = true;
      response.warnings.push_back(as_warning(e));
    } else {
      denying.add(std::move(e));
    }
  }
  return denying;
}

/// What `validate` finds in the old object, looked at alone.
using ValidateOld = std::function<FieldErrors(Value& old)>;

FieldErrors without_earlier_errors(const Request& request, const FieldErrors& errors,
                                   const ValidateOld& validate, Response& response) {
  auto old = read_old_object(request.review, request.arena);
  if (!old || !old->IsObject()) return errors;
  const FieldErrors old_errors = validate(*old);
  Ratcheted result = ratchet(errors, *request.review.object, old_errors, *old);
  for (std::string& w : result.kept) response.warnings.push_back(std::move(w));
  return std::move(result.errors);
}

/// From what was found to the answer: mode, ratchet, denial, warnings.
Response conclude(const Request& request, Findings findings, const ValidateOld& validate_old) {
  Response response;
  FieldErrors errors = split_by_mode(request, std::move(findings.errors), response);
  if (!errors.empty() && request.update() && request.strict()) {
    errors = without_earlier_errors(request, errors, validate_old, response);
  }
  std::vector<std::string> warnings = std::move(response.warnings);
  for (std::string& w : findings.warnings) warnings.push_back(std::move(w));
  if (!errors.empty()) response = deny(request.review, errors);
  response.warnings = std::move(warnings);
  return response;
}

FieldErrors unknown_fields(const Value& object, const spec::Type& type) {
  FieldErrors types;
  FieldErrors unknown;
  unknown.begin_rule("unknown-field", true);
  spec::check_structure(object, type, types, &unknown);
  return unknown;
}

void add_all(FieldErrors& to, FieldErrors from) {
  for (FieldError& e : from.list()) to.add(std::move(e));
}

Findings find_in_service(const Request& request, const Value& object, const Value* old) {
  const InferenceServiceView isvc(object);
  const InferenceServiceView old_isvc(old);
  Findings findings =
      validation::validate_inference_service({.isvc = isvc,
                                              .old = old ? &old_isvc : nullptr,
                                              .catalog = request.catalog,
                                              .request_namespace = request.review.namespace_});
  add_all(findings.errors, unknown_fields(object, spec::inference_service_type()));
  return findings;
}

Outcome validate_inference_service(Request& request) {
  Review& review = request.review;
  if (request.update() && request.metadata().deletion_timestamp()) return allow();
  if (FieldErrors errors = type_errors(request, spec::inference_service_type()); !errors.empty()) {
    return deny(review, errors);
  }
  auto old = read_old_object(review, request.arena);
  if (!old) return deny_request(old.error().message);
  const Value* old_object = request.update() && old->IsObject() ? &*old : nullptr;

  Findings findings = find_in_service(request, *review.object, old_object);
  if (Needs needs = unconfirmed(findings, request.facts); !needs.objects.empty()) return needs;
  return conclude(request, std::move(findings), [&](Value& earlier) {
    spec::Edit edit(earlier, request.arena);
    defaulting::apply_defaults(
        edit, {.catalog = request.catalog, .old_object = old_object, .request_namespace = review.namespace_});
    return find_in_service(request, earlier, nullptr).errors;
  });
}

Findings find_in_runtime(const Request& request, const Value& object, const Value* old) {
  const spec::ServingRuntimeView runtime(object);
  const spec::ServingRuntimeView old_runtime(old);
  Findings findings = validation::validate_serving_runtime({.runtime = runtime,
                                                            .old = old ? &old_runtime : nullptr,
                                                            .catalog = request.catalog,
                                                            .request_namespace = request.review.namespace_});
  add_all(findings.errors, unknown_fields(object, spec::serving_runtime_type()));
  return findings;
}

Outcome validate_serving_runtime(Request& request) {
  if (request.update() && request.metadata().deletion_timestamp()) return allow();
  if (FieldErrors errors = type_errors(request, spec::serving_runtime_type()); !errors.empty()) {
    return deny(request.review, errors);
  }
  auto old = read_old_object(request.review, request.arena);
  if (!old) return deny_request(old.error().message);
  Findings findings =
      find_in_runtime(request, *request.review.object, request.update() && old->IsObject() ? &*old : nullptr);
  return conclude(request, std::move(findings),
                  [&](Value& earlier) { return find_in_runtime(request, earlier, nullptr).errors; });
}

Outcome leave_alone(Request&) {
  return allow();
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
    {Endpoint::kMutatePods, "", "v1", "Pod", leave_alone},
}};

}  // namespace

Outcome admit(Endpoint endpoint, Review& review, const Catalog& catalog, const Facts& facts, Arena& arena) {
  const Path& path = kPaths[static_cast<std::size_t>(endpoint)];
  if (review.group != path.group || review.version != path.version || review.kind != path.kind) {
    return deny_request(fmt::format("this path reviews {}/{} {}, and was sent {}/{} {}", path.group,
                                    path.version, path.kind, review.group, review.version, review.kind));
  }
  if (review.operation == Operation::kDelete || review.operation == Operation::kConnect) return allow();
  if (!review.object) return deny_request("the request has no object");
  Request request{review, catalog, facts, arena};
  return path.run(request);
}

}  // namespace modelgate::admission
