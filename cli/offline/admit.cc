// SPDX-License-Identifier: Apache-2.0
#include "cli/offline/admit.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>

#include "admission/admission.h"
#include "spec/lookup_rounds.h"
#include "spec/view.h"

namespace modelgate::cli {
namespace {

using admission::Endpoint;
using admission::Fact;
using admission::Facts;
using admission::Needs;
using admission::ObjectKey;
using admission::Response;
using kube::ManifestObject;
using spec::Value;

/// A kind that the webhook is registered for.
struct ReviewedKind {
  std::string_view api_version;
  std::string_view kind;
  std::optional<Endpoint> mutate;
  std::optional<Endpoint> validate;
  bool namespaced;
};

constexpr ReviewedKind kReviewedKinds[] = {
    {"serving.kserve.io/v1beta1", "InferenceService", Endpoint::kMutateInferenceService,
     Endpoint::kValidateInferenceService, true},
    {"serving.kserve.io/v1alpha1", "ServingRuntime", std::nullopt, Endpoint::kValidateServingRuntime, true},
    {"serving.kserve.io/v1alpha1", "ClusterServingRuntime", std::nullopt,
     Endpoint::kValidateClusterServingRuntime, false},
    {"v1", "Pod", Endpoint::kMutatePods, std::nullopt, true},
};

const ReviewedKind* reviewed_kind(const Value& object) {
  const spec::ObjectView view(object);
  const auto* it = std::ranges::find_if(kReviewedKinds, [&](const ReviewedKind& k) {
    return k.api_version == view.string("apiVersion") && k.kind == view.string("kind");
  });
  return it == std::end(kReviewedKinds) ? nullptr : it;
}

/// The AdmissionReview that the API server would send. In the arena, because the answer's paths refer to it.
std::string_view review_text(const ReviewedKind& kind, const Value& object, const Value* old,
                             std::string_view ns, spec::Arena& arena) {
  const std::size_t slash = kind.api_version.find('/');
  const bool core = slash == std::string_view::npos;
  std::string out =
      R"({"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"offline","kind":{)";
  out += fmt::format(R"("group":"{}","version":"{}","kind":"{}"}},"operation":"{}","dryRun":true,"name":)",
                     core ? "" : kind.api_version.substr(0, slash),
                     core ? kind.api_version : kind.api_version.substr(slash + 1), kind.kind,
                     old ? "UPDATE" : "CREATE");
  spec::append_json(spec::ObjectView(object).object("metadata").string("name"), out);
  if (kind.namespaced) {
    out += R"(,"namespace":)";
    spec::append_json(ns, out);
  }
  out += R"(,"object":)";
  spec::append_json(object, out);
  if (old) {
    out += R"(,"oldObject":)";
    spec::append_json(*old, out);
  }
  out += "}}";
  char* copy = static_cast<char*>(arena.Malloc(out.size()));
  std::ranges::copy(out, copy);
  return {copy, out.size()};
}

/// Compatible mode copies the headers for an HTTPS host into the Pod, as KServe does. They may contain a
/// password, so a placeholder replaces them.
const Value* without_headers(const Value* object, std::string_view name, spec::Arena& arena) {
  const spec::ObjectView secret(object);
  const auto has = [&](std::string_view key) {
    return secret.object("data").has(key) || secret.object("stringData").has(key);
  };
  if (!has("https-host") || !has("headers")) return object;
  Value copy = spec::clone(*object, arena);
  if (!secret.object("stringData")) {
    spec::set_member(copy, "stringData", Value(rapidjson::kObjectType), arena);
  }
  spec::set_member(*spec::find(copy, "stringData"), "headers",
                   spec::make_string(fmt::format("<headers of Secret {}>", name), arena), arena);
  // Facts point to objects that live as long as the arena.
  return new (arena.Malloc(sizeof(Value))) Value(std::move(copy));
}

bool may_be_assumed(const ObjectKey& key) {
  return key.kind == "Secret" || key.kind == "ServiceAccount";
}

struct Answer {
  Response response;
  Value object;  // after a mutation
  std::set<ObjectKey> assumed;
};

Answer denied(std::string message) {
  Answer answer;
  answer.response.allowed = false;
  answer.response.message = std::move(message);
  return answer;
}

/// Calls one endpoint of the webhook, with more facts in each round.
Answer call(Endpoint endpoint, std::string_view text, const Input& input) {
  Facts facts;
  std::set<ObjectKey> assumed;
  spec::LookupRounds rounds;
  while (true) {
    auto review = admission::decode_review(text, *input.arena);
    if (!review) return denied(review.error().message);
    admission::Outcome outcome =
        admission::admit(endpoint, *review, *input.world->catalog, facts, *input.arena);
    if (auto* response = std::get_if<Response>(&outcome)) {
      Value object = review->object ? std::move(*review->object) : Value();
      return {std::move(*response), std::move(object), std::move(assumed)};
    }
    const Needs& needs = std::get<Needs>(outcome);
    switch (rounds.next(needs.objects)) {
      case spec::LookupRounds::Next::kLookUp:
        look_up(needs, input, facts, assumed);
        break;
      case spec::LookupRounds::Next::kLeaveUnknown:
        spec::leave_unknown(needs.objects, facts);
        break;
      case spec::LookupRounds::Next::kDone:
      case spec::LookupRounds::Next::kGiveUp:
        return denied("needs too many rounds of facts");
    }
  }
}

/// True if an unknown object may change the result: a Pod's credentials, or the subject of a warning.
bool matters(const ObjectKey& key, const std::vector<spec::FieldWarning>& warnings, bool pod) {
  return pod || std::ranges::any_of(warnings, [&](const spec::FieldWarning& w) { return w.about == key; });
}

bool contains(const std::vector<spec::FieldWarning>& warnings, const spec::FieldWarning& warning) {
  return std::ranges::any_of(warnings, [&](const spec::FieldWarning& w) {
    return w.path == warning.path && w.text == warning.text;
  });
}

void add_answer(Answer answer, bool pod, Verdict& verdict) {
  Response& response = answer.response;
  std::erase_if(answer.assumed, [&](const ObjectKey& k) { return !matters(k, response.warnings, pod); });
  verdict.allowed = response.allowed;
  verdict.causes = std::move(response.causes);
  if (verdict.causes.empty()) verdict.message = std::move(response.message);
  for (spec::FieldWarning& w : response.warnings) {
    // review() reports all that could not be read in one warning.
    if (w.about && answer.assumed.contains(*w.about)) continue;
    if (!contains(verdict.warnings, w)) verdict.warnings.push_back(std::move(w));
  }
  verdict.assumed.merge(answer.assumed);
}

Verdict review(const ReviewedKind& kind, const Value& object, const Value* old, std::string_view ns,
               const Input& input) {
  Verdict verdict;
  verdict.reviewed = true;
  const bool pod = kind.kind == "Pod";
  verdict.object = spec::clone(object, *input.arena);
  if (kind.mutate) {
    Answer answer = call(*kind.mutate, review_text(kind, object, old, ns, *input.arena), input);
    Value mutated = std::move(answer.object);
    add_answer(std::move(answer), pod, verdict);
    if (!verdict.allowed) return verdict;
    verdict.object = std::move(mutated);
  }
  if (kind.validate)
    add_answer(call(*kind.validate, review_text(kind, verdict.object, old, ns, *input.arena), input), pod,
               verdict);
  return verdict;
}

}  // namespace

void look_up(const Needs& needs, const Input& input, Facts& facts, std::set<ObjectKey>& assumed) {
  for (const ObjectKey& key : needs.objects) {
    Fact fact = input.world->fact(key);
    if (fact.object && key.kind == "Secret") {
      fact.object = without_headers(fact.object, key.name, *input.arena);
    }
    if (fact.state == Fact::State::kUnknown && may_be_assumed(key)) assumed.insert(key);
    facts.add(key, fact);
  }
}

Verdict review_object(const ManifestObject& object, const ManifestObject* old, const Input& input) {
  if (const ReviewedKind* kind = reviewed_kind(object.value)) {
    return review(*kind, object.value, old ? &old->value : nullptr, input.namespace_of(object), input);
  }
  Verdict unreviewed;
  unreviewed.object = spec::clone(object.value, *input.arena);
  return unreviewed;
}

Verdict review_pod(const Value& pod, std::string_view ns, const Input& input) {
  return review(*reviewed_kind(pod), pod, nullptr, ns, input);
}

}  // namespace modelgate::cli
