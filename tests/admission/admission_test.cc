// SPDX-License-Identifier: Apache-2.0
//
// The pipelines: how catalog, mode, old object and facts affect the response. Single defaults and rules are
// tested in their own folders.
#include "admission/admission.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/json_patch.h"

namespace modelgate::admission {
namespace {

using spec::Arena;
using spec::Value;

constexpr std::string_view kRuntime =
    R"({"apiVersion":"serving.kserve.io/v1alpha1","kind":"ClusterServingRuntime",
  "metadata":{"name":"sklearnserver"},"spec":{"supportedModelFormats":[{"name":"sklearn","autoSelect":true}],
  "protocolVersions":["v1"],"containers":[{"name":"kserve-container","image":"example.com/sklearnserver:1"}]}})";

std::shared_ptr<const spec::Catalog> catalog(bool strict = true) {
  Arena arena;
  spec::CatalogBuilder builder;
  spec::Configuration configuration;
  using Mode = spec::ModelgateConfiguration::Validation;
  configuration.modelgate.validation = strict ? Mode::kStrict : Mode::kCompatible;
  builder.set_configuration(configuration);
  builder.add(*spec::parse_json(kRuntime, arena));
  return builder.build(1);
}

struct Request {
  Endpoint endpoint = Endpoint::kValidateInferenceService;
  const char* operation = "CREATE";
  std::string object;
  std::string old = "null";
  const char* kind = R"({"group":"serving.kserve.io","version":"v1beta1","kind":"InferenceService"})";
};

class Pipeline : public testing::Test {
 protected:
  Outcome run(const Request& request, const spec::Catalog& in, const Facts& facts = {}) {
    body_ = fmt::format(
        R"({{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{{"uid":"u","kind":{},
      "name":"iris","namespace":"ns","operation":"{}","object":{},"oldObject":{}}}}})",
        request.kind, request.operation, request.object, request.old);
    auto review = decode_review(body_, arena_);
    EXPECT_TRUE(review) << review.error().message;
    return admit(request.endpoint, *review, in, facts, arena_);
  }
  Response answer(const Request& request, const spec::Catalog& in) {
    Outcome outcome = run(request, in);
    EXPECT_TRUE(std::holds_alternative<Response>(outcome));
    return std::get<Response>(std::move(outcome));
  }

  Arena arena_;
  std::string body_;
};

/// A service whose model is `model`, with `more` in its metadata.
std::string service(std::string_view model, std::string_view more = "") {
  return fmt::format(
      R"({{"apiVersion":"serving.kserve.io/v1beta1","kind":"InferenceService","metadata":{{"name":"iris",
    "namespace":"ns"{}}},"spec":{{"predictor":{{"model":{}}}}}}})",
      more, model);
}

constexpr std::string_view kModel = R"({"modelFormat":{"name":"sklearn"},"storageUri":"gs://bucket/m"})";
constexpr std::string_view kTwoStorages =
    R"({"modelFormat":{"name":"sklearn"},"storageUri":"gs://bucket/m","storage":{"key":"k"}})";

bool mentions(const std::vector<spec::FieldWarning>& warnings, std::string_view part) {
  return std::ranges::any_of(warnings,
                             [&](const spec::FieldWarning& w) { return w.to_string().contains(part); });
}

bool has_cause(const Response& r, std::string_view field, std::string_view reason) {
  return std::ranges::any_of(r.causes,
                             [&](const Cause& c) { return c.field == field && c.reason == reason; });
}

TEST_F(Pipeline, MutatesACreate) {
  const Response r =
      answer({.endpoint = Endpoint::kMutateInferenceService, .object = service(kModel)}, *catalog());
  EXPECT_TRUE(r.allowed);
  EXPECT_NE(r.patch.find(R"("sklearnserver")"), std::string::npos) << r.patch;
  EXPECT_TRUE(std::ranges::any_of(r.audit_annotations, [](const auto& a) {
    return a.first == "runtime" && a.second == "ClusterServingRuntime sklearnserver";
  }));
}

TEST_F(Pipeline, AllowsAValidService) {
  const Response r = answer({.object = service(kModel)}, *catalog());
  EXPECT_TRUE(r.allowed) << r.message;
  EXPECT_TRUE(r.patch.empty());
}

TEST_F(Pipeline, DeniesWithAllErrorsAndTheirCauses) {
  const Response r = answer(
      {.object =
           service(R"({"modelFormat":{"name":"sklearn"},"storageUri":"gs://bucket/m","storage":{"key":"k"},
                             "resources":{"requests":{"cpu":"2"},"limits":{"cpu":"1"}},"storageUrl":"x"})")},
      *catalog());
  ASSERT_FALSE(r.allowed);
  EXPECT_EQ(r.code, 422);
  EXPECT_EQ(r.reason, "Invalid");
  EXPECT_EQ(r.causes.size(), 3U) << r.message;
  EXPECT_EQ(std::ranges::count(r.message, '\n'), 3);
  EXPECT_TRUE(has_cause(r, "spec.predictor.model.storageUrl", "FieldValueForbidden")) << r.message;
  EXPECT_FALSE(r.audit_annotations.empty());
}

TEST_F(Pipeline, CompatibleOnlyWarnsOfOurOwnRules) {
  const Request request{.object = service(kTwoStorages)};
  EXPECT_FALSE(answer(request, *catalog(true)).allowed);
  const Response r = answer(request, *catalog(false));
  EXPECT_TRUE(r.allowed) << r.message;
  EXPECT_TRUE(mentions(r.warnings, "spec.predictor.model.storage"));
  EXPECT_TRUE(r.strict_would_deny);
}

TEST_F(Pipeline, CompatibleDeniesWhatKServeDenies) {
  const Response r =
      answer({.object = service(R"({"modelFormat":{"name":"sklearn"},"name":"x"})")}, *catalog(false));
  EXPECT_FALSE(r.allowed);
}

TEST_F(Pipeline, APreexistingErrorBecomesAWarning) {
  const std::string before = service(kTwoStorages);
  const std::string after = service(kTwoStorages, R"(,"labels":{"a":"b"})");
  const Response r = answer({.operation = "UPDATE", .object = after, .old = before}, *catalog());
  EXPECT_TRUE(r.allowed) << r.message;
  EXPECT_TRUE(mentions(r.warnings, "(pre-existing)"));
  // A further error denies; the earlier one still only warns.
  const std::string worse = service(
      R"({"modelFormat":{"name":"sklearn"},"storageUri":"gs://bucket/m","storage":{"key":"k"},"env":[{"name":"A"},{"name":"A"}]})");
  const Response denial = answer({.operation = "UPDATE", .object = worse, .old = before}, *catalog());
  ASSERT_FALSE(denial.allowed);
  EXPECT_EQ(denial.causes.size(), 1U) << denial.message;
  EXPECT_TRUE(mentions(denial.warnings, "(pre-existing)"));
}

TEST_F(Pipeline, ATransitionRatchetsOnlyIfNothingChanges) {
  const char* annotated = R"(,"annotations":{"serving.kserve.io/deploymentMode":"Knative"})";
  const char* also_labelled =
      R"(,"annotations":{"serving.kserve.io/deploymentMode":"Knative"},"labels":{"a":"b"})";
  const auto with_status = [](std::string old) {
    return old.insert(old.size() - 1, R"(,"status":{"deploymentMode":"Standard"})");
  };
  const std::string before = with_status(service(kModel, annotated));
  const auto update = [&](const std::string& object, const std::string& old, bool strict = true) {
    return answer({.operation = "UPDATE", .object = object, .old = old}, *catalog(strict)).allowed;
  };
  EXPECT_TRUE(update(service(kModel, also_labelled), before));
  EXPECT_FALSE(update(service(kModel, also_labelled), before, false)) << "KServe denies it";
  EXPECT_FALSE(update(service(kModel, annotated), with_status(service(kModel))));
  EXPECT_FALSE(update(service(R"({"modelFormat":{"name":"sklearn"}})", annotated), before));
}

TEST_F(Pipeline, AnObjectInDeletionIsAllowedUnchanged) {
  const std::string gone = service(kTwoStorages, R"(,"deletionTimestamp":"2026-01-01T00:00:00Z")");
  for (const Endpoint e : {Endpoint::kMutateInferenceService, Endpoint::kValidateInferenceService}) {
    const Response r =
        answer({.endpoint = e, .operation = "UPDATE", .object = gone, .old = service(kModel)}, *catalog());
    EXPECT_TRUE(r.allowed);
    EXPECT_TRUE(r.patch.empty());
  }
}

TEST_F(Pipeline, AnUpdateWithoutChangeOfSpecOrAnnotationsGetsNoPatch) {
  const std::string labelled = service(kModel, R"(,"labels":{"a":"b"})");
  const Request request{.endpoint = Endpoint::kMutateInferenceService,
                        .operation = "UPDATE",
                        .object = labelled,
                        .old = service(kModel)};
  EXPECT_TRUE(answer(request, *catalog(true)).patch.empty());
  EXPECT_FALSE(answer(request, *catalog(false)).patch.empty());  // KServe defaults at every update
}

TEST_F(Pipeline, ATypeErrorIsDeniedBeforeMutation) {
  const std::string wrong = service(R"({"modelFormat":{"name":7},"storageUri":["x"],"env":{"a":"b"}})");
  for (const Endpoint e : {Endpoint::kMutateInferenceService, Endpoint::kValidateInferenceService}) {
    const Response r = answer({.endpoint = e, .object = wrong}, *catalog(false));
    ASSERT_FALSE(r.allowed);
    EXPECT_EQ(r.causes.size(), 3U) << r.message;
    EXPECT_TRUE(has_cause(r, "spec.predictor.model.modelFormat.name", "FieldValueTypeInvalid")) << r.message;
    EXPECT_TRUE(r.patch.empty());
  }
}

TEST_F(Pipeline, AMissingRuntimeIsLookedUpAndThenWarns) {
  const Request request{.object = service(R"({"modelFormat":{"name":"sklearn"},"runtime":"just-applied"})")};
  const auto in = catalog();
  const Outcome first = run(request, *in);
  ASSERT_TRUE(std::holds_alternative<Needs>(first));
  Facts all_unknown;
  for (const ObjectKey& key : std::get<Needs>(first).objects) all_unknown.add(key, {});
  Facts present;
  for (const ObjectKey& key : std::get<Needs>(first).objects)
    present.add(key, {Fact::State::kPresent, nullptr});
  const Response unknown = std::get<Response>(run(request, *in, all_unknown));
  EXPECT_TRUE(unknown.allowed) << unknown.message;
  EXPECT_TRUE(mentions(unknown.warnings, "just-applied"));
  const Response found = std::get<Response>(run(request, *in, present));
  EXPECT_TRUE(found.allowed) << found.message;
  EXPECT_FALSE(mentions(found.warnings, "just-applied"));
}

TEST_F(Pipeline, ADeletedRuntimeIsReplacedOnlyAfterALiveRead) {
  // As an earlier pass stored it, with a runtime that is no longer in the catalog.
  const auto in = catalog();
  const Response created =
      answer({.endpoint = Endpoint::kMutateInferenceService, .object = service(kModel)}, *in);
  Arena arena;
  Value stored = *spec::parse_json(service(kModel), arena);
  spec::apply_json_patch(stored, *spec::parse_json(created.patch, arena), arena);
  std::string old = spec::to_json(stored);
  Value gone = spec::make_literal("gone");
  const std::string before = spec::digest(spec::make_literal("sklearnserver"));
  for (const auto& [from, to] : {std::pair<std::string, std::string>{before, spec::digest(gone)},
                                 {R"("runtime":"sklearnserver")", R"("runtime":"gone")"}}) {
    ASSERT_NE(old.find(from), old.npos) << old;
    old.replace(old.find(from), from.size(), to);
  }
  const std::string changed =
      service(R"({"modelFormat":{"name":"sklearn"},"storageUri":"gs://bucket/other"})");
  const Request request{
      .endpoint = Endpoint::kMutateInferenceService, .operation = "UPDATE", .object = changed, .old = old};
  const Outcome first = run(request, *in);
  ASSERT_TRUE(std::holds_alternative<Needs>(first));
  Facts unknown;
  Facts absent;
  for (const ObjectKey& key : std::get<Needs>(first).objects) {
    unknown.add(key, {});
    absent.add(key, {Fact::State::kAbsent, nullptr});
  }
  const Response kept = std::get<Response>(run(request, *in, unknown));
  EXPECT_NE(kept.patch.find(R"("value":"gone")"), kept.patch.npos) << kept.patch;
  const Response anew = std::get<Response>(run(request, *in, absent));
  EXPECT_NE(anew.patch.find(R"("value":"sklearnserver")"), anew.patch.npos) << anew.patch;
  EXPECT_TRUE(mentions(anew.warnings, "gone"));
}

/// A denial or a selection that depends on an absent object, and the object that changes it.
struct AbsenceCase {
  const char* name;
  Endpoint endpoint;
  std::string model;
  std::vector<ObjectKey> needed;
  const char* created;
};

class Absence : public Pipeline, public testing::WithParamInterface<AbsenceCase> {
 protected:
  /// The response when `fact` is the fact of every list.
  Response with(const Fact& fact) {
    const Outcome first = run(request_, *catalog_);
    EXPECT_TRUE(std::holds_alternative<Needs>(first));
    Facts facts;
    for (const ObjectKey& key : std::get<Needs>(first).objects) facts.add(key, fact);
    Outcome second = run(request_, *catalog_, facts);
    EXPECT_TRUE(std::holds_alternative<Response>(second));
    return std::get<Response>(std::move(second));
  }
  bool denies() const { return GetParam().endpoint == Endpoint::kValidateInferenceService; }

  std::shared_ptr<const spec::Catalog> catalog_ = catalog();
  Request request_{.endpoint = GetParam().endpoint, .object = service(GetParam().model)};
};

TEST_P(Absence, IsConfirmedByOneLiveRead) {
  const Outcome first = run(request_, *catalog_);
  ASSERT_TRUE(std::holds_alternative<Needs>(first));
  EXPECT_EQ(std::get<Needs>(first).objects, GetParam().needed);

  const Response unknown = with({});
  EXPECT_TRUE(unknown.allowed) << unknown.message;
  EXPECT_EQ(unknown.patch.find("/runtime"), unknown.patch.npos);
  if (denies()) EXPECT_FALSE(unknown.warnings.empty());

  Arena arena;
  for (const char* nothing : {R"({"kind":"List","items":[]})", R"({})"}) {
    const Value none = *spec::parse_json(nothing, arena);
    const Response confirmed = with({Fact::State::kPresent, &none});
    EXPECT_EQ(confirmed.allowed, !denies());
    EXPECT_EQ(confirmed.patch.find("/runtime"), confirmed.patch.npos);
  }
  EXPECT_EQ(with({Fact::State::kAbsent, nullptr}).allowed, !denies());

  const std::string list = fmt::format(R"({{"kind":"List","items":[{}]}})", GetParam().created);
  const Value some = *spec::parse_json(list, arena);
  const Response fixed = with({Fact::State::kPresent, &some});
  EXPECT_TRUE(fixed.allowed) << fixed.message;
  EXPECT_TRUE(fixed.warnings.empty()) << fixed.warnings.front().text;
  EXPECT_EQ(fixed.patch.find(R"("value":"new-runtime")") != fixed.patch.npos, !denies()) << fixed.patch;
}

constexpr const char* kCreated =
    R"({"apiVersion":"serving.kserve.io/v1alpha1","kind":"ServingRuntime","metadata":{"name":"new-runtime",
  "namespace":"ns"},"spec":{"supportedModelFormats":[{"name":"sklear","autoSelect":true}],
  "protocolVersions":["v1"],"containers":[{"name":"kserve-container","image":"a"}]}})";

INSTANTIATE_TEST_SUITE_P(
    Table, Absence,
    testing::Values(AbsenceCase{"NoRuntimeToChoose",
                                Endpoint::kMutateInferenceService,
                                R"({"modelFormat":{"name":"sklear"},"storageUri":"gs://b/m"})",
                                {{"ServingRuntime", "ns", ""}, {"ClusterServingRuntime", "", ""}},
                                kCreated},
                    AbsenceCase{"NoSuchFormat",
                                Endpoint::kValidateInferenceService,
                                R"({"modelFormat":{"name":"sklear"},"storageUri":"gs://b/m"})",
                                {{"ServingRuntime", "ns", ""}, {"ClusterServingRuntime", "", ""}},
                                kCreated},
                    AbsenceCase{
                        "NoSuchStorage",
                        Endpoint::kValidateInferenceService,
                        R"({"modelFormat":{"name":"sklearn"},"storageUri":"ours://b/m"})",
                        {{"ClusterStorageContainer", "", ""}},
                        R"({"apiVersion":"serving.kserve.io/v1alpha1","kind":"ClusterStorageContainer",
               "metadata":{"name":"box"},"spec":{"supportedUriFormats":[{"prefix":"ours://"}],
               "container":{"name":"storage-initializer","image":"a"}}})"}),
    [](const auto& info) { return info.param.name; });

TEST_F(Pipeline, ObjectsOfTheCatalogNeedNoLookup) {
  for (const Endpoint e : {Endpoint::kMutateInferenceService, Endpoint::kValidateInferenceService}) {
    EXPECT_TRUE(answer({.endpoint = e, .object = service(kModel)}, *catalog()).allowed);
  }
}

TEST_F(Pipeline, ARuntimeFoundLiveIsMatchedWithTheModel) {
  const Request request{.object = service(R"({"modelFormat":{"name":"sklearn"},"runtime":"new-runtime"})")};
  const auto in = catalog();
  Arena arena;
  const Value created = *spec::parse_json(kCreated, arena);
  Facts facts;
  facts.add({"ServingRuntime", "ns", "new-runtime"}, {Fact::State::kPresent, &created});
  facts.add({"ClusterServingRuntime", "", "new-runtime"}, {Fact::State::kAbsent, nullptr});
  const Response r = std::get<Response>(run(request, *in, facts));
  EXPECT_FALSE(r.allowed);
  EXPECT_FALSE(mentions(r.warnings, "new-runtime"));
}

TEST_F(Pipeline, DeniesAnotherKindThanThatOfThePath) {
  const Response other =
      answer({.endpoint = Endpoint::kValidateServingRuntime, .object = service(kModel)}, *catalog());
  EXPECT_FALSE(other.allowed);
  EXPECT_EQ(other.code, 400);
  EXPECT_EQ(other.reason, "BadRequest");
  const Response none = answer({.object = "null"}, *catalog());
  EXPECT_FALSE(none.allowed);
  EXPECT_EQ(none.code, 400);
}

TEST_F(Pipeline, AllowsADelete) {
  for (const char* operation : {"DELETE", "CONNECT"}) {
    EXPECT_TRUE(
        answer({.operation = operation, .object = "null", .old = service(kModel)}, *catalog()).allowed);
  }
}

TEST_F(Pipeline, ValidatesRuntimes) {
  constexpr const char* kKind =
      R"({"group":"serving.kserve.io","version":"v1alpha1","kind":"ClusterServingRuntime"})";
  const Request good{
      .endpoint = Endpoint::kValidateClusterServingRuntime, .object = std::string(kRuntime), .kind = kKind};
  EXPECT_TRUE(answer(good, *catalog()).allowed) << answer(good, *catalog()).message;
  Request bad = good;
  const std::string_view part = R"("image")";
  bad.object.replace(bad.object.find(part), part.size(),
                     R"("env":[{"name":"PYTHONPATH","value":"/x"}],"image")");
  const Response r = answer(bad, *catalog(false));
  ASSERT_FALSE(r.allowed);
  EXPECT_TRUE(has_cause(r, "spec.containers[0].env[0].name", "FieldValueForbidden")) << r.message;
}

TEST_F(Pipeline, LeavesPodsAlone) {
  const Response r = answer({.endpoint = Endpoint::kMutatePods,
                             .object = R"({"apiVersion":"v1","kind":"Pod","spec":{}})",
                             .kind = R"({"group":"","version":"v1","kind":"Pod"})"},
                            *catalog());
  EXPECT_TRUE(r.allowed);
  EXPECT_TRUE(r.patch.empty());
}

TEST_F(Pipeline, ADenialOfManyErrorsStaysReadable) {
  std::string env;
  for (int i = 0; i < 1000; ++i) env += R"({"name":"A"},)";
  env.pop_back();
  const Response r =
      answer({.object = service(R"({"modelFormat":{"name":"sklearn"},"env":[)" + env + "]}")}, *catalog());
  ASSERT_FALSE(r.allowed);
  EXPECT_EQ(r.causes.size(), spec::FieldErrors::kMaxErrors + 1);
  EXPECT_NE(r.causes.back().message.find("further errors"), std::string::npos);
  EXPECT_LT(r.message.size(), 64U * 1024);
}

}  // namespace
}  // namespace modelgate::admission
