// SPDX-License-Identifier: Apache-2.0
//
// Problems of the builder at admission: which deny, which warn, which ratchet, and which objects are looked
// up for them. The problems themselves are tested in tests/workload.
#include "admission/realization.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "admission/account_settings.h"
#include "admission/references.h"
#include "tests/admission/reviewed.h"

namespace modelgate::admission {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;
using Modelgate = spec::ModelgateConfiguration;

void compatible(spec::Configuration& c) {
  c.modelgate.validation = Modelgate::Validation::kCompatible;
}
void deferred(spec::Configuration& c) {
  c.modelgate.runtime_selection = Modelgate::RuntimeSelection::kDefer;
}

/// A service "m" with this predictor, and more in its spec or metadata.
std::string with(std::string_view predictor, std::string_view more = "", std::string_view metadata = "") {
  return fmt::format("metadata: {{name: m{}}}\nspec: {{predictor: {{{}}}{}}}", metadata, predictor, more);
}

std::string model(std::string_view more) {
  return fmt::format("model: {{modelFormat: {{name: sklearn}}, storageUri: 'gs://b/m'{}}}", more);
}

struct Case {
  const char* name;
  std::string service;
  std::vector<std::string> causes;  // in Strict; empty: allowed
  const char* warning = nullptr;    // in Strict, where one is expected
};
void PrintTo(const Case& c, std::ostream* os) {
  *os << c.name;
}

class Realization : public testing::TestWithParam<Case> {};

TEST_P(Realization, IsReportedInStrict) {
  const Reviewed r = Cluster().create(GetParam().service);
  EXPECT_EQ(r.causes(), GetParam().causes) << r.response.message;
  if (GetParam().warning) EXPECT_TRUE(r.warns(GetParam().warning));
}

TEST_P(Realization, DeniesNothingInCompatible) {
  const Reviewed r = Cluster(compatible).create(GetParam().service);
  EXPECT_TRUE(r.response.allowed) << r.response.message;
  EXPECT_EQ(r.response.strict_would_deny, !GetParam().causes.empty());
  for (const std::string& cause : GetParam().causes) {
    EXPECT_TRUE(r.warns(cause.substr(0, cause.find(' ')))) << cause;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Table, Realization,
    testing::Values(
        Case{"Works", with(model(", runtime: plain")), {}},
        Case{"TemplateThatResolves", with(model(", runtime: team"), "", ", labels: {team: a}"), {}},
        Case{"TemplateThatDoesNotResolve",
             with(model(", runtime: team")),
             {"spec.predictor.model.runtime FieldValueInvalid"}},
        Case{"MountOfTheRuntimeWithItsVolume",
             with("volumes: [{name: cache, emptyDir: {}}], " + model(", runtime: mounts")),
             {}},
        Case{"MountOfTheRuntimeWithoutAVolume",
             with(model(", runtime: mounts")),
             {"spec.predictor FieldValueInvalid"}},
        Case{"RuntimeWithoutTheContainer",
             with(model(", runtime: bare")),
             {"spec.predictor.model.runtime FieldValueInvalid"}},
        Case{"CustomPredictorWithoutTheContainer",
             with("containers: [{name: mine, image: i}, {name: yours, image: i}]"),
             {"spec.predictor.containers FieldValueInvalid"}},
        Case{"CustomPredictorWithWorkers",
             with("containers: [{name: kserve-container, image: i}], workerSpec: {}"),
             {"spec.predictor.workerSpec FieldValueInvalid"}},
        Case{"CanaryWhoseFormatTheRuntimeDoesNotServe",
             with(model(", runtime: plain"),
                  ", canary: [{trafficPercent: 10, predictor: {name: next, model: {modelFormat: {name: "
                  "huggingface}, name: kserve-container}}}]"),
             {"spec.canary[0].predictor.model.runtime FieldValueInvalid"}},
        Case{
            "CanaryThatNothingSplits",
            with(
                model(", runtime: plain"),
                ", canary: [{trafficPercent: 10, predictor: {name: next, model: {name: kserve-container}}}]"),
            {},
            "spec.canary[0].trafficPercent: "},
        Case{"MetricWithoutATarget",
             with("scaleMetric: concurrency, " + model(", runtime: plain")),
             {},
             "spec.predictor.scaleTarget: "}),
    [](const auto& info) { return std::string(info.param.name); });

/// The builder finds each of these problems too; it is reported once, by the rule.
struct Doubled {
  const char* name;
  std::string service;
  std::string cause;
};
void PrintTo(const Doubled& c, std::ostream* os) {
  *os << c.name;
}

class ReportedByARule : public testing::TestWithParam<Doubled> {};

TEST_P(ReportedByARule, IsReportedOnce) {
  const Reviewed r = Cluster().create(GetParam().service);
  EXPECT_THAT(r.causes(), ElementsAre(GetParam().cause)) << r.response.message;
}

INSTANTIATE_TEST_SUITE_P(
    Table, ReportedByARule,
    testing::Values(
        Doubled{"Mount", with(model(", runtime: plain, volumeMounts: [{name: v, mountPath: /v}]")),
                "spec.predictor.model.volumeMounts[0].name FieldValueNotFound"},
        Doubled{"Template", with(model(", runtime: plain, args: ['{{.Nope}}']")),
                "spec.predictor.model.args[0] FieldValueInvalid"},
        Doubled{"Format",
                with("model: {modelFormat: {name: huggingface}, storageUri: 'gs://b/m', runtime: plain}"),
                "spec.predictor.model.runtime FieldValueInvalid"},
        Doubled{"Disabled", with(model(", runtime: 'off'")),
                "spec.predictor.model.runtime FieldValueInvalid"},
        Doubled{"Name",
                fmt::format("metadata: {{name: {}}}\nspec: {{predictor: {{{}}}}}", std::string(55, 'm'),
                            model(", runtime: plain")),
                "metadata.name FieldValueTooLong"},
        Doubled{"UnknownField", with("containers: [{name: kserve-container, image: i, imagePolicy: Always}]"),
                "spec.predictor.containers[0].imagePolicy FieldValueForbidden"},
        Doubled{"EnvTwice", with(model(", runtime: plain, env: [{name: A}, {name: A}]")),
                "spec.predictor.model.env[1].name FieldValueDuplicate"}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(MissingRuntime, IsWarnedAboutOnce) {
  for (const auto& change : {std::function(deferred), std::function([](spec::Configuration&) {})}) {
    for (const char* more : {", runtime: gone", ""}) {
      Cluster cluster(change);
      const bool named = *more != '\0';
      const Reviewed r = cluster.create(
          named ? with(model(more))
                : with("model: {modelFormat: {name: unheard-of-by-all}, storageUri: 'gs://b/m'}"));
      EXPECT_TRUE(r.response.allowed) << r.response.message;
      const auto about = [&](const std::string& w) {
        return w.contains(named ? "\"gone\"" : "\"unheard-of-by-all\"");
      };
      EXPECT_EQ(std::ranges::count_if(r.warnings, about), 1) << named;
    }
  }
}

// References to other objects.

const std::string kRefers = with(
    "serviceAccountName: sa, imagePullSecrets: [{name: pull}], volumes: [{name: v, "
    "persistentVolumeClaim: {claimName: data}}, {name: w, secret: {secretName: files}}, {name: x, secret: "
    "{secretName: maybe, optional: true}}], model: {modelFormat: {name: sklearn}, runtime: plain, "
    "storageUri: "
    "'pvc://models/m', env: [{name: A, valueFrom: {secretKeyRef: {name: tokens, key: k}}}], envFrom: "
    "[{secretRef: {name: all}}]}");

constexpr std::pair<const char*, const char*> kReferred[] = {{"ServiceAccount", "sa"},
                                                             {"Secret", "pull"},
                                                             {"Secret", "files"},
                                                             {"Secret", "tokens"},
                                                             {"Secret", "all"},
                                                             {"PersistentVolumeClaim", "data"},
                                                             {"PersistentVolumeClaim", "models"}};

struct ModeCase {
  const char* name;
  const char* annotation;
  const char* status;
  const char* configured;
  const char* advice;  // of the warning; nullptr: there is none
};
void PrintTo(const ModeCase& c, std::ostream* os) {
  *os << c.name;
}

class KnativeMode : public testing::TestWithParam<ModeCase> {
 protected:
  static std::string service() {
    const ModeCase& c = GetParam();
    const std::string annotations =
        *c.annotation ? fmt::format(", annotations: {{serving.kserve.io/deploymentMode: {}}}", c.annotation)
                      : "";
    const std::string status = *c.status ? fmt::format("\nstatus: {{deploymentMode: {}}}", c.status) : "";
    return with(model(""), "", annotations) + status;
  }
  static Reviewed review(bool strict) {
    return Cluster([&](spec::Configuration& c) {
             c.deploy.default_deployment_mode = GetParam().configured;
             if (!strict) compatible(c);
           })
        .create(service());
  }
};

constexpr const char* kNotServed = "which needs Knative Serving in the cluster";

TEST_P(KnativeMode, IsAWarningInStrict) {
  const Reviewed r = review(true);
  EXPECT_TRUE(r.response.allowed) << r.response.message;
  EXPECT_EQ(r.warns(kNotServed), GetParam().advice != nullptr);
  if (GetParam().advice) EXPECT_TRUE(r.warns(GetParam().advice));
}

TEST_P(KnativeMode, IsNoWarningInCompatible) {
  EXPECT_FALSE(review(false).warns(kNotServed));
}

INSTANTIATE_TEST_SUITE_P(
    Table, KnativeMode,
    testing::Values(ModeCase{"Annotated", "Knative", "", "Standard", "create it with the annotation"},
                    ModeCase{"AnnotatedWithTheOldName", "Serverless", "", "Standard",
                             "create it with the annotation"},
                    ModeCase{"Configured", "", "", "Knative", "defaultDeploymentMode"},
                    ModeCase{"Stored", "Standard", "Serverless", "Standard", "create it again"},
                    ModeCase{"Standard", "Standard", "", "Knative", nullptr},
                    ModeCase{"StandardByDefault", "", "", "Standard", nullptr},
                    ModeCase{"ModelMesh", "ModelMesh", "", "Knative", nullptr}),
    [](const auto& row) { return row.param.name; });

std::string with_missing_runtimes(int count) {
  std::string canaries;
  for (int i = 1; i < count; ++i) {
    canaries += fmt::format(
        "{}{{trafficPercent: 0, predictor: {{name: c{}, model: {{modelFormat: {{name: sklearn}}, "
        "storageUri: 'gs://b/m', runtime: r{}}}}}}}",
        i > 1 ? ", " : "", i, i);
  }
  return with(model(", runtime: r0"), fmt::format(", canary: [{}]", canaries));
}

TEST(MissingRuntimes, AreReadByNameAndListedIfThereAreMany) {
  const Reviewed few = Cluster().create(with_missing_runtimes(4));
  EXPECT_TRUE(few.needed("ServingRuntime", "r3") && few.needed("ClusterServingRuntime", "r3"));
  EXPECT_FALSE(few.needed("ServingRuntime", ""));
  const Reviewed many = Cluster().create(with_missing_runtimes(5));
  EXPECT_TRUE(many.needed("ServingRuntime", "") && many.needed("ClusterServingRuntime", ""));
  EXPECT_FALSE(many.needed("ServingRuntime", "r3"));
  EXPECT_TRUE(many.response.allowed) << many.response.message;
}

TEST(References, ThatAreAbsentWarn) {
  Cluster cluster;
  cluster.state = [](const ObjectKey&) { return Fact::State::kAbsent; };
  const Reviewed r = cluster.create(kRefers);
  EXPECT_TRUE(r.response.allowed) << r.response.message;
  for (const auto& [kind, name] : kReferred) {
    EXPECT_TRUE(r.needed(kind, name)) << name;
    EXPECT_TRUE(r.warns(fmt::format("{} \"{}\"", kind, name))) << name;
  }
  EXPECT_FALSE(r.needed("Secret", "maybe"));
}

TEST(References, ThatArePresentOrUnknownDoNotWarn) {
  for (const auto state : {Fact::State::kPresent, Fact::State::kUnknown}) {
    Cluster cluster;
    cluster.state = [&](const ObjectKey&) { return state; };
    const Reviewed r = cluster.create(kRefers);
    EXPECT_TRUE(r.response.allowed) << r.response.message;
    for (const auto& [kind, name] : kReferred) EXPECT_FALSE(r.warns(fmt::format("\"{}\"", name))) << name;
  }
}

// Settings of a ServiceAccount.

struct AccountCase {
  const char* name;
  const char* annotations;
  const char* warning;  // nullptr: none
};
void PrintTo(const AccountCase& c, std::ostream* os) {
  *os << c.name;
}

class SettingsOfAnAccount : public testing::TestWithParam<AccountCase> {};

TEST_P(SettingsOfAnAccount, WithoutEffectWarn) {
  spec::Arena arena;
  const auto account = spec::parse_json(
      fmt::format(R"({{"metadata": {{"annotations": {{{}}}}}}})", GetParam().annotations), arena);
  ASSERT_TRUE(account);
  const std::vector<std::string> found = settings_without_effect(spec::ObjectView(*account));
  EXPECT_EQ(found.size(), GetParam().warning ? 1 : 0);
  if (GetParam().warning) EXPECT_THAT(found, ElementsAre(testing::HasSubstr(GetParam().warning)));
}

constexpr const char* kRole = R"("eks.amazonaws.com/role-arn": "arn:aws:iam::1:role/r")";

INSTANTIATE_TEST_SUITE_P(
    Table, SettingsOfAnAccount,
    testing::Values(AccountCase{"None", "", nullptr}, AccountCase{"RoleAlone", kRole, nullptr},
                    AccountCase{"RegionWithoutRole", R"("serving.kserve.io/s3-region": "eu-west-1")",
                                "serving.kserve.io/s3-region has no effect"},
                    AccountCase{"RegionWithRole",
                                R"("serving.kserve.io/s3-region": "a", "eks.amazonaws.com/role-arn": "b")",
                                nullptr},
                    AccountCase{"GlobalEndpointWithRole",
                                R"("serving.kserve.io/s3-endpoint": "s3.amazonaws.com",
                                   "eks.amazonaws.com/role-arn": "b")",
                                "s3.amazonaws.com"},
                    AccountCase{"RegionalEndpointWithRole",
                                R"("serving.kserve.io/s3-endpoint": "https://s3.eu-west-1.amazonaws.com",
                                   "eks.amazonaws.com/role-arn": "b")",
                                nullptr}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(References, OfAServiceWithoutReferencesNeedNoLookup) {
  EXPECT_THAT(Cluster().create(with(model(", runtime: plain"))).looked_up, IsEmpty());
  EXPECT_THAT(Cluster().create(with("serviceAccountName: default, " + model(", runtime: plain"))).looked_up,
              IsEmpty());
}

TEST(References, AreLookedUpUpToALimit) {
  const auto looked_up = [](std::size_t count) {
    std::string secrets;
    for (std::size_t i = 0; i < count; ++i) secrets += fmt::format("{{name: s{}}}, ", i);
    return Cluster()
        .create(with("imagePullSecrets: [" + secrets + "], " + model(", runtime: plain")))
        .looked_up.size();
  };
  EXPECT_EQ(looked_up(kMaxReferences), kMaxReferences);
  EXPECT_EQ(looked_up(kMaxReferences + 1), kMaxReferences);
}

TEST(References, WithAnInvalidNameAreNotLookedUp) {
  EXPECT_THAT(Cluster().create(with("serviceAccountName: a/b, " + model(", runtime: plain"))).looked_up,
              IsEmpty());
}

// Hosts of other services.

std::string named(std::string_view name, std::string_view metadata = "") {
  return fmt::format("metadata: {{name: {}{}}}\nspec: {{predictor: {{{}}}}}", name, metadata,
                     model(", runtime: plain"));
}

std::string stored_as(std::string_view ns, std::string_view name, std::string_view metadata = "") {
  return fmt::format(R"({{"apiVersion": "serving.kserve.io/v1beta1", "kind": "InferenceService", "metadata":
      {{"name": "{}", "namespace": "{}"{}}}, "spec": {{"predictor": {{"model": {{"modelFormat":
      {{"name": "sklearn"}}}}}}}}}})",
                     name, ns, metadata);
}

const ObjectKey kOther = {"InferenceService", "team-ns", "fraud"};

TEST(HostOfAnother, IsWarnedAboutAtCreation) {
  Cluster cluster;
  cluster.objects[kOther] = stored_as("team-ns", "fraud");
  const Reviewed r = cluster.create(named("fraud-team"));
  EXPECT_TRUE(r.response.allowed) << r.response.message;
  EXPECT_TRUE(
      r.warns("metadata.name: would have the host \"fraud-team-ns.example.com\", which the "
              "InferenceService team-ns/fraud already has"));
}

TEST(HostOfAnother, MayBeThatOfAComponent) {
  Cluster cluster;
  cluster.objects[{"InferenceService", "ns", "a"}] = stored_as("ns", "a");
  EXPECT_TRUE(cluster.create(named("a-predictor")).warns("InferenceService ns/a already has"));
  // It has no transformer.
  EXPECT_FALSE(cluster.create(named("a-transformer")).warns("already has"));
}

TEST(HostOfAnother, IsOnlyThatOfOneWithARoute) {
  for (const std::string_view metadata :
       {R"(, "labels": {"networking.kserve.io/visibility": "cluster-local"})",
        R"(, "annotations": {"serving.kserve.io/stop": "true"})",
        R"(, "annotations": {"serving.kserve.io/deploymentMode": "Knative"})",
        R"(, "deletionTimestamp": "2026-01-01T00:00:00Z")"}) {
    Cluster cluster;
    cluster.objects[kOther] = stored_as("team-ns", "fraud", metadata);
    EXPECT_FALSE(cluster.create(named("fraud-team")).warns("already has")) << metadata;
  }
  Cluster cluster;
  cluster.objects[kOther] = R"({"kind": "InferenceService", "metadata": {"name": 5}, "spec": []})";
  EXPECT_FALSE(cluster.create(named("fraud-team")).warns("already has"));
  cluster.objects[kOther] = stored_as("team-ns", "fraud");
  EXPECT_FALSE(
      cluster.create(named("fraud-team", ", labels: {networking.kserve.io/visibility: cluster-local}"))
          .warns("already has"));
}

TEST(HostOfAnother, IsLookedUpWhereItCanBe) {
  EXPECT_THAT(Cluster().create(named("fraud")).looked_up, IsEmpty());
  EXPECT_TRUE(Cluster().create(named("fraud-team")).needed("InferenceService", "fraud"));
  EXPECT_LE(Cluster().create(named("a-b-c-d-e-f-g-h-i-j-k-l-m-n-o-p-q-r-s-t-u-v")).looked_up.size(),
            kMaxReferences);
  // An update does not change the host.
  Cluster cluster;
  const std::string stored = cluster.create(named("fraud-team")).object;
  EXPECT_THAT(cluster.update(named("fraud-team", ", labels: {a: b}"), stored).looked_up, IsEmpty());
}

// Updates.

const std::string kBroken = with(model(", runtime: team"));

/// A service that was stored before admission checked whether it can be realized.
std::string stored_unchecked(const std::string& yaml) {
  return Cluster(compatible).create(yaml).object;
}

TEST(PreexistingProblems, RatchetByTheirText) {
  Cluster cluster;
  const std::string stored = stored_unchecked(kBroken);
  const Reviewed same = cluster.update(with("minReplicas: 2, " + model(", runtime: team")), stored);
  EXPECT_TRUE(same.response.allowed) << same.response.message;
  EXPECT_TRUE(same.warns("(pre-existing)"));
  // At the same path, with another text.
  const Reviewed other = cluster.update(with(model(", runtime: bare")), stored);
  EXPECT_THAT(other.causes(), ElementsAre("spec.predictor.model.runtime FieldValueInvalid"));
}

TEST(PreexistingProblems, AreNotSearchedInAnUnchangedService) {
  Cluster cluster;
  cluster.mutates = false;
  cluster.state = [](const ObjectKey&) { return Fact::State::kAbsent; };
  const std::string stored = cluster.create(kRefers).object;
  const Reviewed same = cluster.update(kRefers, stored);
  EXPECT_TRUE(same.response.allowed);
  EXPECT_THAT(same.looked_up, IsEmpty());
  EXPECT_THAT(same.warnings, IsEmpty());
  // A template reads labels.
  std::string labelled = kRefers;
  labelled.insert(labelled.find("name: m") + 7, ", labels: {team: a}");
  EXPECT_THAT(cluster.update(labelled, stored).looked_up, Not(IsEmpty()));
}

// Services that are not built.

TEST(OtherModes, AreNotBuilt) {
  const Reviewed r = Cluster().create(
      with(model(", runtime: team"), "", ", annotations: {serving.kserve.io/deploymentMode: Knative}"));
  EXPECT_TRUE(r.response.allowed) << r.response.message;
}

TEST(GeneratedNames, HaveTheLengthThatTheyWillHave) {
  const auto create = [](std::size_t bytes) {
    return Cluster().create(fmt::format("metadata: {{generateName: {}}}\nspec: {{predictor: {{{}}}}}",
                                        std::string(bytes, 'm'), model(", runtime: plain")));
  };
  EXPECT_TRUE(create(20).response.allowed) << create(20).response.message;
  EXPECT_THAT(create(58).causes(), ElementsAre("metadata.generateName FieldValueTooLong"));
}

TEST(AuditAnnotation, NamesTheRule) {
  const Reviewed r = Cluster().create(kBroken);
  EXPECT_THAT(r.response.audit_annotations,
              Contains(testing::Pair("denied-by", std::string(kRealizableRule))));
}

}  // namespace
}  // namespace modelgate::admission
