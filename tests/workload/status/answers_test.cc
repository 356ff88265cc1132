// SPDX-License-Identifier: Apache-2.0
//
// "A Ready service answers", for generated observations: the status is compared with what a request would get, and
// its parts with each other. reachability_test.cc has single cases.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>
#include <vector>

#include "spec/view.h"
#include "tests/workload/status/status_world.h"
#include "workload/status/conditions.h"

namespace modelgate::workload {
namespace {

using spec::ObjectView;

constexpr int kWorlds = 30;
constexpr int kStates = 20;  // of a service, each with the former's status
constexpr std::string_view kStable = "m-predictor";
constexpr std::string_view kCanaryName = "m-v2-predictor";

/// What is observed of a component. The last member decides whether a request reaches it.
struct Part {
  std::string deployment, service, slice;
  bool available = false, exists = false, endpoint = false;

  bool answers() const { return available && exists && endpoint; }
};

class Scene {
 public:
  Scene(unsigned seed, unsigned settings) : random_(seed), settings_(settings) {
    transforms_ = one_in(3);
    explains_ = one_in(4);
    has_canary_ = one_in(2);
    is_local_ = one_in(6);
  }

  bool strict() const { return (settings_ & kCompatible) == 0; }
  bool gateway() const { return (settings_ & kGatewayApi) != 0; }
  bool has_route() const { return !is_local_ && (settings_ & kNoIngress) == 0; }
  bool stopped = false;

  std::string service() const {
    std::string more;
    if (transforms_) more += ", transformer: {containers: [{name: kserve-container, image: t}]}";
    if (explains_) more += ", explainer: {containers: [{name: kserve-container, image: e}]}";
    if (has_canary_) more += ", canary: [{trafficPercent: 20, predictor: {name: v2}}]";
    return fmt::format(
        "{{metadata: {{generation: {}, labels: {{{}}}, annotations: {{{}}}}}, spec: {{predictor: {{model: "
        "{{modelFormat: {{name: sklearn}}, runtime: rt, storageUri: 's3://b/m'}}}}{}}}}}",
        generation_, is_local_ ? "networking.kserve.io/visibility: cluster-local" : "",
        stopped ? "serving.kserve.io/stop: 'true'" : "", more);
  }

  /// Another state of the cluster, and perhaps of the service.
  std::string observe(std::vector<Problem>& problems) {
    if (one_in(3)) ++generation_;
    stopped = one_in(12);
    if (one_in(8)) has_canary_ = !has_canary_;
    parts.clear();
    for (const std::string_view name :
         {kStable, kCanaryName, std::string_view("m-transformer"), std::string_view("m-explainer")})
      parts[std::string(name)] = part(name);
    make_problems(problems);
    return fmt::format("{{deployments: [{}], services: [{}], slices: [{}], pods: [{}], {}}}",
                       joined(&Part::deployment), joined(&Part::service), joined(&Part::slice),
                       one_in(2) ? pod() : "", route());
  }

  std::map<std::string, Part> parts;

  /// A request from within the cluster, or through the route.
  bool answers() const {
    return parts.at(std::string(kStable)).answers() &&
           (!transforms_ || parts.at("m-transformer").answers()) &&
           (!needs_explainer() || parts.at("m-explainer").answers()) && (!has_route() || routed_);
  }
  bool has_canary() const { return has_canary_; }

 private:
  /// In Compatible, the route to a transformer does not wait for the explainer.
  bool needs_explainer() const { return explains_ && (strict() || !transforms_); }
  bool one_in(unsigned n) { return random_() % n == 0; }

  Part part(std::string_view name) {
    Part out;
    const unsigned state = random_() % 7;
    out.available = state > 1;
    // Fewer than desired, or a rollout without progress: those that are available serve.
    const std::string_view word = state == 2 || !out.available ? "False" : "True";
    const std::string_view progress = state == 3 ? "False" : "True";
    if (state > 0) {
      out.deployment = fmt::format(
          "{{metadata: {{name: {0}, labels: {{app: isvc.{0}{1}}}}}, status: {{availableReplicas: {2}, "
          "conditions: [{{type: Available, status: '{3}'}}, {{type: Progressing, status: '{4}'}}]}}}}",
          name, name.ends_with("predictor") ? ", component: predictor" : "", out.available ? 1 : 0, word,
          progress);
    }
    out.exists = !one_in(6);
    const std::string uid = fmt::format("uid-{}", name);
    if (out.exists) out.service = fmt::format("{{metadata: {{name: {}, uid: {}}}}}", name, uid);
    const unsigned slice = random_() % 8;
    out.endpoint = slice > 2;
    if (slice > 0) {
      out.slice = fmt::format(
          "{{metadata: {{labels: {{kubernetes.io/service-name: {}}}, ownerReferences: [{{kind: Service, uid: "
          "{}}}]}}, endpoints: [{{conditions: {{ready: false}}}}, {{conditions: {{ready: {}}}}}]}}",
          name, slice == 1 ? "uid-former" : uid, slice == 2 ? "false" : "true");
    }
    return out;
  }

  std::string joined(std::string Part::* member) const {
    std::string out;
    for (const auto& [name, part] : parts) {
      if (!(part.*member).empty()) out += (out.empty() ? "" : ", ") + part.*member;
    }
    return out;
  }

  std::string pod() {
    return fmt::format(
        "{{metadata: {{name: p, labels: {{app: isvc.m-predictor}}}}, spec: {{nodeName: n}}, status: {{phase: "
        "Running, {}}}}}",
        one_in(2) ? "conditions: [{type: Ready, status: 'True'}]"
                  : "containerStatuses: [{name: c, state: {waiting: {reason: CrashLoopBackOff}}, lastState: "
                    "{terminated: {exitCode: 1}}}]");
  }

  std::string route() {
    routed_ = true;
    if (gateway()) {
      std::string all;
      for (const std::string_view name : {"m", "m-predictor", "m-transformer", "m-explainer"}) {
        const bool is_needed = name != "m-transformer" && name != "m-explainer";
        const bool counts = is_needed || (name == "m-transformer" ? transforms_ : explains_);
        const unsigned state = random_() % 12;
        if (counts) routed_ = routed_ && state > 3;
        if (state > 0) all += http_route(name, state);
      }
      return fmt::format("routes: [{}]", all);
    }
    const bool exists = !one_in(6);
    const bool has_class = !one_in(4);
    const bool has_address = one_in(3);
    routed_ = exists && (has_class || has_address);
    std::string ingress;
    if (exists)
      ingress = fmt::format("{{metadata: {{name: m}}, status: {{loadBalancer: {}}}}}",
                            has_address ? "{ingress: [{ip: 10.0.0.1}]}" : "{}");
    return fmt::format("ingresses: [{}], classes: [nginx{}]", ingress, has_class ? ", istio" : "");
  }

  static std::string http_route(std::string_view name, unsigned state) {
    const std::string_view parents = state == 1   ? ""
                                     : state == 2 ? "{conditions: [{type: Accepted, status: 'Unknown'}]}"
                                     : state == 3
                                         ? "{conditions: [{type: Accepted, status: 'True'}, {type: "
                                           "ResolvedRefs, status: 'False', reason: BackendNotFound}]}"
                                         : "{conditions: [{type: Accepted, status: 'True'}]}";
    return fmt::format(
        "{{metadata: {{name: {}}}, spec: {{rules: [{{backendRefs: [{{name: m-predictor, weight: 80}}, {{name: "
        "m-v2-predictor, weight: 20}}]}}]}}, status: {{parents: [{}]}}}}, ",
        name, parents);
  }

  void make_problems(std::vector<Problem>& problems) {
    constexpr std::string_view kComponents[] = {kPredictor, kCanary, kIngress, kTransformer, ""};
    problems.clear();
    while (one_in(3)) {
      problems.push_back({.kind = one_in(4) ? Problem::Kind::kNotice : Problem::Kind::kFatal,
                          .component = kComponents[random_() % 5],
                          .reason = "Invalid",
                          .path = {},
                          .text = "no",
                          .transient = one_in(3),
                          .refused = !one_in(3)});
    }
  }

  std::mt19937 random_;
  unsigned settings_;
  bool transforms_ = false, explains_ = false, has_canary_ = false, is_local_ = false, routed_ = false;
  int generation_ = 1;
};

class Answers : public ::testing::TestWithParam<unsigned> {};

/// Phase and conditions agree.
void check_agreement(const StatusWorld& world, const Scene& scene) {
  const std::string phase = world.text("/phase");
  const bool ready = world.condition("Ready").starts_with("True");
  EXPECT_EQ(phase == "Ready", ready && !scene.stopped);
  EXPECT_NE(world.condition("Ready"), "-");
  if (scene.stopped && scene.strict()) {
    EXPECT_EQ(phase, "-");
    EXPECT_FALSE(ready);
  }
  if (!ready) return;
  for (const std::string_view type : {"PredictorReady", "IngressReady"})
    EXPECT_TRUE(world.condition(type).starts_with("True")) << type;
  for (const std::string_view type : {"TransformerReady", "ExplainerReady"}) {
    if (type == "ExplainerReady" && !scene.strict()) continue;
    EXPECT_TRUE(world.condition(type) == "-" || world.condition(type).starts_with("True")) << type;
  }
  EXPECT_EQ(world.condition(kPreviousVersion), "-");
}

/// No share of a route for what does not answer: not in a desired route, nor in one that stays as it is.
void check_weights(const StatusWorld& world, const Scene& scene) {
  int routes = 0;
  for (const WantedObject& wanted : world.wanted().objects) {
    const ObjectView object(wanted.object);
    if (object.string("kind") != "HTTPRoute") continue;
    ++routes;
    for (const ObjectView& rule : object.object("spec").list("rules")) {
      for (const ObjectView& b : rule.list("backendRefs")) {
        if (b.string("name") != kCanaryName || b.integer("weight") == 0) continue;
        EXPECT_TRUE(scene.parts.at(std::string(kCanaryName)).answers());
      }
    }
  }
  const Part& canary = scene.parts.at(std::string(kCanaryName));
  const bool must_go = !canary.deployment.empty() && !canary.exists && scene.gateway() && scene.has_route();
  if (must_go && !scene.stopped && world.text("/deploymentMode") == "Standard") EXPECT_GE(routes, 1);
}

void check_canary(const StatusWorld& world, const Scene& scene) {
  if (!scene.has_canary() || scene.stopped || world.text("/canaryStatuses/0/ready") == "-") return;
  const bool answers = scene.parts.at(std::string(kCanaryName)).answers();
  EXPECT_EQ(world.text("/canaryStatuses/0/ready"), answers ? "true" : "false");
  if (!answers) EXPECT_FALSE(world.condition("CanaryPredictorReady").starts_with("True"));
}

TEST_P(Answers, AsTheStatusSays) {
  const unsigned settings = GetParam();
  int ready_ones = 0;
  for (unsigned seed = 1; seed <= kWorlds && !HasFailure(); ++seed) {
    StatusWorld world(settings);
    Scene scene(seed, settings);
    std::string old;
    for (int i = 0; i < kStates && !HasFailure(); ++i) {
      const std::string observed = scene.observe(world.problems);
      SCOPED_TRACE(
          fmt::format("seed {}, state {}: {} in {}, before: {}", seed, i, scene.service(), observed, old));
      const std::string status = spec::to_json(world.status(scene.service(), observed, old));
      const bool ready = world.condition("Ready").starts_with("True");
      ready_ones += ready ? 1 : 0;
      check_agreement(world, scene);
      check_weights(world, scene);
      check_canary(world, scene);
      const bool compatible_class = !scene.strict() && !scene.gateway() && scene.has_route();
      if (ready && !compatible_class && !scene.stopped) EXPECT_TRUE(scene.answers()) << status;
      if (scene.strict() && world.problems.empty())
        EXPECT_EQ(ready, scene.answers() && !scene.stopped) << status;
      old = status;
    }
  }
  EXPECT_GT(ready_ones, kWorlds / 10);  // the generator makes both
}

INSTANTIATE_TEST_SUITE_P(All, Answers,
                         ::testing::Values(0U, kCompatible, kGatewayApi, kGatewayApi | kCompatible,
                                           kNoIngress, kHeadless | kGatewayApi));

}  // namespace
}  // namespace modelgate::workload
