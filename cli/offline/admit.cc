// SPDX-License-Identifier: Apache-2.0
#include "cli/offline/admit.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>

#include "admission/admission.h"
#include "cli/offline/api_server.h"
#include "cli/offline/kinds.h"
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

/// The AdmissionReview that the API server would send. In the arena, because the answer's paths refer to it.
std::string_view review_text(const KnownKind& kind, const Value& object, const Value* old,
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
  if (kind.meta.namespaced) {
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
      if (!response->unless_present.empty() &&
          rounds.next(response->unless_present) == spec::LookupRounds::Next::kLookUp) {
        look_up(Needs{std::move(response->unless_present)}, input, facts, assumed);
        continue;
      }
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

/// The object after its mutation; if that was denied, as it was sent.
struct Mutated {
  Value object;
  bool done = true;
};

Mutated call_webhook(const KnownKind& kind, Value object, const Value* old, std::string_view ns,
                     const Input& input, Verdict& verdict) {
  const bool pod = kind.kind == "Pod";
  const auto ask = [&](Endpoint endpoint) {
    return call(endpoint, review_text(kind, object, old, ns, *input.arena), input);
  };
  if (kind.mutate) {
    Answer answer = ask(*kind.mutate);
    Value mutated = std::move(answer.object);
    add_answer(std::move(answer), pod, verdict);
    if (!verdict.allowed) return {std::move(object), false};
    object = std::move(mutated);
  }
  if (kind.validate) add_answer(ask(*kind.validate), pod, verdict);
  return {std::move(object)};
}

/// True if the webhook reports an error of the same field, or of a field below it: it says more.
bool is_reported(const std::string& path, const std::vector<admission::Cause>& causes) {
  return std::ranges::any_of(causes, [&](const admission::Cause& cause) {
    if (!cause.field.starts_with(path)) return false;
    return cause.field.size() == path.size() || cause.field[path.size()] == '.' ||
           cause.field[path.size()] == '[';
  });
}

/// The API server's errors come first: the webhook's rules are about an object that it accepts.
void add_errors(const spec::FieldErrors& errors, Verdict& verdict) {
  std::vector<admission::Cause> causes;
  for (const spec::FieldError& e : errors) {
    std::string path = e.path.to_string();
    std::erase_if(verdict.warnings, [&](const spec::FieldWarning& w) { return w.path == e.path; });
    if (is_reported(path, verdict.causes)) continue;
    causes.push_back(
        {.field = std::move(path), .reason = std::string(reason_of(e.type)), .message = e.message()});
  }
  verdict.allowed = verdict.allowed && errors.empty();
  causes.insert(causes.end(), std::move_iterator(verdict.causes.begin()),
                std::move_iterator(verdict.causes.end()));
  verdict.causes = std::move(causes);
}

/// `object` as the API server and the webhook see it, one after the other.
Verdict review(const KnownKind& kind, const Value& object, const Value* old, std::string_view ns,
               const Input& input) {
  Verdict verdict;
  verdict.role = kind.role;
  spec::FieldErrors errors;
  Value sent = spec::clone(object, *input.arena);
  check_request(sent, kind, *input.arena, errors);
  Mutated mutated = call_webhook(kind, std::move(sent), old, ns, input, verdict);
  verdict.object = std::move(mutated.object);
  spec::FieldErrors stored;
  check_stored(verdict.object, kind, stored);
  for (spec::FieldError& e : stored.list()) {
    // An old spelling that was not mutated is not an error of its own.
    if (mutated.done || e.type == spec::ErrorType::kTypeInvalid) errors.add(std::move(e));
  }
  add_errors(errors, verdict);
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
  ObjectKind kind = kind_of(object.value);
  if (kind.known && kind.role != Role::kSkipped)
    return review(*kind.known, object.value, old ? &old->value : nullptr, input.namespace_of(object), input);
  Verdict verdict;
  verdict.role = kind.role;
  verdict.object = spec::clone(object.value, *input.arena);
  spec::FieldErrors errors;
  for (spec::FieldError& problem : kind.problems) errors.add(std::move(problem));
  add_errors(errors, verdict);
  return verdict;
}

Verdict review_pod(const Value& pod, std::string_view ns, const Input& input) {
  Verdict verdict;
  verdict.object =
      call_webhook(*kind_of(pod).known, spec::clone(pod, *input.arena), nullptr, ns, input, verdict).object;
  return verdict;
}

}  // namespace modelgate::cli
