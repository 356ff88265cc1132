// SPDX-License-Identifier: Apache-2.0
#include "cli/offline.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>

#include "admission/admission.h"
#include "spec/view.h"

namespace modelgate::cli {
namespace {

using admission::Endpoint;
using admission::Fact;
using admission::Facts;
using admission::Needs;
using admission::Response;
using kube::ManifestObject;
using spec::Value;

/// A kind that the webhook is registered for.
struct ReviewedKind {
  std::string_view api_version;
  std::string_view kind;
  std::optional<Endpoint> mutate;
  Endpoint validate;
  bool namespaced;
};

constexpr ReviewedKind kReviewedKinds[] = {
    {"serving.kserve.io/v1beta1", "InferenceService", Endpoint::kMutateInferenceService,
     Endpoint::kValidateInferenceService, true},
    {"serving.kserve.io/v1alpha1", "ServingRuntime", std::nullopt, Endpoint::kValidateServingRuntime, true},
    {"serving.kserve.io/v1alpha1", "ClusterServingRuntime", std::nullopt,
     Endpoint::kValidateClusterServingRuntime, false},
};

const ReviewedKind* reviewed_kind(const Value& object) {
  const spec::ObjectView view(object);
  const auto* it = std::ranges::find_if(kReviewedKinds, [&](const ReviewedKind& k) {
    return k.api_version == view.string("apiVersion") && k.kind == view.string("kind");
  });
  return it == std::end(kReviewedKinds) ? nullptr : it;
}

/// The AdmissionReview that the API server would send.
std::string review_text(const ReviewedKind& kind, const Value& object, const Value* old,
                        std::string_view ns) {
  const std::size_t slash = kind.api_version.find('/');
  std::string out =
      R"({"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"offline","kind":{)";
  out += fmt::format(R"("group":"{}","version":"{}","kind":"{}"}},"operation":"{}","dryRun":true,"name":)",
                     kind.api_version.substr(0, slash), kind.api_version.substr(slash + 1), kind.kind,
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
  return out + "}}";
}

/// What the manifests know. What they lack may well be in a cluster: that is unknown, and denies nothing.
void look_up(const Needs& needs, const kube::Manifests& world, Facts& facts) {
  for (const admission::ObjectKey& key : needs.objects) {
    const Value* found = world.find(key.kind, key.namespace_, key.name);
    facts.tell(key, {found ? Fact::State::kPresent : Fact::State::kUnknown, found});
  }
}

struct Answer {
  Response response;
  Value object;  // after a mutation
};

Answer refused(std::string message) {
  Answer answer;
  answer.response.allowed = false;
  answer.response.message = std::move(message);
  return answer;
}

/// One path of the webhook, in as many rounds as it takes to know what it asks for.
Answer ask(Endpoint endpoint, std::string_view text, const Input& input) {
  Facts facts;
  for (int round = 0;; ++round) {
    auto review = admission::decode_review(text, *input.arena);
    if (!review) return refused(review.error().message);
    admission::Outcome outcome =
        admission::admit(endpoint, *review, *input.world->catalog, facts, *input.arena);
    if (auto* response = std::get_if<Response>(&outcome)) {
      return {std::move(*response), review->object ? spec::clone(*review->object, *input.arena) : Value()};
    }
    if (round == admission::kMaxRounds) return refused("asks for ever more objects");
    look_up(std::get<Needs>(outcome), *input.world, facts);
  }
}

void take(Response response, Verdict& verdict) {
  verdict.allowed = response.allowed;
  verdict.causes = std::move(response.causes);
  if (verdict.causes.empty()) verdict.message = std::move(response.message);
  for (std::string& warning : response.warnings) {
    if (std::ranges::find(verdict.warnings, warning) == verdict.warnings.end()) {
      verdict.warnings.push_back(std::move(warning));
    }
  }
}

}  // namespace

Verdict review_object(const ManifestObject& object, const ManifestObject* old, const Input& input) {
  Verdict verdict;
  verdict.object = spec::clone(object.value, *input.arena);
  const ReviewedKind* kind = reviewed_kind(object.value);
  if (!kind) return verdict;
  verdict.reviewed = true;
  const std::string_view ns = input.namespace_of(object);
  const Value* old_value = old ? &old->value : nullptr;
  if (kind->mutate) {
    Answer answer = ask(*kind->mutate, review_text(*kind, object.value, old_value, ns), input);
    take(std::move(answer.response), verdict);
    if (!verdict.allowed) return verdict;
    verdict.object = std::move(answer.object);
  }
  take(ask(kind->validate, review_text(*kind, verdict.object, old_value, ns), input).response, verdict);
  return verdict;
}

}  // namespace modelgate::cli
