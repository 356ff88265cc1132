// SPDX-License-Identifier: Apache-2.0
#include "reconciler/apply/apply_problem.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "spec/text/printable.h"
#include "spec/text/utf8.h"

namespace modelgate::reconciler {
namespace {

using Kind = kube::ApiError::Kind;

/// Refusals by the API server, its quota and its webhooks. The first row that matches counts: the API server's
/// text precedes a webhook's own message.
struct Pattern {
  int code;               // 0: any
  std::string_view text;  // in the message
  std::string_view reason;
  bool transient;
};
constexpr std::array kPatterns{
    Pattern{0, "denied the request", "DeniedByWebhook", false},
    Pattern{0, "ValidatingAdmissionPolicy", "DeniedByPolicy", false},
    Pattern{0, "failed calling webhook", "WebhookFailed", true},
    Pattern{403, "is being terminated", "NamespaceTerminating", false},
    Pattern{404, "namespaces \"", "NamespaceTerminating", false},
    Pattern{404, "", "KindAbsent", false},
    Pattern{403, "exceeded quota", "QuotaExceeded", true},
    Pattern{403, "", "Forbidden", true},
    Pattern{401, "", "Unauthorized", true},
    Pattern{409, "Apply failed with", kNameTaken, false},
    Pattern{409, "", "Conflict", true},
    Pattern{422, "field is immutable", "FieldImmutable", false},
    Pattern{422, "", "Invalid", false},
    Pattern{429, "", "ApiServerBusy", true},
};

/// What to do about a kind that the cluster does not serve.
struct AbsentKind {
  std::string_view group;
  std::string_view advice;
};
constexpr std::array kAbsentKinds{
    AbsentKind{"gateway.networking.k8s.io",
               "install the Gateway API's CRDs, or set enableGatewayApi to false under ingress in "
               "inferenceservice-config"},
    AbsentKind{
        "networking.istio.io",
        "install Istio, or set disableIstioVirtualHost to true under ingress in inferenceservice-config"},
    AbsentKind{"keda.sh",
               "install KEDA, or annotate the service with serving.kserve.io/autoscalerClass: hpa"},
    AbsentKind{"opentelemetry.io",
               "install the OpenTelemetry operator, or scale by a metric that does not need it"},
};

std::string_view transport_reason(Kind kind) {
  return kind == Kind::kDeadline ? "ApiServerTimeout" : "ApiServerUnreachable";
}

const Pattern* pattern_of(const kube::ApiError& error) {
  const auto it = std::ranges::find_if(kPatterns, [&](const Pattern& row) {
    return (row.code == 0 || row.code == error.code) && error.message.contains(row.text);
  });
  return it == kPatterns.end() ? nullptr : &*it;
}

/// On one line and within the bound, cut between characters.
std::string shortened(std::string_view message) {
  return text::truncate(text::on_one_line(std::string(message)), kMaxApiMessageBytes, " ...");
}

std::string advice_of(const Step& step, std::string_view reason) {
  if (reason == "FieldImmutable") {
    return fmt::format("; delete {} {}, and it will be created again", step.resource->kind, step.name);
  }
  if (reason == kNameTaken) return "; delete it, or rename the InferenceService";
  return {};
}

std::string absent_text(const Step& step) {
  std::string text = fmt::format("{} {}: the cluster does not serve {} of {}", step.resource->kind, step.name,
                                 step.resource->plural, step.resource->api_version());
  const auto it = std::ranges::find(kAbsentKinds, step.resource->group, &AbsentKind::group);
  return it == kAbsentKinds.end() ? text : fmt::format("{}; {}", text, it->advice);
}

}  // namespace

ApplyProblem problem_of(const Step& step, const kube::ApiError& error) {
  ApplyProblem problem{.component = step.component, .reason = "ApiServerError", .text = {}};
  if (error.kind != Kind::kStatus) {
    problem.reason = transport_reason(error.kind);
  } else if (const Pattern* pattern = pattern_of(error)) {
    problem.reason = pattern->reason;
    problem.transient = pattern->transient;
  } else if (error.code >= 400 && error.code < 500) {
    problem.reason = "Refused";
    problem.transient = false;
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
