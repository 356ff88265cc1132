// SPDX-License-Identifier: Apache-2.0
//
// The reconciler can realize each service that Strict admits without a warning. Services are generated from
// random parts: valid, invalid, and valid but incompatible ones; each is admitted, and built as the
// reconciler builds it. On KServe v0.20, of 60 random services that its admission accepted, 32 never got a
// predictor.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <set>
#include <span>

#include "admission/references.h"
#include "defaulting/runtime_selection.h"
#include "spec/deployment_mode.h"
#include "tests/admission/reviewed.h"
#include "workload/children/build_wanted.h"

namespace modelgate::admission {
namespace {

/// Numbers that are the same in each run (a linear congruential generator, Knuth's constants).
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}
  std::size_t below(std::size_t n) {
    state_ = state_ * 6364136223846793005U + 1442695040888963407U;
    return static_cast<std::size_t>(state_ >> 33) % n;
  }
  bool one_in(std::size_t n) { return below(n) == 0; }

 private:
  std::uint64_t state_;
};

/// Members of an object, one of each list; an empty string is no member. The first of a list is usually
/// valid, and is used half of the time.
using Parts = std::vector<std::vector<std::string_view>>;

const Parts kMetadata = {
    {"name: m", "name: m", "name: a-name-of-fifty-bytes-is-too-long-for-what-is-made-of-it",
     "name: a-name-of-forty-bytes-barely-fits-xxxxx", "generateName: m-", "name: 9m", "name: 'm.m'"},
    {"", "labels: {team: a}", "labels: {networking.kserve.io/visibility: cluster-local}",
     "labels: {modelClass: x}"},
    {"", "annotations: {serving.kserve.io/autoscalerClass: none}",
     "annotations: {serving.kserve.io/autoscalerClass: keda}",
     "annotations: {serving.kserve.io/autoscalerClass: vpa}", "annotations: {serving.kserve.io/stop: 'true'}",
     "annotations: {serving.kserve.io/deploymentMode: Knative}",
     "annotations: {serving.kserve.io/autoscalerClass: external}"}};

const Parts kModel = {
    {"modelFormat: {name: sklearn}", "modelFormat: {name: huggingface}", "modelFormat: {name: nothing-of-it}",
     ""},
    {"", "runtime: plain", "runtime: team", "runtime: mounts", "runtime: bare", "runtime: nodes",
     "runtime: 'off'", "runtime: gone", "runtime: ''"},
    {"storageUri: 'gs://b/m'", "storageUri: 'pvc://c/m'", "storageUri: 'nowhere://m'",
     "storage: {key: k, path: p}", "storage: {path: p}, storageUri: 'gs://b/m'", "", "storageUri: ''"},
    {"", "protocolVersion: v2", "protocolVersion: v7"},
    {"", "volumeMounts: [{name: v, mountPath: /v}]", "volumeMounts: [{name: cache, mountPath: /c}]"},
    {"", "env: [{name: A, value: '{{.Name}}'}]", "env: [{name: A, value: '{{.Labels.team}}'}]",
     "env: [{name: A, value: '{{.Nope}}'}]", "env: [{name: A}, {name: A}]", "env: [{name: A, value: '{{'}]"},
    {"", "ports: [{containerPort: 8080}]", "ports: [{containerPort: 9000, name: h2c}, {containerPort: 80}]"},
    {"", "runtimeVersion: v2", "image: 'example.com/own:1'"}};

const Parts kContainer = {
    {"name: kserve-container", "name: other", ""},
    {"image: i", ""},
    {"", "env: [{name: STORAGE_URI, value: 'gs://b/m'}]", "env: [{name: STORAGE_URI, value: x}]"},
    {"", "volumeMounts: [{name: v, mountPath: /v}]"}};

const Parts kPod = {
    {"", "volumes: [{name: v, emptyDir: {}}]",
     "volumes: [{name: cache, emptyDir: {}}, {name: v, emptyDir: {}}]", "volumes: [{name: v}, {name: v}]"},
    {"", "minReplicas: 2", "minReplicas: 0", "minReplicas: 3, maxReplicas: 2"},
    {"", "scaleMetric: cpu, scaleTarget: 50", "scaleMetric: concurrency", "scaleMetric: rps, scaleTarget: 3",
     "scaleMetric: nothing"},
    {"", "serviceAccountName: sa", "logger: {mode: all}", "batcher: {maxBatchSize: 4}", "timeout: 60"},
    {"", "",
     "storageUris: [{uri: 'gs://b/m', mountPath: /mnt/models/a}, {uri: 'hf://o/m', mountPath: "
     "/mnt/models/b}]",
     "storageUris: [{uri: 'pvc://c/m'}]", "storageUris: [{uri: 'nowhere://m'}]",
     "storageUris: [{uri: 'gs://b/m', mountPath: /a}, {uri: 'gs://b/n', mountPath: /b}]"},
    {"", "",
     "autoScaling: {metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, "
     "averageUtilization: 50}}}]}",
     "autoScaling: {metrics: []}"},
    {"", "", "", "name: v2", "name: V2"}};

std::string object_of(const Parts& parts, Dice& dice) {
  std::string out;
  for (const auto& choices : parts) {
    const std::string_view one = dice.one_in(2) ? choices.front() : choices[dice.below(choices.size())];
    if (!one.empty()) out += fmt::format("{}, ", one);
  }
  return out;
}

std::string container(Dice& dice) {
  return fmt::format("{{{}}}", object_of(kContainer, dice));
}

std::string model(Dice& dice) {
  return fmt::format("model: {{{}}}, ", object_of(kModel, dice));
}

std::string predictor(Dice& dice) {
  std::string out = object_of(kPod, dice);
  const bool custom = dice.one_in(4);
  if (!custom) out += model(dice);
  if (custom || dice.one_in(10)) out += fmt::format("containers: [{}], ", container(dice));
  if (dice.one_in(8)) out += "workerSpec: {pipelineParallelSize: 2}, ";
  return out;
}

std::string service(Dice& dice) {
  std::string spec = fmt::format("predictor: {{{}}}, ", predictor(dice));
  if (dice.one_in(4)) {
    spec += fmt::format("transformer: {{{}containers: [{}]}}, ", object_of(kPod, dice),
                        dice.one_in(6) ? "" : container(dice));
  }
  if (dice.one_in(6)) {
    spec += dice.one_in(2) ? "explainer: {art: {type: SquareAttack, storageUri: 'gs://b/m'}}, "
                           : fmt::format("explainer: {{containers: [{}]}}, ", container(dice));
  }
  if (dice.one_in(4)) {
    spec += fmt::format("canary: [{{trafficPercent: 10, predictor: {{name: next, {}}}}}], ",
                        dice.one_in(2) ? model(dice) : "");
  }
  return fmt::format("metadata: {{{}}}\nspec: {{{}}}", object_of(kMetadata, dice), spec);
}

struct Built {
  std::vector<std::string> fatal;  // "predictor InvalidPredictorSpec: ..."
  std::vector<std::string> notices;
  std::vector<ObjectKey> references;
};

/// The children of the stored service, as the reconciler or as admission builds them.
Built build(const std::string& stored, const spec::Catalog& catalog, bool problems_only) {
  spec::Arena arena;
  spec::Value object = *spec::parse_json(stored, arena);
  spec::Value& metadata = *spec::find(object, "metadata");
  if (!spec::find(metadata, "name")) spec::set_member(metadata, "name", spec::make_literal("m-x7k2p"), arena);
  const spec::InferenceServiceView view(object);
  Built out;
  if (spec::effective_deployment_mode(view, view, catalog.configuration()) != spec::kStandardMode) return out;
  const workload::Wanted wanted =
      workload::build_wanted(object,
                             {.catalog = catalog,
                              .runtime = defaulting::runtime_of_unpinned_model(view, "ns", catalog),
                              .problems_only = problems_only},
                             arena);
  for (const workload::Problem& p : wanted.problems) {
    const bool fatal = p.is_fatal();
    (fatal ? out.fatal : out.notices)
        .push_back(fmt::format("{} {}: {}: {}", p.component, p.reason, p.path.to_string(), p.text));
  }
  for (Reference& r : references(wanted.objects)) out.references.push_back(std::move(r.key));
  return out;
}

/// A few in a test run; MODELGATE_SERVICES sets the number.
std::size_t how_many() {
#ifdef MODELGATE_SANITIZE
  constexpr std::size_t kUsual = 200;
#else
  constexpr std::size_t kUsual = 1500;
#endif
  const char* count = std::getenv("MODELGATE_SERVICES");
  return count ? static_cast<std::size_t>(std::strtoull(count, nullptr, 10)) : kUsual;
}

struct Settings {
  const char* name;
  std::function<void(spec::Configuration&)> change;
};
void PrintTo(const Settings& s, std::ostream* os) {
  *os << s.name;
}

class Promise : public testing::TestWithParam<Settings> {};

TEST_P(Promise, WhatIsAdmittedWithoutAWarningCanBeRealized) {
  Cluster cluster(GetParam().change);
  Dice dice(20);
  std::size_t silent = 0;
  std::set<std::string> reasons;  // of the reported problems
  for (std::size_t i = 0; i < how_many(); ++i) {
    const std::string yaml = service(dice);
    const Reviewed r = cluster.create(yaml);
    if (r.object.empty()) continue;
    const Built whole = build(r.object, cluster.catalog(), false);
    for (const std::string& p : whole.fatal) reasons.insert(p.substr(0, p.find(':')));
    const bool reported = !r.response.allowed || !r.warnings.empty();
    silent += reported ? 0 : 1;
    ASSERT_TRUE(reported || whole.fatal.empty()) << yaml << "\n" << whole.fatal.front();
    // The same problems are found without the objects.
    const Built problems = build(r.object, cluster.catalog(), true);
    ASSERT_EQ(whole.fatal, problems.fatal) << yaml;
    ASSERT_EQ(whole.notices, problems.notices) << yaml;
    ASSERT_EQ(whole.references, problems.references) << yaml;
  }
  // There are services of both kinds.
  EXPECT_GT(silent, how_many() / 100);
  EXPECT_GT(reasons.size(), 5U) << testing::PrintToString(reasons);
}

using Modelgate = spec::ModelgateConfiguration;

INSTANTIATE_TEST_SUITE_P(
    Settings, Promise,
    testing::Values(Settings{"Ours", [](spec::Configuration& c) { c.modelgate.resource_defaults = false; }},
                    Settings{"Deferred",
                             [](spec::Configuration& c) {
                               c.modelgate.resource_defaults = false;
                               c.modelgate.runtime_selection = Modelgate::RuntimeSelection::kDefer;
                             }},
                    Settings{"RenderedWithGatewayApi",
                             [](spec::Configuration& c) {
                               c.modelgate.resource_defaults = false;
                               c.modelgate.pod_injection = Modelgate::PodInjection::kRender;
                               c.ingress.enable_gateway_api = true;
                               c.ingress.kserve_ingress_gateway = "kserve/gateway";
                             }}),
    [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace modelgate::admission
