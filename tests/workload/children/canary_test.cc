// SPDX-License-Identifier: Apache-2.0
//
// How traffic and Pods move between versions, in Strict. A small cluster is simulated: a service is patched,
// the desired objects are applied, and Pods become available one at a time, or never. Invariants are checked
// after each step; each row ends with the expected weights and Pods.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <utility>

#include "spec/view.h"
#include "tests/workload/children/service_world.h"
#include "workload/status/observable.h"
#include "workload/status/ready_components.h"
#include "workload/status/status.h"

namespace modelgate::workload {
namespace {

using spec::ObjectView;
using spec::Value;

struct Deployment {
  std::int64_t replicas = 1;
  std::int64_t available = 0;
  std::int64_t generation = 1;
  std::int64_t observed_generation = 0;
  std::int64_t updated = 0;  // Pods with the current template
  std::string pods;          // Pod template
  std::int64_t least = 0;    // minReplicas of its autoscaler
};

/// The objects of the cluster, and the built-in controllers.
class Cluster {
 public:
  /// Versions whose Pods never become available, and those whose Pods are unschedulable.
  std::set<std::string, std::less<>> broken;
  std::set<std::string, std::less<>> without_room;
  std::map<std::string, Deployment, std::less<>> deployments;
  std::map<std::string, std::int64_t, std::less<>> weights;  // of the service's route
  /// Those that the gateway uses: it takes a changed route later, and reports its generation.
  std::map<std::string, std::int64_t, std::less<>> used_weights;
  std::int64_t route_generation = 0, used_generation = 0;

  void apply(const Wanted& wanted) {
    for (const WantedObject& o : wanted.objects) apply(ObjectView(o.object));
    std::erase_if(deployments, [&](const auto& d) {
      return !lists(wanted, d.first) && !wanted.retains("Deployment", d.first);
    });
  }

  /// The controllers run once: one Pod of each Deployment becomes available or is replaced.
  void tick() {
    used_weights = weights;
    used_generation = route_generation;
    for (auto& [name, d] : deployments) {
      // Without load, the autoscaler scales to its minimum.
      if (d.least > 0) d.replicas = d.least;
      d.observed_generation = d.generation;
      if (broken.contains(name)) {
        d.available = std::min(d.available, d.replicas);
        continue;
      }
      if (d.updated < d.replicas) {
        ++d.updated;
      } else if (d.available < d.replicas && !without_room.contains(name)) {
        ++d.available;
      }
      d.available = std::min(d.available, d.replicas);
      d.updated = std::min(d.updated, d.replicas);
    }
  }

  Observed observed(ServiceWorld& world, std::deque<Value>& values) const {
    Observed out;
    for (const auto& [name, d] : deployments) {
      values.push_back(observable(world.yaml(document(name, d)), world.arena(), "Deployment"));
      out.deployments.push_back(&values.back());
      if (!without_room.contains(name) || d.available >= d.replicas) continue;
      values.push_back(observable(world.yaml(waiting_pod(name)), world.arena(), "Pod"));
      out.pods.push_back(&values.back());
    }
    if (weights.empty()) return out;
    std::string backends;
    for (const auto& [name, weight] : weights)
      backends += fmt::format("{{name: {}, weight: {}}},", name, weight);
    values.push_back(
        observable(world.yaml(fmt::format(
                       "{{metadata: {{name: m, generation: {}}}, spec: {{rules: [{{backendRefs: [{}]}}]}}, "
                       "status: {{parents: [{{conditions: [{{type: Accepted, status: 'True', "
                       "observedGeneration: {}}}]}}]}}}}",
                       route_generation, backends, used_generation)),
                   world.arena(), "HTTPRoute"));
    out.http_routes.push_back(&values.back());
    return out;
  }

 private:
  static bool lists(const Wanted& wanted, std::string_view name) {
    return std::ranges::any_of(wanted.objects, [&](const WantedObject& o) {
      return ObjectView(o.object).string("kind") == "Deployment" &&
             ObjectView(o.object).object("metadata").string("name") == name;
    });
  }

  void apply(const ObjectView& object) {
    const std::string name(object.object("metadata").string("name"));
    const std::string_view kind = object.string("kind");
    if (kind == "Deployment") apply_deployment(deployments[name], object.object("spec"));
    if (kind == "HorizontalPodAutoscaler")
      deployments[name].least = object.object("spec").integer("minReplicas").value_or(1);
    if (kind == "HTTPRoute" && name == "m") take_weights(object);
  }

  static void apply_deployment(Deployment& d, const ObjectView& spec) {
    if (const auto replicas = spec.integer("replicas")) d.replicas = *replicas;
    const std::string pods = spec::to_canonical_json(*spec.object("template").value());
    if (pods == d.pods) return;
    if (!d.pods.empty()) ++d.generation;
    d.pods = pods;
    d.updated = 0;
  }

  void take_weights(const ObjectView& route) {
    const auto before = std::exchange(weights, {});
    const auto backends = route.object("spec").list("rules")[0].list("backendRefs");
    for (const ObjectView& b : backends) {
      weights[std::string(b.string("name"))] = backends.size() == 1 ? 100 : b.integer("weight").value_or(-1);
    }
    if (weights != before) ++route_generation;
  }

  static std::string document(std::string_view name, const Deployment& d) {
    return fmt::format(
        "{{metadata: {{name: {}, generation: {}, labels: {{component: predictor}}}}, spec: {{replicas: {}}}, "
        "status: {{observedGeneration: {}, replicas: {}, updatedReplicas: {}, availableReplicas: {}, "
        "conditions: [{{type: Available, status: '{}'}}, {{type: Progressing, status: 'True'}}]}}}}",
        name, d.generation, d.replicas, d.observed_generation, d.replicas, d.updated, d.available,
        d.available > 0 ? "True" : "False");
  }

  static std::string waiting_pod(std::string_view name) {
    return fmt::format(
        "{{metadata: {{name: {0}-x, labels: {{app: isvc.{0}}}}}, status: {{conditions: [{{type: "
        "PodScheduled, "
        "status: 'False', reason: Unschedulable, message: none}}]}}}}",
        name);
  }
};

struct Play {
  explicit Play(unsigned settings) : world(settings), keeps_used((settings & kCompatible) == 0) {}

  ServiceWorld world;
  std::string autoscaler = "hpa";
  Cluster cluster;
  std::int64_t generation = 0;
  std::int64_t seen_generation = 0;
  std::string spec;
  std::int64_t needed = 0;  // Pods that the traffic needs
  bool served = false;
  bool checks_load = false;
  bool keeps_used;  // what the gateway uses stays; KServe deletes it at once

  void patch(std::string_view to) {
    spec = to;
    ++generation;
  }

  void reconcile() {
    std::deque<Value> values;
    const Observed observed = cluster.observed(world, values);
    Value service = world.service(
        fmt::format("{{metadata: {{annotations: {{serving.kserve.io/autoscalerClass: {}}}}}, spec: {}}}",
                    autoscaler, spec));
    spec::set_member(*spec::find(service, "metadata"), "generation", Value(generation), world.arena());
    Value status(rapidjson::kObjectType);
    status.AddMember("observedGeneration", Value(seen_generation), world.arena());
    spec::set_member(service, "status", std::move(status), world.arena());
    const ServiceContext context{
        .catalog = world.catalog(),
        .ready = ready_components(service, world.catalog().configuration(), observed)};
    const Wanted wanted = build_wanted(service, context, world.arena());
    cluster.apply(wanted);
    seen_generation = generation;
    check();
    if (wanted.waits_for_status) reconcile();
  }

  /// Until nothing changes.
  void settle() {
    reconcile_twice();
    for (int i = 0; i < 40; ++i) {
      cluster.tick();
      reconcile_twice();
    }
  }

  /// The second time with what the first one wrote, before the controllers and the gateway have seen it.
  void reconcile_twice() {
    reconcile();
    reconcile();
  }

  std::int64_t available(std::string_view name) const {
    const auto it = cluster.deployments.find(name);
    return it == cluster.deployments.end() ? 0 : it->second.available;
  }

  void check() {
    SCOPED_TRACE(fmt::format("{} with weights {} and {}", spec, text_of_weights(), text_of_pods()));
    if (cluster.weights.empty()) return;
    std::int64_t sum = 0;
    bool any = false;
    for (const auto& [name, weight] : cluster.weights) any = any || (weight > 0 && available(name) > 0);
    served = served || any;
    for (const auto& [name, weight] : cluster.weights) {
      sum += weight;
      EXPECT_GE(weight, 0);
      EXPECT_TRUE(weight == 0 || cluster.deployments.contains(name)) << name << " does not exist";
      if (any) EXPECT_TRUE(weight == 0 || available(name) > 0) << name << " has no available Pod";
    }
    EXPECT_EQ(sum, 100);
    for (const auto& [name, weight] : cluster.used_weights) {
      EXPECT_TRUE(!keeps_used || weight == 0 || cluster.deployments.contains(name))
          << name << " still gets requests";
    }
    if (checks_load && served && cluster.broken.empty() && cluster.without_room.empty()) check_load();
  }

  /// No Pod gets more traffic than a Pod of a service without canaries, apart from rounding.
  void check_load() {
    std::int64_t pods = 0;
    for (const auto& [name, d] : cluster.deployments) pods += d.available;
    if (pods < needed) return;  // it is still starting
    for (const auto& [name, weight] : cluster.weights) {
      EXPECT_LE(weight * needed, (available(name) + 1) * 100) << name << " is overloaded";
    }
  }

  std::string text_of_weights() const {
    std::string out;
    for (const auto& [name, weight] : cluster.weights)
      out += fmt::format("{}{}={}", out.empty() ? "" : " ", name, weight);
    return out;
  }
  std::string text_of_pods() const {
    std::string out;
    for (const auto& [name, d] : cluster.deployments)
      out += fmt::format("{}{}={}/{}", out.empty() ? "" : " ", name, d.available, d.replicas);
    return out;
  }
};

/// A patch and the state that it leads to.
struct Step {
  std::string spec;
  std::set<std::string, std::less<>> broken = {};
  std::set<std::string, std::less<>> without_room = {};
  const char* weights = "";
  const char* pods = "";
};

struct Row {
  const char* name;
  std::int64_t needed;
  std::vector<Step> steps;
  const char* autoscaler = "hpa";
};

std::string predictor(std::int64_t pods, std::string_view uri = "s3://b/1", std::string_view name = {}) {
  return fmt::format(
      "{{minReplicas: {}, maxReplicas: 10, {}model: {{modelFormat: {{name: sklearn}}, runtime: rt, "
      "storageUri: '{}'}}}}",
      pods, name.empty() ? "" : fmt::format("name: {}, ", name), uri);
}
std::string canary(std::int64_t percent, std::string_view name = "v2", std::string_view uri = "s3://b/2") {
  return fmt::format(
      "{{trafficPercent: {}, predictor: {{name: {}, model: {{modelFormat: {{name: sklearn}}, storageUri: "
      "'{}'}}}}}}",
      percent, name, uri);
}
std::string service(const std::string& stable, const std::string& canaries = {}) {
  return fmt::format("{{predictor: {}{}}}", stable,
                     canaries.empty() ? "" : fmt::format(", canary: [{}]", canaries));
}

class Canary : public ::testing::TestWithParam<Row> {};

TEST_P(Canary, MovesStepByStep) {
  Play play(kGatewayApi);
  play.autoscaler = GetParam().autoscaler;
  play.needed = GetParam().needed;
  play.checks_load = true;
  int number = 0;
  for (const Step& step : GetParam().steps) {
    SCOPED_TRACE(fmt::format("step {}", number++));
    play.cluster.broken = step.broken;
    play.cluster.without_room = step.without_room;
    play.patch(step.spec);
    play.settle();
    EXPECT_EQ(play.text_of_weights(), step.weights);
    EXPECT_EQ(play.text_of_pods(), step.pods);
  }
}

const std::vector<Row> kRows = {
    {"TenFiftyHundredAndBack",
     10,
     {{service(predictor(10)), {}, {}, "m-predictor=100", "m-predictor=10/10"},
      {service(predictor(10), canary(10)),
       {},
       {},
       "m-predictor=90 m-v2-predictor=10",
       "m-predictor=9/9 m-v2-predictor=1/1"},
      {service(predictor(10), canary(50)),
       {},
       {},
       "m-predictor=50 m-v2-predictor=50",
       "m-predictor=5/5 m-v2-predictor=5/5"},
      {service(predictor(10), canary(100)),
       {},
       {},
       "m-predictor=0 m-v2-predictor=100",
       "m-predictor=1/1 m-v2-predictor=10/10"},
      {service(predictor(10), canary(50)),
       {},
       {},
       "m-predictor=50 m-v2-predictor=50",
       "m-predictor=5/5 m-v2-predictor=5/5"},
      {service(predictor(10), canary(10)),
       {},
       {},
       "m-predictor=90 m-v2-predictor=10",
       "m-predictor=9/9 m-v2-predictor=1/1"},
      {service(predictor(10)), {}, {}, "m-predictor=100", "m-predictor=10/10"}}},
    {"WithoutAnAutoscaler",
     4,
     {{service(predictor(4)), {}, {}, "m-predictor=100", "m-predictor=4/4"},
      {service(predictor(4), canary(50)),
       {},
       {},
       "m-predictor=50 m-v2-predictor=50",
       "m-predictor=2/2 m-v2-predictor=2/2"},
      {service(predictor(4), canary(100)),
       {},
       {},
       "m-predictor=0 m-v2-predictor=100",
       "m-predictor=1/1 m-v2-predictor=4/4"},
      {service(predictor(4)), {}, {}, "m-predictor=100", "m-predictor=4/4"}},
     "none"},
    {"OnePodEach",
     1,
     {{service(predictor(1)), {}, {}, "m-predictor=100", "m-predictor=1/1"},
      {service(predictor(1), canary(10)),
       {},
       {},
       "m-predictor=90 m-v2-predictor=10",
       "m-predictor=1/1 m-v2-predictor=1/1"},
      {service(predictor(1), canary(100)),
       {},
       {},
       "m-predictor=0 m-v2-predictor=100",
       "m-predictor=1/1 m-v2-predictor=1/1"},
      {service(predictor(1)), {}, {}, "m-predictor=100", "m-predictor=1/1"}}},
    {"ReducedToZeroAtOnce",
     10,
     {{service(predictor(10), canary(100)),
       {},
       {},
       "m-predictor=0 m-v2-predictor=100",
       "m-predictor=1/1 m-v2-predictor=10/10"},
      {service(predictor(10)), {}, {}, "m-predictor=100", "m-predictor=10/10"}}},
    {"Promoted",
     10,
     {{service(predictor(10), canary(100)),
       {},
       {},
       "m-predictor=0 m-v2-predictor=100",
       "m-predictor=1/1 m-v2-predictor=10/10"},
      {service(predictor(10, "s3://b/2")), {}, {}, "m-predictor=100", "m-predictor=10/10"}}},
    {"NeverReady",
     10,
     {{service(predictor(10)), {}, {}, "m-predictor=100", "m-predictor=10/10"},
      {service(predictor(10), canary(50)),
       {"m-v2-predictor"},
       {},
       "m-predictor=100",
       "m-predictor=10/10 m-v2-predictor=0/5"},
      {service(predictor(10), canary(100)),
       {"m-v2-predictor"},
       {},
       "m-predictor=100",
       "m-predictor=10/10 m-v2-predictor=0/10"},
      {service(predictor(10)), {}, {}, "m-predictor=100", "m-predictor=10/10"}}},
    {"PromotedWithoutRollout",
     2,
     {{service(predictor(2), canary(100)),
       {},
       {},
       "m-predictor=0 m-v2-predictor=100",
       "m-predictor=1/1 m-v2-predictor=2/2"},
      // The stable version does not start: the canary still serves although it is no longer named.
      {service(predictor(2, "s3://b/2")),
       {"m-predictor"},
       {},
       "m-predictor=0 m-v2-predictor=100",
       "m-predictor=1/2 m-v2-predictor=2/2"},
      {service(predictor(2, "s3://b/2")), {}, {}, "m-predictor=100", "m-predictor=2/2"}}},
    {"ReducedWithoutFreeNodes",
     4,
     {{service(predictor(4), canary(100)),
       {},
       {},
       "m-predictor=0 m-v2-predictor=100",
       "m-predictor=1/1 m-v2-predictor=4/4"},
      // The canary occupies its nodes: it takes over with the Pods that it has.
      {service(predictor(4)), {}, {"m-predictor"}, "m-predictor=100", "m-predictor=1/4"}}},
    {"TwoCanariesInTurn",
     10,
     {{service(predictor(10), canary(40, "a") + "," + canary(10, "b")),
       {},
       {},
       "m-a-predictor=40 m-b-predictor=10 m-predictor=50",
       "m-a-predictor=4/4 m-b-predictor=1/1 m-predictor=5/5"},
      {service(predictor(10), canary(10, "a") + "," + canary(40, "b")),
       {},
       {},
       "m-a-predictor=10 m-b-predictor=40 m-predictor=50",
       "m-a-predictor=1/1 m-b-predictor=4/4 m-predictor=5/5"},
      {service(predictor(10), canary(40, "b")),
       {},
       {},
       "m-b-predictor=40 m-predictor=60",
       "m-b-predictor=4/4 m-predictor=6/6"}}},
    {"CanaryWithoutTraffic",
     4,
     {{service(predictor(4), canary(0)),
       {},
       {},
       "m-predictor=100 m-v2-predictor=0",
       "m-predictor=4/4 m-v2-predictor=1/1"}}},
    {"StableVersionIsRenamed",
     3,
     {{service(predictor(3, "s3://b/1", "blue")), {}, {}, "m-blue-predictor=100", "m-blue-predictor=3/3"},
      {service(predictor(3, "s3://b/2", "green")),
       {"m-green-predictor"},
       {},
       "m-blue-predictor=100 m-green-predictor=0",
       "m-blue-predictor=3/3 m-green-predictor=0/3"},
      {service(predictor(3, "s3://b/2", "green")),
       {},
       {},
       "m-green-predictor=100",
       "m-green-predictor=3/3"}}},
    {"CanaryIsPromotedByName",
     4,
     {{service(predictor(4), canary(50)),
       {},
       {},
       "m-predictor=50 m-v2-predictor=50",
       "m-predictor=2/2 m-v2-predictor=2/2"},
      {service(predictor(4, "s3://b/2", "v2")), {}, {}, "m-v2-predictor=100", "m-v2-predictor=4/4"}}}};

INSTANTIATE_TEST_SUITE_P(All, Canary, ::testing::ValuesIn(kRows),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(CanaryServes, WhenTheStableVersionIsDown) {
  Play play(kGatewayApi);
  play.needed = 2;
  play.patch(service(predictor(2), canary(10)));
  play.settle();
  ASSERT_EQ(play.text_of_weights(), "m-predictor=90 m-v2-predictor=10");
  play.cluster.broken = {"m-predictor"};
  play.cluster.deployments["m-predictor"].available = 0;
  play.settle();
  EXPECT_EQ(play.text_of_weights(), "m-predictor=0 m-v2-predictor=100");
  play.cluster.broken = {};
  play.settle();
  EXPECT_EQ(play.text_of_weights(), "m-predictor=90 m-v2-predictor=10");
}

TEST(CanaryShare, StaysWhenOneOfItsPodsFails) {
  Play play(kGatewayApi);
  play.needed = 4;
  play.patch(service(predictor(4), canary(50)));
  play.settle();
  play.cluster.broken = {"m-v2-predictor"};
  play.cluster.deployments["m-v2-predictor"].available = 1;
  play.reconcile();
  EXPECT_EQ(play.text_of_weights(), "m-predictor=50 m-v2-predictor=50");
  play.cluster.deployments["m-v2-predictor"].available = 0;
  play.reconcile();
  EXPECT_EQ(play.text_of_weights(), "m-predictor=100");
}

TEST(CanaryShare, IsNotRoutedToOldPodsDuringPromotion) {
  Play play(kGatewayApi);
  play.patch(service(predictor(2), canary(100)));
  play.settle();
  play.patch(service(predictor(2, "s3://b/2")));
  play.reconcile();
  EXPECT_EQ(play.text_of_weights(), "m-predictor=0 m-v2-predictor=100");
  play.cluster.tick();
  play.reconcile();
  EXPECT_EQ(play.text_of_weights(), "m-predictor=0 m-v2-predictor=100");
  play.settle();
  EXPECT_EQ(play.text_of_weights(), "m-predictor=100");
}

TEST(CanaryInCompatible, MovesAndIsDeletedAtOnce) {
  Play play(kGatewayApi | kCompatible);
  play.patch(service(predictor(10), canary(100)));
  play.settle();
  EXPECT_EQ(play.text_of_weights(), "m-predictor=0 m-v2-predictor=100");
  EXPECT_EQ(play.text_of_pods(), "m-predictor=1/1 m-v2-predictor=10/10");
  play.patch(service(predictor(10)));
  play.reconcile();
  EXPECT_EQ(play.text_of_weights(), "m-predictor=100");
  EXPECT_EQ(play.text_of_pods(), "m-predictor=1/1");
}

TEST(CanaryWithoutASplittingRoute, DoesNotReduceTheStableVersion) {
  for (const unsigned settings : {0U, kGatewayApi | kNoIngress}) {
    Play play(settings);
    play.patch(service(predictor(10), canary(50)));
    play.settle();
    EXPECT_EQ(play.text_of_pods(), "m-predictor=10/10 m-v2-predictor=5/5");
    ServiceWorld world(settings);
    EXPECT_THAT(world.render(fmt::format("spec: {}", play.spec)).problems(),
                ::testing::ElementsAre("~canary TrafficNotSplit spec.canary[0].trafficPercent"));
  }
}

/// Shares are read from a VirtualService as from an HTTPRoute.
TEST(CanaryShare, IsAlsoReadFromVirtualServices) {
  ServiceWorld world;
  const Value document = world.service(fmt::format("spec: {}", service(predictor(1), canary(70))));
  const Value stable = world.yaml("{metadata: {name: m-predictor}, status: {availableReplicas: 1}}");
  const Value route = observable(
      world.yaml(
          "{metadata: {name: m}, spec: {http: [{route: [{destination: {host: m-explainer.default.svc}}]}, "
          "{route: [{destination: {host: m-predictor.default.svc.cluster.local}, weight: 30}, {destination: "
          "{host: m-v2-predictor.default.svc.cluster.local}, weight: 70}]}]}}"),
      world.arena(), "VirtualService");
  const Observed observed{
      .deployments = {&stable}, .pods = {}, .http_routes = {}, .virtual_services = {&route}};
  const ReadyComponents ready = ready_components(document, world.catalog().configuration(), observed);
  ASSERT_EQ(ready.versions.size(), 1U);
  EXPECT_EQ(ready.versions[0].weight, 30);
}

/// Multi-node: Pods of the previous generation use its Services until those of the current one are ready.
TEST(Generations, RetainTheirServicesDuringARollout) {
  ServiceWorld world;
  constexpr std::string_view kNodes =
      "{metadata: {annotations: {serving.kserve.io/autoscalerClass: none}}, spec: {predictor: {model: "
      "{modelFormat: "
      "{name: huggingface}, runtime: nodes}, workerSpec: {}}}, status: {observedGeneration: 3}}";
  for (const bool rolled_out : {false, true}) {
    const ReadyComponents ready{
        .predictor = true,
        .versions = {{.component = "m-predictor", .available = 1, .rolled_out = rolled_out}}};
    const Wanted wanted = world.render(kNodes, &ready).wanted;
    EXPECT_EQ(wanted.retains("Service", "m-head-2"), !rolled_out);
    EXPECT_EQ(wanted.retains("Service", "m-workers-1"), !rolled_out);
    EXPECT_FALSE(wanted.retains("Service", "m-head-3")) << "it is desired";
    EXPECT_FALSE(wanted.retains("Service", "m-head-4"));
  }
}

}  // namespace
}  // namespace modelgate::workload
