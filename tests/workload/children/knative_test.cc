// SPDX-License-Identifier: Apache-2.0
//
// The objects of a service in Knative mode. tests/conformance/knative.py compares them with KServe's.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/workload/children/service_world.h"
#include "workload/children/knative_pod.h"

namespace modelgate::workload {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr std::string_view kPredictorService = "Service/m-predictor";
constexpr std::string_view kAnnotations = "/spec/template/metadata/annotations/";

std::string annotation(std::string_view name) {
  std::string escaped(name);
  if (const auto slash = escaped.find('/'); slash != std::string::npos) escaped.replace(slash, 1, "~1");
  return std::string(kAnnotations) + escaped;
}

/// A service with this predictor, beside a model that the runtime `rt` serves.
std::string service(std::string_view predictor, std::string_view metadata = "{}",
                    std::string_view more = "") {
  return fmt::format(
      "metadata: {}\nspec:\n  predictor: {{model: {{modelFormat: {{name: sklearn}}, runtime: rt, storageUri: 's3://b/m'}}"
      "{}{}}}\n{}",
      metadata, predictor.empty() ? "" : ", ", predictor, more);
}

class Knative : public testing::TestWithParam<unsigned> {
 protected:
  Knative() { world_.knative = true; }

  Rendered render(std::string_view yaml, std::string entrance_host = "m-predictor.default.example.com") {
    const ReadyComponents ready{
        .predictor = true, .transformer = true, .explainer = true, .entrance_host = std::move(entrance_host)};
    return world_.render(yaml, &ready);
  }

  ServiceWorld world_{GetParam()};
};

struct Annotated {
  std::string_view name;
  std::string_view predictor;
  std::string_view annotation;
  std::string_view expected;
  std::string_view metadata = "{}";
};

TEST_P(Knative, AnnotatesTheRevision) {
  constexpr Annotated kCases[] = {
      {"class", "", "autoscaling.knative.dev/class", R"("kpa.autoscaling.knative.dev")"},
      {"the service's class", "", "autoscaling.knative.dev/class", R"("hpa.autoscaling.knative.dev")",
       "{annotations: {autoscaling.knative.dev/class: hpa.autoscaling.knative.dev}}"},
      {"one replica at least", "", "autoscaling.knative.dev/min-scale", R"("1")"},
      {"scaling to zero", "minReplicas: 0", "autoscaling.knative.dev/min-scale", R"("0")"},
      {"minReplicas replaces the annotation", "minReplicas: 2", "autoscaling.knative.dev/min-scale", R"("2")",
       "{annotations: {autoscaling.knative.dev/min-scale: '5'}}"},
      {"no maximum", "", "autoscaling.knative.dev/max-scale", "-"},
      {"no maximum by 0", "maxReplicas: 0", "autoscaling.knative.dev/max-scale", "-"},
      {"maximum", "maxReplicas: 3", "autoscaling.knative.dev/max-scale", R"("3")"},
      {"target", "scaleTarget: 10", "autoscaling.knative.dev/target", R"("10")"},
      {"metric", "scaleMetric: rps", "autoscaling.knative.dev/metric", R"("rps")"},
      {"no metric", "", "autoscaling.knative.dev/metric", "-"},
      {"initial scale", "", "autoscaling.knative.dev/initial-scale", R"("2")",
       "{annotations: {autoscaling.knative.dev/initial-scale: '2'}}"},
      {"initial scale that is no number", "", "autoscaling.knative.dev/initial-scale", "-",
       "{annotations: {autoscaling.knative.dev/initial-scale: two}}"},
      {"scale-down delay", "", "autoscaling.knative.dev/scale-down-delay", R"("15m")",
       "{annotations: {autoscaling.knative.dev/scale-down-delay: 15m}}"},
      {"rollout duration", "", "serving.knative.dev/rollout-duration", "-",
       "{annotations: {serving.knative.dev/rollout-duration: 60s}}"},
      {"ours", "", "modelgate.io/defaults", "-", "{annotations: {modelgate.io/defaults: x}}"},
  };
  for (const Annotated& c : kCases) {
    const Rendered r = render(service(c.predictor, c.metadata));
    EXPECT_EQ(r.json(kPredictorService, annotation(c.annotation)), c.expected) << c.name;
  }
}

TEST_P(Knative, RolloutDurationIsOfTheService) {
  const Rendered r = render(service("", "{annotations: {serving.knative.dev/rollout-duration: 60s}}"));
  EXPECT_EQ(r.json(kPredictorService, "/metadata/annotations"),
            R"({"serving.knative.dev/rollout-duration":"60s"})");
}

TEST_P(Knative, LeavesOutWhatKnativeFillsIn) {
  const Rendered r = render(service(""));
  EXPECT_EQ(r.json(kPredictorService, "/apiVersion"), R"("serving.knative.dev/v1")");
  for (const std::string_view field :
       {"containerConcurrency", "timeoutSeconds", "responseStartTimeoutSeconds",
        "terminationGracePeriodSeconds", "restartPolicy", "securityContext"})
    EXPECT_EQ(r.json(kPredictorService, fmt::format("/spec/template/spec/{}", field)), "-") << field;
}

TEST_P(Knative, SetsConcurrencyAndTimeouts) {
  const Rendered r = render(service("containerConcurrency: 4, timeout: 60"));
  EXPECT_EQ(r.json(kPredictorService, "/spec/template/spec/containerConcurrency"), "4");
  EXPECT_EQ(r.json(kPredictorService, "/spec/template/spec/timeoutSeconds"), "60");
  EXPECT_EQ(r.json(kPredictorService, "/spec/template/spec/responseStartTimeoutSeconds"), "60");
}

TEST_P(Knative, HasNoLabelOfStandardMode) {
  const Rendered r =
      render(service("", "{labels: {team: a, networking.knative.dev/visibility: cluster-local}}"));
  EXPECT_EQ(r.json(kPredictorService, "/spec/template/metadata/labels/app"), "-");
  EXPECT_EQ(r.json(kPredictorService, "/spec/template/metadata/labels/team"), R"("a")");
  // Denied in revisions, needed by the Service.
  EXPECT_EQ(r.json(kPredictorService, "/spec/template/metadata/labels/networking.knative.dev~1visibility"),
            "-");
  EXPECT_EQ(r.json(kPredictorService, "/metadata/labels/networking.knative.dev~1visibility"),
            R"("cluster-local")");
}

struct Traffic {
  std::string_view name;
  std::string_view predictor;
  std::string_view status;  // of the predictor
  std::string_view expected;
  std::string_view metadata = "{}";
};

TEST_P(Knative, SharesTraffic) {
  constexpr std::string_view kAll = R"([{"latestRevision":true,"percent":100}])";
  constexpr std::string_view kRolledOut = "{latestRolledoutRevision: r-1}";
  constexpr Traffic kCases[] = {
      {"no canary", "", kRolledOut, kAll},
      {"nothing was rolled out", "canaryTrafficPercent: 10", "{latestCreatedRevision: r-1}", kAll},
      {"canary", "canaryTrafficPercent: 10", kRolledOut,
       R"([{"latestRevision":true,"percent":10},{"latestRevision":false,"percent":90,"revisionName":"r-1","tag":"prev"}])"},
      {"rollback", "canaryTrafficPercent: 0", kRolledOut,
       R"([{"latestRevision":true,"percent":0},{"latestRevision":false,"percent":100,"revisionName":"r-1","tag":"prev"}])"},
      {"promotion", "canaryTrafficPercent: 100", kRolledOut, kAll},
      {"tag", "", kRolledOut, R"([{"latestRevision":true,"percent":100,"tag":"latest"}])",
       "{annotations: {serving.kserve.io/enable-tag-routing: 'true'}}"},
      {"tag of a canary", "canaryTrafficPercent: 99", kRolledOut,
       R"([{"latestRevision":true,"percent":99,"tag":"latest"},{"latestRevision":false,"percent":1,"revisionName":"r-1","tag":"prev"}])",
       "{annotations: {serving.kserve.io/enable-tag-routing: 'true'}}"},
  };
  for (const Traffic& c : kCases) {
    const std::string status = fmt::format("status: {{components: {{predictor: {}}}}}\n", c.status);
    const Rendered r = render(service(c.predictor, c.metadata, status));
    EXPECT_EQ(r.json(kPredictorService, "/spec/traffic"), c.expected) << c.name;
  }
}

TEST_P(Knative, DropsFieldsOfPodsThatKnativeDoesNotHave) {
  const Rendered r = render(service("hostname: h, nodeSelector: {a: b}"));
  EXPECT_EQ(r.json(kPredictorService, "/spec/template/spec/hostname"), "-");
  EXPECT_NE(r.json(kPredictorService, "/spec/template/spec/nodeSelector"), "-");
  EXPECT_THAT(r.problems(), Contains("~predictor NotInKnative spec.predictor"));
}

TEST_P(Knative, RoutesTheServiceToItsFirstComponent) {
  constexpr std::string_view kTransformer =
      "  transformer: {containers: [{name: kserve-container, image: example.com/t:v1}]}\n";
  constexpr std::string_view kHost = "/spec/http/0/headers/request/set/Host";
  const Rendered predictor = render(service(""));
  EXPECT_EQ(predictor.json("VirtualService/m", kHost), R"("m-predictor.default.svc.cluster.local")");
  EXPECT_EQ(predictor.json("VirtualService/m", "/spec/hosts"),
            R"(["m.default.svc.cluster.local","m.default.example.com"])");
  EXPECT_EQ(predictor.json("Service/m", "/spec/type"), R"("ExternalName")");
  const Rendered transformer = render(service("", "{}", kTransformer), "m-transformer.default.example.com");
  EXPECT_EQ(transformer.json("VirtualService/m", kHost), R"("m-transformer.default.svc.cluster.local")");
  EXPECT_EQ(transformer.json("Service/m-transformer", "/apiVersion"), R"("serving.knative.dev/v1")");
}

TEST_P(Knative, RouteOfAServiceWithinTheClusterHasNoOtherHost) {
  const Rendered r = render(service("", "{labels: {networking.knative.dev/visibility: cluster-local}}"),
                            "m-predictor.default.svc.cluster.local");
  EXPECT_EQ(r.json("VirtualService/m", "/spec/hosts"), R"(["m.default.svc.cluster.local"])");
}

TEST_P(Knative, KeepsTheRouteWhileAComponentIsNotReady) {
  const ReadyComponents none{};
  const Rendered r = world_.render(service(""), &none);
  EXPECT_EQ(r.find("VirtualService/m"), nullptr);
  EXPECT_TRUE(r.wanted.retains("VirtualService", "m"));
}

TEST_P(Knative, StoppedServiceHasNoObjects) {
  const Rendered r = render(service("", "{annotations: {serving.kserve.io/stop: 'true'}}"));
  EXPECT_TRUE(r.wanted.stopped);
  EXPECT_THAT(r.names(), IsEmpty());
}

TEST_P(Knative, HasNoObjectsOfStandardMode) {
  const Rendered r = render(service("maxReplicas: 3"));
  EXPECT_THAT(r.names(), ElementsAre("Service m-predictor", "VirtualService m", "Service m"));
}

TEST_P(Knative, ZeroInitialScaleIsLookedUp) {
  const Rendered r = render(service("", "{annotations: {autoscaling.knative.dev/initial-scale: '0'}}"));
  ASSERT_EQ(r.wanted.needs.size(), 1U);
  EXPECT_EQ(r.wanted.needs[0].name, "config-autoscaler");
  EXPECT_EQ(r.json(kPredictorService, annotation("autoscaling.knative.dev/initial-scale")), R"("0")");
}

INSTANTIATE_TEST_SUITE_P(Modes, Knative, testing::Values(0U, unsigned{kCompatible}));

TEST(KnativeModes, FormerComponentsRemainInCompatible) {
  for (const unsigned settings : {0U, unsigned{kCompatible}}) {
    ServiceWorld world(settings);
    world.knative = true;
    EXPECT_EQ(world.render(service("")).wanted.retains("Service", "m-transformer"), settings == kCompatible);
  }
}

TEST(KnativeModes, HostsOfResolversMatchInStrict) {
  const ReadyComponents ready{.predictor = true, .entrance_host = "m-predictor.default.example.com"};
  constexpr std::string_view kOfCluster = "/spec/http/0/match/0/authority/regex";
  ServiceWorld strict;
  strict.knative = true;
  EXPECT_EQ(strict.render(service(""), &ready).json("VirtualService/m", kOfCluster),
            R"("(?i)^m\\.default(\\.svc(\\.cluster\\.local)?)?(?::\\d{1,5})?$")");
  ServiceWorld compatible(kCompatible);
  compatible.knative = true;
  EXPECT_EQ(compatible.render(service(""), &ready).json("VirtualService/m", kOfCluster),
            R"("^m\\.default\\.svc\\.cluster\\.local(?::\\d{1,5})?$")");
}

TEST(KnativePod, KeepsKnativesFieldsOnly) {
  spec::Arena arena;
  auto pod = spec::parse_json(
      R"({"hostname": "h", "tolerations": [{"key": "a"}], "containers": [
          {"name": "c", "lifecycle": {}, "resources": {"limits": {"cpu": "1"}, "claims": []}},
          {"name": "d", "lifecycle": {}, "readinessProbe": {"exec": {}, "terminationGracePeriodSeconds": 1}}]})",
      arena);
  EXPECT_THAT(drop_fields_unknown_to_knative(*pod),
              ElementsAre("hostname", "containers[0].lifecycle", "containers[0].resources.claims",
                          "containers[1].readinessProbe.terminationGracePeriodSeconds"));
  EXPECT_THAT(spec::to_json(*pod), Not(HasSubstr("lifecycle")));
  EXPECT_THAT(spec::to_json(*pod), HasSubstr(R"("tolerations":[{"key":"a"}])"));
}

}  // namespace
}  // namespace modelgate::workload
