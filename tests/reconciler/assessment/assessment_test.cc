// SPDX-License-Identifier: Apache-2.0
//
// Assessments from a cache that the test fills: that requests wait for pending writes. tests/workload covers what is
// built; tests/cluster the whole path.
#include "reconciler/assessment/assessment.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "kube/client/knative_kinds.h"
#include "tests/kube/client/fake_api_server.h"
#include "tests/reconciler/cluster_objects.h"
#include "tests/workload/children/service_world.h"

namespace modelgate::reconciler {
namespace {

constexpr std::string_view kUp =
    R"({"observedGeneration":1,"replicas":1,"updatedReplicas":1,"availableReplicas":1,"conditions":[)"
    R"({"type":"Available","status":"True"}]})";

/// A Deployment of a predictor: "<name>-predictor".
kube::Object version(std::string name, std::string managed_fields = "[]") {
  return deployment_object({.name = name,
                            .uid = "uid-" + name,
                            .service = "m",
                            .service_uid = "u-1",
                            .extra = R"("generation":1,"labels":{"component":"predictor"})",
                            .status = std::string(kUp),
                            .managed_fields = std::move(managed_fields)});
}

/// Assesses the service "m" in the namespace "default", in a cluster from which kinds may be absent.
class AssessmentTest : public testing::Test {
 protected:
  explicit AssessmentTest(unsigned settings) : world_(settings) {}

  /// Calls `check` with the assessment of the service, built if it is served.
  template <class Check>
  void assess(Check check) {
    kube::run_with_client(server_.config(), {}, [&](kube::Client& client) -> kube::Task<void> {
      const std::shared_ptr<const spec::Catalog> catalog(std::shared_ptr<void>(), &world_.catalog());
      const auto record = cache_.service({"default", "m"});
      Assessment assessment(record.value(), catalog, surroundings_);
      const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
      if (assessment.verdict() == Assessment::Verdict::kServe) co_await assessment.build(client, until);
      check(assessment);
    });
  }

  const kube::Resource* absent_ = nullptr;
  workload::ServiceWorld world_;
  kube::FakeApiServer server_;
  Cache cache_{[](const ServiceKey&, Priority) {}};
  AppliedMemory memory_;
  Surroundings surroundings_{cache_, memory_,
                             [this](const kube::Resource& resource) { return &resource == absent_; }};
};

/// The canary "next" had all requests; now it is the predictor, and the service lists no canary any more.
class Promotion : public AssessmentTest {
 protected:
  Promotion() : AssessmentTest(workload::kGatewayApi) {
    spec::Value service = world_.service(
        "{metadata: {resourceVersion: '5', finalizers: [inferenceservice.finalizers]}, status: "
        "{observedGeneration: "
        "3, deploymentMode: Standard}, spec: {predictor: {model: {modelFormat: {name: sklearn}, runtime: rt, "
        "storageUri: 's3://b/2'}}}}");
    cache_.put(kube::kInferenceServices, object_of(spec::to_json(service)));
    const std::string ours = managed("modelgate-reconciler", "Apply", R"({"f:spec":{"f:replicas":{}}})");
    cache_.put(kube::kDeployments, version("m", "[" + ours + "]"));
    cache_.put(kube::kDeployments, version("m-next"));
    for (const std::string name : {"m", "m-next"})
      cache_.put(kube::kServices,
                 child_object("v1", "Service",
                              {.name = name, .uid = "uid-" + name, .service = "m", .service_uid = "u-1"}));
    for (const std::string_view route : {"m", "m-predictor"})
      cache_.put(kube::kHttpRoutes, route_to_canary(route));
  }

  static kube::Object route_to_canary(std::string_view name, int percent = 100) {
    return object_of(fmt::format(
        R"({{"apiVersion":"gateway.networking.k8s.io/v1","kind":"HTTPRoute","metadata":{{"name":"{0}",)"
        R"("namespace":"default","uid":"uid-{0}-route","resourceVersion":"1","ownerReferences":[{{)"
        R"("apiVersion":"serving.kserve.io/v1beta1","kind":"InferenceService","name":"m","uid":"u-1",)"
        R"("controller":true}}]}},"spec":{{"rules":[{{"backendRefs":[{{"name":"m-predictor","weight":{1}}},)"
        R"({{"name":"m-next-predictor","weight":{2}}}]}}]}}}})",
        name, 100 - percent, percent));
  }

  /// "next 100": the weights in the desired route.
  static std::string share(const Assessment& assessment) {
    std::string out;
    for (const workload::WantedObject& wanted : assessment.wanted().objects) {
      const spec::ObjectView object(wanted.object);
      if (object.string("kind") != "HTTPRoute" || object.object("metadata").string("name") != "m") continue;
      for (const spec::ObjectView rule : object.object("spec").list("rules")) {
        for (const spec::ObjectView to : rule.list("backendRefs"))
          out += fmt::format("{} {} ", to.string("name"), to.integer("weight").value_or(100));
        break;
      }
    }
    return out;
  }
};

TEST_F(Promotion, WaitsForADeploymentWithAPendingWrite) {
  std::string wanted_digest;
  assess([&](const Assessment& assessment) {
    EXPECT_EQ(share(assessment), "m-predictor 0 m-next-predictor 100 ");
    EXPECT_TRUE(assessment.needs_requeue());
    const auto& steps = assessment.plan().steps;
    const auto step = std::ranges::find_if(
        steps, [](const Step& s) { return s.resource == &kube::kDeployments && s.name == "m-predictor"; });
    ASSERT_NE(step, steps.end());
    EXPECT_TRUE(std::ranges::none_of(steps, [](const Step& s) { return s.kind == Step::Kind::kDelete; }));
    wanted_digest = step->wanted_digest;
  });
  const auto child = cache_.child(kube::kDeployments, "default", "m-predictor");
  memory_.remember(child->uid, {.wanted_digest = wanted_digest, .reply_digest = child->applied_digest});
  assess([&](const Assessment& assessment) {
    EXPECT_EQ(share(assessment), "m-predictor 1 ");  // alone
    EXPECT_FALSE(assessment.needs_requeue());
  });
}

/// The canary's share changes from 20 to 50 and the predictor's model changes, which both Deployments get.
TEST_F(Promotion, WeightsStayWhileNeitherVersionIsWritten) {
  spec::Value service = world_.service(
      "{metadata: {resourceVersion: '6', generation: 4, finalizers: [inferenceservice.finalizers]}, status: "
      "{observedGeneration: 4, deploymentMode: Standard}, spec: {predictor: {model: {modelFormat: {name: "
      "sklearn}, runtime: rt, storageUri: 's3://b/2'}}, canary: [{trafficPercent: 50, predictor: {name: next}}]}}");
  cache_.put(kube::kInferenceServices, object_of(spec::to_json(service)));
  for (const std::string_view route : {"m", "m-predictor"})
    cache_.put(kube::kHttpRoutes, route_to_canary(route, 20));
  assess([&](const Assessment& assessment) {
    EXPECT_EQ(share(assessment), "m-predictor 80 m-next-predictor 20 ");
  });
}

/// A service in Knative mode, in a cluster with Knative or without.
class InKnativeMode : public AssessmentTest {
 protected:
  InKnativeMode() : AssessmentTest(0) {
    spec::Value service = world_.service(
        "{metadata: {resourceVersion: '5', finalizers: [inferenceservice.finalizers], annotations: "
        "{serving.kserve.io/deploymentMode: Knative}}, spec: {predictor: {model: {modelFormat: {name: sklearn}, "
        "runtime: rt, storageUri: 's3://b/2'}}}}");
    cache_.put(kube::kInferenceServices, object_of(spec::to_json(service)));
  }

  void observe(std::string_view ready) {
    cache_.put(
        kube::kKnativeServices,
        object_of(fmt::format(
            R"({{"apiVersion":"serving.knative.dev/v1","kind":"Service","metadata":{{"name":"m-predictor",)"
            R"("namespace":"default","uid":"uid-k","resourceVersion":"8","ownerReferences":[{{)"
            R"("apiVersion":"serving.kserve.io/v1beta1","kind":"InferenceService","name":"m","uid":"u-1",)"
            R"("controller":true}}]}},"status":{{"url":"http://m-predictor.default.example.com",)"
            R"("latestReadyRevisionName":"r-1","latestCreatedRevisionName":"r-1","traffic":[{{"latestRevision":true,)"
            R"("percent":100,"revisionName":"r-1"}}],"conditions":[{{"type":"Ready","status":"{0}"}},)"
            R"({{"type":"RoutesReady","status":"{0}"}},{{"type":"ConfigurationsReady","status":"{0}"}}]}}}})",
            ready)));
  }

  static std::vector<std::string> created(const Assessment& assessment) {
    std::vector<std::string> out;
    for (const Step& step : assessment.plan().steps) {
      if (step.kind == Step::Kind::kCreate)
        out.push_back(fmt::format("{} {}", step.resource->api_version(), step.name));
    }
    return out;
  }

  static std::string condition(const spec::Value& status, std::string_view type) {
    return std::string(condition_of(spec::ObjectView(status), type).string("status"));
  }
};

TEST_F(InKnativeMode, CreatesAKnativeService) {
  assess([](Assessment& assessment) {
    EXPECT_EQ(created(assessment), (std::vector<std::string>{"serving.knative.dev/v1 m-predictor", "v1 m"}));
    EXPECT_EQ(condition(assessment.status("2026-01-01T00:00:00Z"), "Ready"), "Unknown");
  });
}

TEST_F(InKnativeMode, RoutesTheServiceWhenThePredictorIsReady) {
  observe("True");
  assess([](Assessment& assessment) {
    EXPECT_EQ(created(assessment), (std::vector<std::string>{"networking.istio.io/v1beta1 m", "v1 m"}));
    const spec::Value status = assessment.status("2026-01-01T00:00:00Z");
    EXPECT_EQ(condition(status, "PredictorReady"), "True");
    EXPECT_EQ(condition(status, "IngressReady"), "False") << "the VirtualService does not exist yet";
    EXPECT_EQ(
        spec::ObjectView(status).object("components").object("predictor").string("latestRolledoutRevision"),
        "r-1");
  });
}

TEST_F(InKnativeMode, IsRefusedWithoutKnative) {
  absent_ = &kube::kKnativeServices;
  assess([](Assessment& assessment) {
    EXPECT_EQ(assessment.verdict(), Assessment::Verdict::kRefuse);
    const spec::Value status = assessment.status("2026-01-01T00:00:00Z");
    EXPECT_EQ(condition(status, "Ready"), "False");
    EXPECT_EQ(condition_of(spec::ObjectView(status), "Ready").string("reason"), "KnativeNotServed");
  });
}

}  // namespace
}  // namespace modelgate::reconciler
