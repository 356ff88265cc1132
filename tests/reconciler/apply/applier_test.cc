// SPDX-License-Identifier: Apache-2.0
//
// Plans carried out against a fake API server: what is sent, in what order and with which preconditions, and the
// effect of each refusal.
#include "reconciler/apply/applier.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <ostream>

#include "tests/kube/client/fake_api_server.h"

namespace modelgate::reconciler {
namespace {

using namespace std::chrono_literals;
using kube::FakeApiServer;
using kube::FakeExchange;
using testing::ElementsAre;
using testing::HasSubstr;

const ServiceKey kKey{"ns", "iris"};

/// As stored by the API server after our apply: `version` is its resourceVersion.
std::string stored(const kube::Resource& resource, std::string_view version = "8",
                   std::string_view owner = "service-1", std::string_view manager = "modelgate-reconciler") {
  return fmt::format(
      R"({{"apiVersion":"{}","kind":"{}","metadata":{{"name":"a","namespace":"ns","uid":"uid-a",)"
      R"("resourceVersion":"{}","ownerReferences":[{{"apiVersion":"serving.kserve.io/v1beta1",)"
      R"("kind":"InferenceService","name":"iris","uid":"{}","controller":true}}],"managedFields":[{{)"
      R"("manager":"{}","operation":"Apply","apiVersion":"{}","fieldsType":"FieldsV1","fieldsV1":)"
      R"({{"f:spec":{{"f:x":{{}}}}}}}}]}},"spec":{{"x":1,"y":2,"replicas":7}}}})",
      resource.api_version(), resource.kind, version, owner, manager, resource.api_version());
}

std::string digest_of(std::string_view text) {
  spec::Arena arena;
  return comparable_digest(spec::parse_json(text, arena).value(), arena);
}

/// For an object "a" with the spec of stored().
Step step(Step::Kind kind, const kube::Resource& resource = kube::kServices) {
  const bool exists = kind != Step::Kind::kCreate && kind != Step::Kind::kPost;
  return {.kind = kind,
          .resource = &resource,
          .ns = "ns",
          .name = "a",
          .uid = exists ? "uid-a" : "",
          .resource_version = exists ? "7" : "",
          .owner_uid = "service-1",
          .body = R"({"metadata":{"name":"a","ownerReferences":[{"uid":"service-1","controller":true}]}})",
          .wanted_digest = digest_of(R"({"spec":{"x":1}})"),
          .component = "predictor"};
}

/// Without the quotes.
std::string escaped(std::string_view text) {
  std::string out;
  spec::append_json(text, out);
  return out.substr(1, out.size() - 2);
}

std::string path_of(const kube::Resource& resource) {
  return resource.path("ns", "a");
}

/// By default no object exists and every write succeeds.
class Apply : public testing::Test {
 protected:
  Apply() {
    for (const kube::Resource* r :
         {&kube::kServices, &kube::kDeployments, &kube::kIngresses, &kube::kConfigMaps, &kube::kScaledObjects,
          &kube::kHorizontalPodAutoscalers}) {
      server_.on("GET", path_of(*r), [r](FakeExchange& x) {
        x.status(404, "NotFound", {}, escaped(fmt::format("{} \"a\" not found", r->plural)));
      });
      const auto reply = [r](FakeExchange& x) { x.reply(200, stored(*r)); };
      server_.on("PATCH", path_of(*r), reply);
      server_.on("POST", r->path("ns"), reply);
      server_.on("DELETE", path_of(*r), [](FakeExchange& x) { x.reply(200, R"({"kind":"Status"})"); });
    }
  }

  void refuse(const std::string& method, const kube::Resource& resource, int code, std::string reason,
              std::string message) {
    const std::string path = method == "POST" ? resource.path("ns") : path_of(resource);
    server_.on(method, path, [=](FakeExchange& x) { x.status(code, reason, {}, escaped(message)); });
  }

  void exists(const kube::Resource& resource, std::string object) {
    server_.on("GET", path_of(resource), [object](FakeExchange& x) { x.reply(200, object); });
  }

  ApplyOutcome carry_out(const Plan& plan, std::chrono::milliseconds time = 10s) {
    return carry_out_times(plan, 1, time).back();
  }

  std::vector<ApplyOutcome> carry_out_times(const Plan& plan, int times,
                                            std::chrono::milliseconds time = 10s) {
    std::vector<ApplyOutcome> out;
    kube::run_with_client(server_.config(), {.qps = 10'000, .burst = 10'000},
                          [&](kube::Client& client) -> kube::Task<void> {
                            Applier applier(client, cache_, memory_);
                            for (int i = 0; i < times; ++i) {
                              const SteadyTime until = std::chrono::steady_clock::now() + time;
                              ApplyOutcome outcome = co_await applier.carry_out(kKey, plan, until);
                              out.push_back(std::move(outcome));
                            }
                          });
    return out;
  }

  /// "PATCH services", in order, without reads.
  std::vector<std::string> writes() const {
    std::vector<std::string> out;
    for (const kube::FakeRequest& request : server_.requests()) {
      if (request.method == "GET") continue;
      const std::size_t ns = request.path.find("/namespaces/ns/");
      std::string plural = request.path.substr(ns + 15);
      out.push_back(request.method + " " + plural.substr(0, plural.find('/')));
    }
    return out;
  }

  kube::FakeRequest last() const { return server_.requests().back(); }

  FakeApiServer server_;
  Cache cache_{[](const ServiceKey&, Priority) {}};
  AppliedMemory memory_;
};

std::vector<std::string> reasons(const ApplyOutcome& outcome) {
  std::vector<std::string> out;
  for (const ApplyProblem& problem : outcome.problems) out.push_back(problem.reason);
  return out;
}

spec::Value parsed(std::string_view text, spec::Arena& arena) {
  spec::ParseOptions options;
  options.skip_managed_fields = false;
  return spec::parse_json(text, arena, options).value();
}

// ---- creating

TEST_F(Apply, CreatesByApplyWithoutForce) {
  const ApplyOutcome outcome = carry_out({.steps = {step(Step::Kind::kCreate)}});
  EXPECT_EQ(outcome.writes, 1);
  EXPECT_FALSE(outcome.stale);
  EXPECT_TRUE(outcome.problems.empty());
  ASSERT_THAT(writes(), ElementsAre("PATCH services"));
  EXPECT_EQ(last().query("fieldManager"), "modelgate-reconciler");
  EXPECT_EQ(last().query("force"), "");
  EXPECT_EQ(last().header("content-type"), "application/apply-patch+yaml");
  EXPECT_EQ(last().body, step(Step::Kind::kCreate).body);
  EXPECT_EQ(server_.count("GET", path_of(kube::kServices)), 1) << "the name is looked up first";
  const auto child = cache_.child(kube::kServices, "ns", "a");
  ASSERT_TRUE(child);
  EXPECT_EQ(child->applied_digest, digest_of(R"({"spec":{"x":1}})"));
}

TEST_F(Apply, CreatesCreateOnlyObjectsByPost) {
  const ApplyOutcome outcome = carry_out({.steps = {step(Step::Kind::kPost, kube::kConfigMaps)}});
  EXPECT_EQ(outcome.writes, 1);
  EXPECT_THAT(writes(), ElementsAre("POST configmaps"));
  EXPECT_EQ(last().header("content-type"), "application/json");
}

TEST_F(Apply, LeavesAnExistingCreateOnlyObject) {
  exists(kube::kConfigMaps, stored(kube::kConfigMaps, "8", "service-9"));
  const ApplyOutcome outcome = carry_out({.steps = {step(Step::Kind::kPost, kube::kConfigMaps)}});
  EXPECT_THAT(writes(), ElementsAre());
  EXPECT_TRUE(outcome.problems.empty());
  EXPECT_FALSE(outcome.stale);
}

TEST_F(Apply, LeavesACreateOnlyObjectThatWasCreatedMeanwhile) {
  refuse("POST", kube::kConfigMaps, 409, "AlreadyExists", "configmaps \"a\" already exists");
  const ApplyOutcome outcome = carry_out({.steps = {step(Step::Kind::kPost, kube::kConfigMaps)}});
  EXPECT_TRUE(outcome.problems.empty());
  EXPECT_EQ(outcome.writes, 0);
}

struct FoundCase {
  const char* name;
  std::function<std::string()> object;
  bool stale;
  const char* reason;
  const char* words;
};

void PrintTo(const FoundCase& c, std::ostream* out) {
  *out << c.name;
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  return at == std::string::npos ? "" : text.replace(at, from.size(), to);
}

class Found : public Apply, public testing::WithParamInterface<FoundCase> {};

TEST_P(Found, IsLeftAlone) {
  exists(kube::kServices, GetParam().object());
  const ApplyOutcome outcome = carry_out({.steps = {step(Step::Kind::kCreate)}});
  EXPECT_THAT(writes(), ElementsAre());
  EXPECT_EQ(outcome.stale, GetParam().stale);
  if (GetParam().stale) {
    EXPECT_TRUE(outcome.problems.empty());
    EXPECT_TRUE(cache_.child(kube::kServices, "ns", "a")) << "for the next plan";
    return;
  }
  ASSERT_THAT(reasons(outcome), ElementsAre(GetParam().reason));
  EXPECT_THAT(outcome.problems[0].text, HasSubstr(GetParam().words));
  EXPECT_THAT(outcome.problems[0].text, HasSubstr("Service a"));
  EXPECT_EQ(outcome.problems[0].component, "predictor");
}

constexpr std::string_view kLabelsOwner = R"("kind":"InferenceService","name":"iris","uid":"service-0")";

INSTANTIATE_TEST_SUITE_P(
    Table, Found,
    testing::Values(
        FoundCase{"OursThatIsMissingInTheCache", [] { return stored(kube::kServices); }, true, "", ""},
        FoundCase{"OfADeletedService", [] { return stored(kube::kServices, "8", "service-0"); }, false,
                  "OwnerDeleted", "deleted InferenceService of this name"},
        FoundCase{"OfAnotherKind",
                  [] {
                    return replaced(stored(kube::kServices, "8", "service-0", "helm"), kLabelsOwner,
                                    R"("kind":"Rollout","name":"roll","uid":"service-0")");
                  },
                  false, "NameTaken", "already exists and is owned by Rollout roll (field managers: helm)"},
        FoundCase{"WithoutOwner",
                  [] {
                    return replaced(stored(kube::kServices, "8", "service-0", "kubectl-create"),
                                    R"("controller":true)", R"("controller":false)");
                  },
                  false, "NameTaken", "is not owned by an InferenceService (field managers: kubectl-create)"},
        FoundCase{"BeingDeleted",
                  [] {
                    return replaced(stored(kube::kServices, "8", "service-0"), R"("name":"a")",
                                    R"("name":"a","deletionTimestamp":"2026-01-01T00:00:00Z")");
                  },
                  false, "BeingDeleted", "is being deleted"}),
    [](const auto& info) { return std::string(info.param.name); });

// ---- changing

TEST_F(Apply, ChangesByApplyWithForce) {
  const ApplyOutcome outcome = carry_out({.steps = {step(Step::Kind::kApply)}});
  EXPECT_EQ(outcome.writes, 1);
  EXPECT_THAT(writes(), ElementsAre("PATCH services"));
  EXPECT_EQ(last().query("force"), "true");
  EXPECT_EQ(last().body, step(Step::Kind::kApply).body);
  EXPECT_EQ(server_.requests().size(), 1U) << "no read of a cached object";
}

TEST_F(Apply, SendsTheVersionIfAValueWasRead) {
  Step held = step(Step::Kind::kApply);
  held.held_replicas = 7;
  carry_out({.steps = {held}});
  EXPECT_THAT(last().body, HasSubstr(R"("resourceVersion":"7")"));
}

TEST_F(Apply, RemembersAReplyThatDiffersFromWhatWasSent) {
  Step other = step(Step::Kind::kApply);
  carry_out({.steps = {other}});
  EXPECT_EQ(memory_.find("uid-a"), nullptr) << "it was stored as it was sent";
  other.wanted_digest = "as wanted";
  carry_out({.steps = {other}});
  const AppliedMemory::Entry* entry = memory_.find("uid-a");
  ASSERT_NE(entry, nullptr);
  EXPECT_EQ(entry->wanted_digest, "as wanted");
  EXPECT_EQ(entry->reply_digest, digest_of(R"({"spec":{"x":1}})"));
  other.wanted_digest = entry->reply_digest;
  carry_out({.steps = {other}});
  EXPECT_EQ(memory_.find("uid-a"), nullptr);
}

struct StaleCase {
  const char* name;
  int code;
  const char* message;
};

void PrintTo(const StaleCase& c, std::ostream* out) {
  *out << c.name;
}

class Stale : public Apply, public testing::WithParamInterface<StaleCase> {};

TEST_P(Stale, IsAStepForAnotherObject) {
  refuse("PATCH", kube::kServices, GetParam().code, "X", GetParam().message);
  const ApplyOutcome outcome =
      carry_out({.steps = {step(Step::Kind::kApply), step(Step::Kind::kDelete, kube::kIngresses)}});
  EXPECT_TRUE(outcome.stale);
  EXPECT_TRUE(outcome.problems.empty());
  EXPECT_THAT(writes(), ElementsAre("PATCH services")) << "nothing is deleted with an outdated cache";
}

INSTANTIATE_TEST_SUITE_P(
    Table, Stale,
    testing::Values(StaleCase{"Gone", 409,
                              "uid mismatch: the provided object specified uid a, and no existing"},
                    StaleCase{"Changed", 409, "the object has been modified"},
                    StaleCase{"CreatedAgain", 422, "metadata.uid: Invalid value: \"a\": field is immutable"}),
    [](const auto& info) { return std::string(info.param.name); });

TEST_F(Apply, RetriesIfOnlyTheVersionHasChanged) {
  server_.once("PATCH", path_of(kube::kDeployments), [](FakeExchange& x) { x.status(409, "Conflict"); });
  exists(kube::kDeployments, stored(kube::kDeployments, "12"));
  Step held = step(Step::Kind::kApply, kube::kDeployments);
  held.held_replicas = 7;
  const ApplyOutcome outcome = carry_out({.steps = {held}});
  EXPECT_FALSE(outcome.stale);
  EXPECT_EQ(outcome.writes, 1);
  EXPECT_THAT(last().body, HasSubstr(R"("resourceVersion":"12")"));
}

TEST_F(Apply, IsStaleIfTheReplicasHaveChanged) {
  server_.once("PATCH", path_of(kube::kDeployments), [](FakeExchange& x) { x.status(409, "Conflict"); });
  exists(kube::kDeployments, stored(kube::kDeployments, "12"));
  Step held = step(Step::Kind::kApply, kube::kDeployments);
  held.held_replicas = 6;
  const ApplyOutcome outcome = carry_out({.steps = {held}});
  EXPECT_TRUE(outcome.stale);
  EXPECT_THAT(writes(), ElementsAre("PATCH deployments"));
}

// ---- adopting

TEST_F(Apply, AdoptsBeforeApplying) {
  exists(kube::kServices, stored(kube::kServices, "7", "service-1", "manager"));
  server_.once("PATCH", path_of(kube::kServices),
               [](FakeExchange& x) { x.reply(200, stored(kube::kServices, "9")); });
  Step held = step(Step::Kind::kApply);
  held.held_replicas = 7;
  Step adopt = step(Step::Kind::kAdopt);
  adopt.held_replicas = 7;
  const ApplyOutcome outcome = carry_out({.steps = {adopt, held}});
  EXPECT_EQ(outcome.writes, 2);
  ASSERT_THAT(writes(), ElementsAre("PATCH services", "PATCH services"));
  const kube::FakeRequest patch = server_.requests()[1];
  EXPECT_EQ(patch.header("content-type"), "application/merge-patch+json");
  spec::Arena arena;
  const spec::Value body = parsed(patch.body, arena);
  const spec::Value* metadata = spec::find(body, "metadata");
  ASSERT_TRUE(metadata);
  EXPECT_EQ(body.MemberCount(), 1U);
  EXPECT_EQ(spec::text_of(*spec::find(metadata, "uid")), "uid-a");
  EXPECT_EQ(spec::text_of(*spec::find(metadata, "resourceVersion")), "7");
  const spec::Value& entries = *spec::find(metadata, "managedFields");
  ASSERT_EQ(entries.Size(), 1U);
  EXPECT_EQ(spec::text_of(*spec::find(entries[0], "manager")), "modelgate-reconciler");
  EXPECT_THAT(last().body, HasSubstr(R"("resourceVersion":"9")")) << "the version after our own write";
}

TEST_F(Apply, KeepsTheFormOfAnOlderRelease) {
  const std::string named =
      R"({"containers":[{"name":"c","env":[{"name":"INFERENCE_SERVICE_NAME","value":"iris"}]}]})";
  for (const bool is_older : {true, false}) {
    std::string live = stored(kube::kDeployments, "7", "service-1", "manager");
    if (!is_older) {
      const std::string_view spec = R"("spec":{"x":1)";
      live.replace(live.find(spec), spec.size(),
                   fmt::format(R"("spec":{{"template":{{"spec":{}}},"x":1)", named));
    }
    exists(kube::kDeployments, live);
    Step apply = step(Step::Kind::kApply, kube::kDeployments);
    apply.older_body = R"({"metadata":{"name":"a"},"older":true})";
    apply.older_digest = digest_of(R"({"spec":{"x":1}})");
    if (is_older) apply.wanted_digest = "newer";
    carry_out({.steps = {step(Step::Kind::kAdopt, kube::kDeployments), apply}});
    EXPECT_EQ(last().body.find("older") != std::string::npos, is_older) << last().body;
    EXPECT_EQ(memory_.find("uid-a"), nullptr) << "what was sent was stored";
  }
}

TEST_F(Apply, AdoptsNothingTwice) {
  exists(kube::kServices, stored(kube::kServices, "7"));
  carry_out({.steps = {step(Step::Kind::kAdopt), step(Step::Kind::kApply)}});
  ASSERT_THAT(writes(), ElementsAre("PATCH services"));
  EXPECT_EQ(last().query("force"), "true");
}

struct NotAdoptedCase {
  const char* name;
  std::function<void(FakeExchange&)> get;
  int patch_code;
  bool stale;
  std::vector<std::string> writes;
};

void PrintTo(const NotAdoptedCase& c, std::ostream* out) {
  *out << c.name;
}

class NotAdopted : public Apply, public testing::WithParamInterface<NotAdoptedCase> {};

TEST_P(NotAdopted, IsNotApplied) {
  server_.on("GET", path_of(kube::kServices), GetParam().get);
  if (GetParam().patch_code > 0) refuse("PATCH", kube::kServices, GetParam().patch_code, "X", "no");
  Step adopt = step(Step::Kind::kAdopt);
  adopt.held_replicas = 7;
  const ApplyOutcome outcome =
      carry_out({.steps = {adopt, step(Step::Kind::kApply), step(Step::Kind::kDelete, kube::kIngresses)}});
  EXPECT_EQ(outcome.stale, GetParam().stale);
  EXPECT_EQ(outcome.problems.empty(), GetParam().stale);
  EXPECT_EQ(writes(), GetParam().writes);
}

INSTANTIATE_TEST_SUITE_P(
    Table, NotAdopted,
    testing::Values(
        NotAdoptedCase{
            "Gone",
            [](FakeExchange& x) { x.status(404, "NotFound", {}, escaped("services \"a\" not found")); },
            0,
            true,
            {}},
        NotAdoptedCase{"AnotherObjectWithThatName",
                       [](FakeExchange& x) {
                         x.reply(200, replaced(stored(kube::kServices, "7", "service-1", "manager"), "uid-a",
                                               "uid-b"));
                       },
                       0,
                       true,
                       {}},
        NotAdoptedCase{"ScaledMeanwhile",
                       [](FakeExchange& x) {
                         x.reply(200, replaced(stored(kube::kServices, "7", "service-1", "manager"),
                                               R"("replicas":7)", R"("replicas":8)"));
                       },
                       0,
                       true,
                       {}},
        NotAdoptedCase{
            "OwnedByAnotherMeanwhile",
            [](FakeExchange& x) { x.reply(200, stored(kube::kServices, "7", "service-2", "manager")); },
            0,
            true,
            {}},
        NotAdoptedCase{
            "ChangedAtEachTry",
            [](FakeExchange& x) { x.reply(200, stored(kube::kServices, "7", "service-1", "manager")); }, 409,
            true, std::vector<std::string>(5, "PATCH services")},
        NotAdoptedCase{
            "Refused",
            [](FakeExchange& x) { x.reply(200, stored(kube::kServices, "7", "service-1", "manager")); },
            403,
            false,
            {"PATCH services"}},
        NotAdoptedCase{"NotRead", [](FakeExchange& x) { x.status(403, "Forbidden"); }, 0, false, {}}),
    [](const auto& info) { return std::string(info.param.name); });

// ---- deleting

TEST_F(Apply, DeletesTheObservedObject) {
  cache_.put(kube::kIngresses, kube::Object::read(stored(kube::kIngresses)).value());
  memory_.remember("uid-a", {.wanted_digest = "x", .reply_digest = "y"});
  const ApplyOutcome outcome = carry_out({.steps = {step(Step::Kind::kDelete, kube::kIngresses)}});
  EXPECT_EQ(outcome.writes, 1);
  EXPECT_FALSE(outcome.stale);
  EXPECT_THAT(last().body, HasSubstr(R"("preconditions":{"uid":"uid-a","resourceVersion":"7"})"));
  EXPECT_FALSE(cache_.child(kube::kIngresses, "ns", "a"));
  EXPECT_EQ(memory_.find("uid-a"), nullptr);
}

TEST_F(Apply, DeletesAChangedObjectThatIsStillOurs) {
  server_.once("DELETE", path_of(kube::kIngresses), [](FakeExchange& x) { x.status(409, "Conflict"); });
  exists(kube::kIngresses, stored(kube::kIngresses, "12"));
  const ApplyOutcome outcome = carry_out({.steps = {step(Step::Kind::kDelete, kube::kIngresses)}});
  EXPECT_EQ(outcome.writes, 1);
  EXPECT_FALSE(outcome.stale);
  EXPECT_THAT(last().body, HasSubstr(R"("resourceVersion":"12")"));
}

TEST_F(Apply, DeletesNothingThatHasAnotherOwner) {
  refuse("DELETE", kube::kIngresses, 409, "Conflict", "precondition failed");
  exists(kube::kIngresses, stored(kube::kIngresses, "12", "service-2"));
  const ApplyOutcome outcome = carry_out({.steps = {step(Step::Kind::kDelete, kube::kIngresses)}});
  EXPECT_TRUE(outcome.stale);
  EXPECT_THAT(writes(), ElementsAre("DELETE ingresses"));
}

struct DeletionCase {
  const char* name;
  int code;
  const char* message;
  bool stale;
  std::vector<std::string> reasons;
};

void PrintTo(const DeletionCase& c, std::ostream* out) {
  *out << c.name;
}

class Deletion : public Apply, public testing::WithParamInterface<DeletionCase> {};

TEST_P(Deletion, MayFail) {
  refuse("DELETE", kube::kIngresses, GetParam().code, "X", GetParam().message);
  const ApplyOutcome outcome =
      carry_out({.steps = {step(Step::Kind::kDelete, kube::kIngresses), step(Step::Kind::kDelete)}});
  EXPECT_EQ(outcome.stale, GetParam().stale);
  EXPECT_EQ(reasons(outcome), GetParam().reasons);
}

INSTANTIATE_TEST_SUITE_P(Table, Deletion,
                         testing::Values(DeletionCase{"Gone", 404, "ingresses \"a\" not found", false, {}},
                                         DeletionCase{"KindGone", 404, "404 page not found", false, {}},
                                         DeletionCase{
                                             "AnotherMeanwhile", 409, "precondition failed", true, {}},
                                         DeletionCase{"Forbidden", 403, "not you", false, {"Forbidden"}}),
                         [](const auto& info) { return std::string(info.param.name); });

TEST_F(Apply, DeletesNothingDuringAConflict) {
  const Plan plan{.steps = {step(Step::Kind::kDelete)},
                  .conflicts = {{.resource = &kube::kDeployments, .name = "a"}}};
  EXPECT_EQ(carry_out(plan).writes, 0);
  EXPECT_THAT(writes(), ElementsAre());
}

// ---- replacing

constexpr const char* kKedaDenial =
    "admission webhook \"vscaledobject.kb.io\" denied the request: the workload is already managed by the "
    "hpa 'a'";
constexpr const char* kOtherDenial = "admission webhook \"x\" denied the request: label team is missing";

Step replaced(const kube::Resource& old, const kube::Resource& by) {
  Step out = step(Step::Kind::kDelete, old);
  out.replaced_by = &by;
  out.replacement = replacement_of(old, by);
  return out;
}

/// From an HPA to KEDA.
class Replace : public Apply {
 protected:
  Replace() {
    server_.on("GET", path_of(hpa_), [this](FakeExchange& x) {
      if (gone_) return x.status(404, "NotFound", {}, escaped("horizontalpodautoscalers \"a\" not found"));
      x.reply(200, stored(hpa_));
    });
    server_.on("DELETE", path_of(hpa_), [this](FakeExchange& x) {
      gone_ = !has_finalizer_;
      x.reply(200, R"({"kind":"Status"})");
    });
  }

  /// The first attempts, one message each; later ones succeed.
  void refuse_in_turn(std::vector<const char*> messages) {
    server_.on("PATCH", path_of(keda_), [this, messages](FakeExchange& x) {
      if (attempts_ == messages.size()) return x.reply(200, stored(keda_));
      x.status(403, "Forbidden", {}, escaped(messages[attempts_++]));
    });
  }

  Plan plan() const { return {.steps = {step(Step::Kind::kCreate, keda_), replaced(hpa_, keda_)}}; }

  const kube::Resource& hpa_ = kube::kHorizontalPodAutoscalers;
  const kube::Resource& keda_ = kube::kScaledObjects;
  bool gone_ = false, has_finalizer_ = false;
  std::size_t attempts_ = 0;
};

TEST_F(Replace, CreatesBeforeItDeletes) {
  refuse_in_turn({});
  EXPECT_THAT(reasons(carry_out(plan())), ElementsAre());
  EXPECT_THAT(writes(), ElementsAre("PATCH scaledobjects", "DELETE horizontalpodautoscalers"));
}

TEST_F(Replace, DeletesWhatIsInTheWay) {
  refuse_in_turn({kKedaDenial});
  const ApplyOutcome outcome = carry_out(plan());
  EXPECT_THAT(reasons(outcome), ElementsAre());
  EXPECT_FALSE(outcome.stale);
  EXPECT_THAT(writes(),
              ElementsAre("PATCH scaledobjects", "DELETE horizontalpodautoscalers", "PATCH scaledobjects"));
  for (const kube::FakeRequest& request : server_.requests()) {
    if (request.method == "DELETE") EXPECT_THAT(request.body, HasSubstr(R"("uid":"uid-a")"));
  }
}

TEST_F(Replace, WaitsUntilTheWebhookNoticesTheDeletion) {
  refuse_in_turn({kKedaDenial, kKedaDenial, kKedaDenial});
  EXPECT_THAT(reasons(carry_out(plan())), ElementsAre());
  EXPECT_THAT(writes(), ElementsAre("PATCH scaledobjects", "DELETE horizontalpodautoscalers",
                                    "PATCH scaledobjects", "PATCH scaledobjects", "PATCH scaledobjects"));
}

TEST_F(Replace, RestoresNothingAfterATemporaryFailure) {
  refuse_in_turn({kKedaDenial});
  attempts_ = 0;
  server_.on("PATCH", path_of(keda_), [this](FakeExchange& x) {
    if (attempts_++ == 0) return x.status(403, "Forbidden", {}, escaped(kKedaDenial));
    x.status(500, "InternalError", {}, "etcd");
  });
  EXPECT_THAT(reasons(carry_out(plan())), ElementsAre("ApiServerError"));
  EXPECT_THAT(writes(), testing::Not(testing::Contains("PATCH horizontalpodautoscalers")));
}

TEST_F(Replace, KeepsTheOldIfTheNewIsRefusedForAnotherReason) {
  refuse_in_turn({kOtherDenial});
  EXPECT_THAT(reasons(carry_out(plan())), ElementsAre("DeniedByWebhook"));
  EXPECT_THAT(writes(), ElementsAre("PATCH scaledobjects"));
}

TEST_F(Replace, RestoresTheOldIfTheNewIsStillRefused) {
  refuse_in_turn({kKedaDenial, kOtherDenial, kKedaDenial});
  Plan both = plan();
  const std::vector<ApplyOutcome> outcomes = carry_out_times(both, 2);
  ASSERT_EQ(outcomes[0].problems.size(), 1U);
  EXPECT_THAT(outcomes[0].problems[0].text, HasSubstr("label team is missing"));
  EXPECT_THAT(writes(), ElementsAre("PATCH scaledobjects", "DELETE horizontalpodautoscalers",
                                    "PATCH scaledobjects", "PATCH horizontalpodautoscalers"));
  EXPECT_THAT(last().body, HasSubstr(R"("spec":{"x":1,"y":2,"replicas":7})"));
  EXPECT_THAT(last().body, HasSubstr(R"("name":"iris","uid":"service-1")"));
  EXPECT_THAT(last().body, testing::Not(HasSubstr("resourceVersion")));
}

TEST_F(Replace, DoesNotTryAgainSoon) {
  refuse_in_turn({kKedaDenial, kOtherDenial, kKedaDenial});
  Plan changed = plan();
  changed.steps[0].wanted_digest = "another";
  kube::run_with_client(server_.config(), {.qps = 10'000, .burst = 10'000},
                        [&](kube::Client& client) -> kube::Task<void> {
                          Applier applier(client, cache_, memory_);
                          const Plan first = plan();
                          const SteadyTime until = std::chrono::steady_clock::now() + 10s;
                          co_await applier.carry_out(kKey, first, until);
                          gone_ = false;
                          co_await applier.carry_out(kKey, changed, until);
                        });
  EXPECT_THAT(writes(),
              ElementsAre("PATCH scaledobjects", "DELETE horizontalpodautoscalers", "PATCH scaledobjects",
                          "PATCH horizontalpodautoscalers", "PATCH scaledobjects"));
}

TEST_F(Replace, WaitsForFinalizers) {
  has_finalizer_ = true;
  refuse_in_turn({kKedaDenial, kOtherDenial});
  const ApplyOutcome outcome = carry_out(plan());
  EXPECT_TRUE(outcome.stale) << "to be repeated soon";
  EXPECT_THAT(reasons(outcome), ElementsAre("DeniedByWebhook"));
  EXPECT_THAT(writes(),
              ElementsAre("PATCH scaledobjects", "DELETE horizontalpodautoscalers", "PATCH scaledobjects"));
}

TEST_F(Replace, ReportsAnOldObjectThatCannotBeDeleted) {
  refuse_in_turn({kKedaDenial});
  refuse("DELETE", hpa_, 403, "Forbidden", "not you");
  EXPECT_THAT(reasons(carry_out(plan())), ElementsAre("Forbidden", "DeniedByWebhook"));
  EXPECT_THAT(writes(), ElementsAre("PATCH scaledobjects", "DELETE horizontalpodautoscalers"));
}

TEST_F(Replace, DeletesAReplacedAutoscalerWhateverElseFails) {
  refuse_in_turn({});
  refuse("PATCH", kube::kServices, 422, "Invalid", "spec.ports: Required value");
  Plan all = plan();
  all.steps.insert(all.steps.begin(), step(Step::Kind::kApply));
  all.steps.push_back(step(Step::Kind::kDelete, kube::kDeployments));
  EXPECT_THAT(reasons(carry_out(all)), ElementsAre("Invalid"));
  EXPECT_THAT(writes(),
              ElementsAre("PATCH services", "PATCH scaledobjects", "DELETE horizontalpodautoscalers"));
}

TEST_F(Apply, KeepsAReplacedRouteIfSomethingElseFails) {
  refuse("PATCH", kube::kServices, 422, "Invalid", "spec.ports: Required value");
  server_.on("PATCH", path_of(kube::kHttpRoutes),
             [](FakeExchange& x) { x.reply(200, stored(kube::kHttpRoutes)); });
  server_.on("GET", path_of(kube::kHttpRoutes),
             [](FakeExchange& x) { x.status(404, "NotFound", {}, escaped("httproutes \"a\" not found")); });
  const Plan plan{.steps = {step(Step::Kind::kApply), step(Step::Kind::kCreate, kube::kHttpRoutes),
                            replaced(kube::kIngresses, kube::kHttpRoutes)}};
  EXPECT_THAT(reasons(carry_out(plan)), ElementsAre("Invalid"));
  EXPECT_THAT(writes(), ElementsAre("PATCH services", "PATCH httproutes"));
}

TEST_F(Replace, KeepsTheOldIfTheClusterDoesNotServeTheNewKind) {
  refuse("PATCH", keda_, 404, "NotFound", "404 page not found");
  EXPECT_THAT(reasons(carry_out(plan())), ElementsAre("KindAbsent"));
  EXPECT_THAT(writes(), ElementsAre("PATCH scaledobjects"));
}

// ---- failing

TEST_F(Apply, ContinuesAfterAFailure) {
  refuse("PATCH", kube::kServices, 422, "Invalid", "spec.ports: Required value");
  const Plan plan{.steps = {step(Step::Kind::kApply), step(Step::Kind::kApply, kube::kDeployments),
                            step(Step::Kind::kDelete, kube::kIngresses)}};
  const ApplyOutcome outcome = carry_out(plan);
  EXPECT_EQ(outcome.writes, 1);
  EXPECT_THAT(reasons(outcome), ElementsAre("Invalid"));
  EXPECT_THAT(writes(), ElementsAre("PATCH services", "PATCH deployments"));
}

TEST_F(Apply, CreatesNoAutoscalerForAMissingDeployment) {
  refuse("PATCH", kube::kDeployments, 422, "Invalid", "image: Required value");
  for (const kube::Resource* autoscaler : {&kube::kHorizontalPodAutoscalers, &kube::kScaledObjects}) {
    const Plan plan{
        .steps = {step(Step::Kind::kCreate, kube::kDeployments), step(Step::Kind::kCreate, *autoscaler)}};
    // The second time, the refused write is not even tried.
    for (const ApplyOutcome& outcome : carry_out_times(plan, 2)) {
      EXPECT_EQ(outcome.writes, 0);
      EXPECT_EQ(outcome.problems.size(), 1U);
    }
    EXPECT_EQ(server_.count("PATCH", path_of(*autoscaler)), 0);
  }
}

TEST_F(Apply, StopsIfTheNamespaceIsBeingDeleted) {
  refuse("PATCH", kube::kServices, 403, "Forbidden",
         "unable to create new content in namespace ns because it is being terminated");
  const Plan plan{.steps = {step(Step::Kind::kCreate), step(Step::Kind::kCreate, kube::kDeployments)}};
  const ApplyOutcome outcome = carry_out(plan);
  ASSERT_THAT(reasons(outcome), ElementsAre("NamespaceTerminating"));
  EXPECT_FALSE(outcome.problems[0].transient);
  EXPECT_EQ(server_.requests().size(), 2U);
}

TEST_F(Apply, StopsIfTheApiServerCannotBeReached) {
  server_.stop();
  const Plan plan{.steps = {step(Step::Kind::kApply), step(Step::Kind::kApply, kube::kDeployments)}};
  const ApplyOutcome outcome = carry_out(plan, 2s);
  ASSERT_EQ(outcome.problems.size(), 1U);
  EXPECT_TRUE(outcome.problems[0].transient);
  EXPECT_EQ(outcome.writes, 0);
}

TEST_F(Apply, StartsNoStepAfterItsDeadline) {
  const ApplyOutcome outcome =
      carry_out({.steps = {step(Step::Kind::kApply), step(Step::Kind::kDelete, kube::kIngresses)}}, 0ms);
  EXPECT_THAT(reasons(outcome), ElementsAre("OutOfTime"));
  EXPECT_EQ(server_.requests().size(), 0U);
}

TEST_F(Apply, EndsACallAtItsDeadline) {
  server_.on("PATCH", path_of(kube::kServices), [](FakeExchange& x) { x.wait_for_close(); });
  const ApplyOutcome outcome =
      carry_out({.steps = {step(Step::Kind::kApply), step(Step::Kind::kApply, kube::kDeployments)}}, 300ms);
  EXPECT_THAT(reasons(outcome), ElementsAre("ApiServerTimeout"));
  EXPECT_THAT(writes(), ElementsAre("PATCH services"));
}

TEST_F(Apply, DoesNotRepeatARefusedWrite) {
  refuse("PATCH", kube::kServices, 422, "Invalid", "spec.ports: Required value");
  const Plan plan{.steps = {step(Step::Kind::kApply)}};
  const auto start = std::chrono::steady_clock::now();
  for (const ApplyOutcome& outcome : carry_out_times(plan, 3)) {
    EXPECT_THAT(reasons(outcome), ElementsAre("Invalid"));
    EXPECT_FALSE(outcome.failed) << "it is repeated at again_at, without backoff";
    ASSERT_TRUE(outcome.again_at);
    EXPECT_GE(*outcome.again_at, start + kRefusalHolds);
    EXPECT_LE(*outcome.again_at, std::chrono::steady_clock::now() + kRefusalHolds);
  }
  EXPECT_EQ(server_.requests().size(), 1U);
}

struct HeldCase {
  const char* name;
  int code;
  const char* message;
};
class HeldRefusal : public Apply, public testing::WithParamInterface<HeldCase> {};

/// What no watch reports is repeated after the pause of a refusal.
TEST_P(HeldRefusal, IsRepeatedAtItsTime) {
  refuse("PATCH", kube::kServices, GetParam().code, "X", GetParam().message);
  const Plan plan{.steps = {step(Step::Kind::kApply)}};
  for (const ApplyOutcome& outcome : carry_out_times(plan, 2)) {
    EXPECT_EQ(outcome.problems.size(), 1U);
    EXPECT_FALSE(outcome.failed);
    EXPECT_TRUE(outcome.again_at);
  }
  EXPECT_EQ(server_.requests().size(), 1U);
}

INSTANTIATE_TEST_SUITE_P(
    , HeldRefusal,
    testing::Values(HeldCase{"Policy", 422, "ValidatingAdmissionPolicy 'p' denied request: no"},
                    HeldCase{"Webhook", 403, "admission webhook \"w\" denied the request: no"},
                    HeldCase{"AbsentWebhook", 500, "failed calling webhook \"w\": connection refused"},
                    HeldCase{"Quota", 403, "exceeded quota: q"}, HeldCase{"Rbac", 403, "not you"},
                    HeldCase{"Fields", 409, "Apply failed with 1 conflict: x"}),
    [](const auto& c) { return c.param.name; });

TEST_F(Apply, LooksUpATakenNameAtItsTime) {
  exists(kube::kServices,
         R"({"metadata":{"name":"a","namespace":"ns","uid":"uid-x","resourceVersion":"8"}})");
  const Plan plan{.steps = {step(Step::Kind::kCreate)}};
  for (const ApplyOutcome& outcome : carry_out_times(plan, 3)) {
    EXPECT_THAT(reasons(outcome), ElementsAre("NameTaken"));
    EXPECT_FALSE(outcome.problems[0].transient);
    EXPECT_FALSE(outcome.failed);
    EXPECT_TRUE(outcome.again_at);
  }
  EXPECT_EQ(server_.requests().size(), 1U);
}

TEST_F(Apply, RepeatsTemporaryFailures) {
  refuse("PATCH", kube::kServices, 500, "InternalError", "etcd");
  const Plan plan{.steps = {step(Step::Kind::kApply)}};
  for (const ApplyOutcome& outcome : carry_out_times(plan, 3)) {
    EXPECT_TRUE(outcome.failed);
    EXPECT_FALSE(outcome.again_at);
  }
  EXPECT_EQ(server_.requests().size(), 3U);
}

TEST_F(Apply, HoldsBackAWriteStorm) {
  const Plan plan{.steps = {step(Step::Kind::kApply), step(Step::Kind::kApply, kube::kDeployments)}};
  const auto start = std::chrono::steady_clock::now();
  const std::vector<ApplyOutcome> outcomes = carry_out_times(plan, kWriteBurst + 2);
  EXPECT_TRUE(outcomes[kWriteBurst - 1].problems.empty());
  EXPECT_FALSE(outcomes[kWriteBurst - 1].again_at);
  ASSERT_TRUE(outcomes[kWriteBurst].again_at);
  EXPECT_GT(*outcomes[kWriteBurst].again_at, start);
  EXPECT_LE(*outcomes[kWriteBurst].again_at, std::chrono::steady_clock::now() + kWriteEvery);
  ASSERT_THAT(reasons(outcomes[kWriteBurst]), ElementsAre("WriteStorm", "WriteStorm"));
  EXPECT_THAT(outcomes[kWriteBurst].problems[0].text, HasSubstr("Service a"));
  EXPECT_EQ(server_.requests().size(), 2U * kWriteBurst);
}

TEST_F(Apply, KeepsTheAddressOfAService) {
  server_.once("PATCH", path_of(kube::kServices), [](FakeExchange& x) {
    x.status(422, "Invalid", {},
             escaped("spec.clusterIPs[0]: Invalid value: [\"None\"]: may not change once set"));
  });
  Step headless = step(Step::Kind::kApply);
  headless.body = R"({"metadata":{"name":"a"},"spec":{"clusterIP":"None","x":1}})";
  headless.wanted_digest = digest_of(headless.body);
  const ApplyOutcome outcome = carry_out({.steps = {headless}});
  EXPECT_EQ(reasons(outcome), std::vector<std::string>{});
  EXPECT_EQ(last().body, R"({"metadata":{"name":"a"},"spec":{"x":1}})");
  // For the next plan.
  const AppliedMemory::Entry* entry = memory_.find("uid-a");
  ASSERT_NE(entry, nullptr);
  EXPECT_EQ(entry->wanted_digest, headless.wanted_digest);

  headless.body = R"({"metadata":{"name":"a"},"spec":{"x":1}})";
  refuse("PATCH", kube::kServices, 422, "Invalid", "spec.clusterIPs: Invalid value");
  EXPECT_THAT(reasons(carry_out({.steps = {headless}})), ElementsAre("Invalid"));
}

}  // namespace
}  // namespace modelgate::reconciler
