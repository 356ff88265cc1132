// SPDX-License-Identifier: Apache-2.0
#include "reconciler/apply/apply_problem.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <utility>

#include "tests/hostile_text.h"

namespace modelgate::reconciler {
namespace {

using testing::HasSubstr;

Step step(const kube::Resource& resource) {
  return {
      .kind = Step::Kind::kApply, .resource = &resource, .ns = "ns", .name = "a", .component = "predictor"};
}

struct ProblemCase {
  const char* name;
  kube::ApiError error;
  const char* reason;
  bool transient;
  const char* text;
};

void PrintTo(const ProblemCase& c, std::ostream* out) {
  *out << c.name;
}

class Problems : public testing::TestWithParam<ProblemCase> {};

TEST_P(Problems, HaveAReasonAndAText) {
  const ApplyProblem problem = problem_of(step(kube::kHttpRoutes), GetParam().error);
  EXPECT_EQ(problem.reason, GetParam().reason);
  EXPECT_EQ(problem.transient, GetParam().transient);
  EXPECT_EQ(problem.component, "predictor");
  EXPECT_THAT(problem.text, HasSubstr("HTTPRoute a"));
  EXPECT_THAT(problem.text, HasSubstr(GetParam().text));
  EXPECT_EQ(problem.text.find('\n'), std::string::npos);
  EXPECT_LE(problem.text.size(), kMaxApiMessageBytes + 200);
}

kube::ApiError error(int code, std::string reason, std::string message) {
  return {.code = code, .reason = std::move(reason), .message = std::move(message)};
}

INSTANTIATE_TEST_SUITE_P(
    Table, Problems,
    testing::Values(
        ProblemCase{"Quota", error(403, "Forbidden", "forbidden: exceeded quota: q, requested: x"),
                    "QuotaExceeded", true, "exceeded quota: q"},
        ProblemCase{"Permissions", error(403, "Forbidden", "User \"x\" cannot patch"), "Forbidden", true,
                    "cannot patch"},
        ProblemCase{"Terminating", error(403, "Forbidden", "because it is being terminated"),
                    "NamespaceTerminating", false, "terminated"},
        ProblemCase{"NamespaceGone", error(404, "NotFound", "namespaces \"ns\" not found"),
                    "NamespaceTerminating", false, "namespaces"},
        ProblemCase{"GroupNotServed", error(404, "NotFound", "404 page not found"), "KindAbsent", false,
                    "httproutes of gateway.networking.k8s.io/v1; install the Gateway API"},
        ProblemCase{"KindNotServed",
                    error(404, "NotFound", "the server could not find the requested resource"), "KindAbsent",
                    false, "enableGatewayApi"},
        ProblemCase{"Webhook", error(400, "", "admission webhook \"w\" denied the request: exceeded quota"),
                    "DeniedByWebhook", false, "\"w\" denied"},
        ProblemCase{"WebhookDown", error(500, "InternalError", "failed calling webhook \"w\": refused"),
                    "WebhookFailed", true, "\"w\""},
        ProblemCase{"Policy", error(422, "Invalid", "ValidatingAdmissionPolicy 'p' denied request: no"),
                    "DeniedByPolicy", false, "'p'"},
        ProblemCase{"Immutable",
                    error(422, "Invalid", "spec.selector: Invalid value: {}: field is immutable"),
                    "FieldImmutable", false, "delete HTTPRoute a, and it will be created again"},
        ProblemCase{"Invalid", error(422, "Invalid", "spec.rules: Required\nvalue"), "Invalid", false,
                    "spec.rules: Required value"},
        ProblemCase{
            "Fields",
            error(409, "Conflict", "Apply failed with 1 conflict: conflict with \"helm\" using v1: .spec"),
            "NameTaken", false, "\"helm\""},
        ProblemCase{"Busy", error(429, "TooManyRequests", "wait"), "ApiServerBusy", true, "wait"},
        ProblemCase{"Broken", error(503, "ServiceUnavailable", "etcd"), "ApiServerError", true, "etcd"},
        ProblemCase{"Unknown", error(413, "RequestEntityTooLarge", "too large"), "Refused", false,
                    "too large"},
        ProblemCase{"Deadline",
                    {.kind = kube::ApiError::Kind::kDeadline, .message = "the deadline passed"},
                    "ApiServerTimeout",
                    true,
                    "deadline"},
        ProblemCase{"NoConnection",
                    {.kind = kube::ApiError::Kind::kConnection, .message = "connection refused"},
                    "ApiServerUnreachable",
                    true,
                    "refused"}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(ProblemOf, CutsLongMessagesBetweenCharacters) {
  const auto text_of = [](std::size_t before) {
    const std::string words = std::string(before, 'x') + "\xC3\xA4" + std::string(2000, 'y');
    return problem_of(step(kube::kServices), error(422, "Invalid", words)).text;
  };
  EXPECT_EQ(text_of(kMaxApiMessageBytes - 1),
            "Service a: " + std::string(kMaxApiMessageBytes - 1, 'x') + " ...");
  EXPECT_EQ(text_of(kMaxApiMessageBytes - 2),
            "Service a: " + std::string(kMaxApiMessageBytes - 2, 'x') + "\xC3\xA4 ...");
}

TEST(ProblemOf, ShowsNoHostileText) {
  for (const std::string& hostile : hostile_texts()) {
    EXPECT_EQ(raw_character(problem_of(step(kube::kServices), error(422, "Invalid", hostile)).text), "");
  }
}

}  // namespace
}  // namespace modelgate::reconciler
