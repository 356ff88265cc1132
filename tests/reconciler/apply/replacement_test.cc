// SPDX-License-Identifier: Apache-2.0
//
// Which objects may go before the one that takes their place, and which refusals ask for it.
#include "reconciler/apply/replacement.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <ostream>

namespace modelgate::reconciler {
namespace {

constexpr std::array kAutoscalers{&kube::kHorizontalPodAutoscalers, &kube::kScaledObjects};
constexpr std::array kRoutes{&kube::kIngresses, &kube::kHttpRoutes, &kube::kVirtualServices};
constexpr std::array kOthers{&kube::kDeployments, &kube::kServices, &kube::kConfigMaps,
                             &kube::kOpenTelemetryCollectors};

bool both_in(const auto& kinds, const kube::Resource* a, const kube::Resource* b) {
  return a != b && std::ranges::find(kinds, a) != kinds.end() && std::ranges::find(kinds, b) != kinds.end();
}

TEST(ReplacementOf, HasEachPairOfAutoscalersAndOfRoutes) {
  std::vector<const kube::Resource*> all(kAutoscalers.begin(), kAutoscalers.end());
  all.insert(all.end(), kRoutes.begin(), kRoutes.end());
  all.insert(all.end(), kOthers.begin(), kOthers.end());
  for (const kube::Resource* a : all) {
    for (const kube::Resource* b : all) {
      const Replacement* found = replacement_of(*a, *b);
      const bool scales = both_in(kAutoscalers, a, b);
      EXPECT_EQ(found != nullptr, scales || both_in(kRoutes, a, b)) << a->kind << " " << b->kind;
      if (found) EXPECT_EQ(found->at_once, scales) << a->kind << " " << b->kind;
    }
  }
}

struct RefusalCase {
  const char* name;
  const kube::Resource& old;
  int code;
  const char* message;
  bool in_the_way;
};

void PrintTo(const RefusalCase& c, std::ostream* out) {
  *out << c.name;
}

class Refusals : public testing::TestWithParam<RefusalCase> {};

TEST_P(Refusals, BlameTheOldObject) {
  const RefusalCase& c = GetParam();
  EXPECT_EQ(is_in_the_way({.code = c.code, .message = c.message}, c.old, "iris-predictor"), c.in_the_way)
      << c.message;
}

const kube::Resource& kHpa = kube::kHorizontalPodAutoscalers;
const kube::Resource& kKeda = kube::kScaledObjects;
#define WEBHOOK "admission webhook \"x.example.com\" denied the request: "
#define POLICY \
  "scaledobjects.keda.sh \"iris-predictor\" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: "

INSTANTIATE_TEST_SUITE_P(
    OfAutoscalers, Refusals,
    testing::Values(
        RefusalCase{
            "KedasWebhook", kHpa, 403,
            WEBHOOK
            "the workload 'iris-predictor' of type 'apps/v1.Deployment' is already managed by the hpa "
            "'iris-predictor'",
            true},
        RefusalCase{"APolicy", kHpa, 422,
                    POLICY "the workload is already managed by the hpa 'iris-predictor'", true},
        RefusalCase{"ByKindAndName", kHpa, 403, WEBHOOK "delete HorizontalPodAutoscaler iris-predictor first",
                    true},
        RefusalCase{"AtTheEndOfASentence", kHpa, 403, WEBHOOK "it collides with HPA iris-predictor.", true},
        RefusalCase{"Generally", kHpa, 403, WEBHOOK "the workload already has an autoscaler", true},
        RefusalCase{"TheOtherWay", kKeda, 403, WEBHOOK "already scaled by ScaledObject ns/iris-predictor",
                    true},
        RefusalCase{"InTwoWords", kKeda, 403, WEBHOOK "a scaled object already exists", true},
        RefusalCase{"TheOtherWayByShortName", kKeda, 403, WEBHOOK "so/iris-predictor already scales this",
                    true},
        RefusalCase{"AnotherReason", kHpa, 403, WEBHOOK "label team is missing", false},
        RefusalCase{"AnotherReasonOfAPolicy", kHpa, 422, POLICY "label team is missing", false},
        RefusalCase{"ANameAlone", kHpa, 403, WEBHOOK "iris-predictor needs the label team", false},
        RefusalCase{"AKindAlone", kHpa, 403, WEBHOOK "use an HPA instead of KEDA", false},
        RefusalCase{"TheNewKind", kHpa, 403, WEBHOOK "ScaledObject iris-predictor needs the label team",
                    false},
        RefusalCase{"AnotherObject", kHpa, 403,
                    WEBHOOK "the workload 'iris-predictor' is already managed by the ScaledObject 'other'",
                    false},
        RefusalCase{"AnotherHpa", kHpa, 403, WEBHOOK "HPA iris-predictor-2 is too large", false},
        RefusalCase{"AQuota", kHpa, 403, "exceeded quota: q, requested: count/scaledobjects.keda.sh=1",
                    false},
        RefusalCase{"TheApiServerFails", kHpa, 500, "already managed by the hpa 'iris-predictor'", false}),
    [](const auto& info) { return std::string(info.param.name); });

INSTANTIATE_TEST_SUITE_P(
    OfRoutes, Refusals,
    testing::Values(
        RefusalCase{"IngressNginx", kube::kIngresses, 403,
                    WEBHOOK
                    "host \"a.example.com\" and path \"/\" is already defined in ingress ns/iris-predictor",
                    true},
        RefusalCase{"AHost", kube::kHttpRoutes, 403, WEBHOOK "host a.example.com is already taken", true},
        RefusalCase{"VirtualService", kube::kVirtualServices, 403,
                    WEBHOOK "conflicts with VirtualService iris-predictor", true},
        RefusalCase{"AnotherReason", kube::kIngresses, 403, WEBHOOK "host a.example.com is not allowed",
                    false}),
    [](const auto& info) { return std::string(info.param.name); });

INSTANTIATE_TEST_SUITE_P(OfOthers, Refusals,
                         testing::Values(RefusalCase{"ADeployment", kube::kDeployments, 403,
                                                     WEBHOOK "Deployment iris-predictor already exists",
                                                     false},
                                         RefusalCase{"AService", kube::kServices, 422,
                                                     "Service iris-predictor already exists", false}),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace modelgate::reconciler
