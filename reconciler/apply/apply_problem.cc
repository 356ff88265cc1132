// SPDX-License-Identifier: Apache-2.0
#include "reconciler/apply/apply_problem.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "spec/text/ascii.h"
#include "spec/text/utf8.h"

namespace modelgate::reconciler {
namespace {

using Kind = kube::ApiError::Kind;

/// How the API server, its quota and its webhooks say no. The first row that fits counts: a webhook's own
/// words come after the API server's.
struct Saying {
  int code;                // 0: any
  std::string_view words;  // in the message
  std::string_view reason;
  bool may_pass;
};
constexpr std::array kSayings{
    Saying{0, "denied the request", "DeniedByWebhook", false},
    Saying{0, "ValidatingAdmissionPolicy", "DeniedByPolicy", false},
    Saying{0, "failed calling webhook", "WebhookFailed", true},
    Saying{403, "is being terminated", "NamespaceTerminating", false},
    Saying{404, "namespaces \"", "NamespaceTerminating", false},
    Saying{404, "", "KindAbsent", false},
    Saying{403, "exceeded quota", "QuotaExceeded", true},
    Saying{403, "", "Forbidden", true},
    Saying{401, "", "Unauthorized", true},
    Saying{409, "Apply failed with", kNameTaken, false},
    Saying{409, "", "Conflict", true},
    Saying{422, "field is immutable", "FieldImmutable", false},
    Saying{422, "", "Invalid", false},
    Saying{429, "", "ApiServerBusy", true},
};

/// What a kind that the cluster does not serve is for.
struct Absent {
  std::string_view group;
  std::string_view advice;
};
constexpr std::array kAbsent{
    Absent{"gateway.networking.k8s.io",
           "install the Gateway API's CRDs, or set enableGatewayApi to false under ingress in "
           "inferenceservice-config"},
    Absent{"networking.istio.io",
           "install Istio, or set disableIstioVirtualHost to true under ingress in inferenceservice-config"},
    Absent{"keda.sh", "install KEDA, or annotate the service with serving.kserve.io/autoscalerClass: hpa"},
    Absent{"opentelemetry.io", "install the OpenTelemetry operator, or scale by a metric that needs none"},
};

std::string_view transport_reason(Kind kind) {
  return kind == Kind::kDeadline ? "ApiServerTimeout" : "ApiServerUnreachable";
}

const Saying* saying_of(const kube::ApiError& error) {
  const auto it = std::ranges::find_if(kSayings, [&](const Saying& row) {
    return (row.code == 0 || row.code == error.code) && error.message.contains(row.words);
  });
  return it == kSayings.end() ? nullptr : &*it;
}

/// On one line and within the bound, cut between characters.
std::string shortened(std::string_view words) {
  return text::on_one_line(text::truncate(words, kMaxApiMessageBytes, " ..."));
}

std::string advice_of(const Step& step, std::string_view reason) {
  if (reason == "FieldImmutable") {
    return fmt::format("; delete {} {} and it is made anew", step.resource->kind, step.name);
  }
  if (reason == kNameTaken) return "; delete it, or give the service another name";
  return {};
}

std::string absent_text(const Step& step) {
  std::string text = fmt::format("{} {}: the cluster does not serve {} of {}", step.resource->kind, step.name,
                                 step.resource->plural, step.resource->api_version());
  const auto it = std::ranges::find(kAbsent, step.resource->group, &Absent::group);
  return it == kAbsent.end() ? text : fmt::format("{}; {}", text, it->advice);
}

}  // namespace

ApplyProblem problem_of(const Step& step, const kube::ApiError& error) {
  ApplyProblem problem{.component = step.component, .reason = "ApiServerError", .text = {}};
  if (error.kind != Kind::kStatus) {
    problem.reason = transport_reason(error.kind);
  } else if (const Saying* saying = saying_of(error)) {
    problem.reason = saying->reason;
    problem.may_pass = saying->may_pass;
  } else if (error.code >= 400 && error.code < 500) {
    problem.reason = "Refused";
    problem.may_pass = false;
  }
  if (problem.reason == "KindAbsent") {
    problem.text = absent_text(step);
    return problem;
  }
  problem.text = fmt::format("{} {}: {}{}", step.resource->kind, step.name, shortened(error.message),
                             advice_of(step, problem.reason));
  return problem;
}

}  // namespace modelgate::reconciler
