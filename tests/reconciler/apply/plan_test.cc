// SPDX-License-Identifier: Apache-2.0
//
// Desired and observed objects in, steps out.
#include "reconciler/apply/plan.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <functional>

#include "kube/client/knative_kinds.h"
#include "reconciler/apply/bodies.h"
#include "spec/view.h"
#include "tests/reconciler/cluster_objects.h"

namespace modelgate::reconciler {
namespace {

ServiceRecord service(bool being_deleted) {
  return {.key = {"default", "iris"},
          .uid = "service-1",
          .resource_version = "3",
          .being_deleted = being_deleted,
          .text = {}};
}
const ServiceRecord kService = service(false);

const kube::Resource& resource_named(std::string_view kind) {
  for (const kube::Resource* resource : kube::known_resources()) {
    if (resource->kind == kind) return *resource;
  }
  ADD_FAILURE() << kind;
  return kube::kDeployments;
}

/// An object as JSON text; "spec" decides about its digest.
std::string object_text(std::string_view kind, std::string_view name, std::string_view spec) {
  return fmt::format(R"({{"apiVersion":"{}","kind":"{}","metadata":{{"name":"{}","namespace":"default",)"
                     R"("ownerReferences":[{{"uid":"service-1","controller":true}}]}},"spec":{}}})",
                     resource_named(kind).api_version(), kind, name, spec);
}

std::string digest_of(std::string_view text) {
  spec::Arena arena;
  return comparable_digest(spec::parse_json(text, arena).value(), arena);
}

struct Want {
  std::string_view kind, name, spec = "{}";
  bool create_only = false;
};

/// An existing object of ours, applied with that spec.
Child existing(std::string_view kind, std::string_view name, std::string_view spec = "{}") {
  Child child{.resource = &resource_named(kind),
              .ns = "default",
              .name = std::string(name),
              .uid = fmt::format("uid-{}", name),
              .resource_version = "7",
              .owner = kService.key,
              .owner_uid = kService.uid,
              .applied_digest = digest_of(object_text(kind, name, spec)),
              .replicas = {},
              .observed = {}};
  return child;
}

Child with(Child child, const std::function<void(Child&)>& change) {
  change(child);
  return child;
}

Child created_by_kserve(std::string_view kind, std::string_view name) {
  return with(existing(kind, name), [](Child& c) {
    c.applied_digest.clear();
    c.kserve_manages = true;
  });
}

struct World {
  std::vector<Want> wanted;
  std::vector<Child> children;
  AppliedMemory memory = {};
  Unwanted unwanted = Unwanted::kDelete;
  ServiceRecord service = kService;
};

Plan plan_of(const World& world) {
  spec::Arena arena;
  std::vector<workload::WantedObject> wanted;
  for (const Want& want : world.wanted) {
    const std::string text = object_text(want.kind, want.name, want.spec);
    wanted.push_back({spec::parse_json(text, arena).value(), want.create_only, "predictor"});
  }
  std::vector<const Child*> children;
  for (const Child& child : world.children) children.push_back(&child);
  return make_plan(world.service, wanted, children, world.memory, arena, world.unwanted);
}

std::string word_of(Step::Kind kind) {
  constexpr std::array kWords{"adopt", "create", "post", "apply", "delete"};
  return kWords[static_cast<std::size_t>(kind)];
}

/// "apply Deployment a, delete Service b! NameTaken Service c".
std::string outline(const Plan& plan) {
  std::string out;
  for (const Step& step : plan.steps) {
    out += fmt::format("{}{} {} {}", out.empty() ? "" : ", ", word_of(step.kind), step.resource->kind,
                       step.name);
  }
  for (const Conflict& c : plan.conflicts) {
    out += fmt::format("! {} {} {}", c.reason, c.resource->kind, c.name);
  }
  return out;
}

struct PlanCase {
  const char* name;
  World world;
  std::string outline;
};

void PrintTo(const PlanCase& c, std::ostream* out) {
  *out << c.name;
}

class Plans : public testing::TestWithParam<PlanCase> {};

TEST_P(Plans, HaveTheirSteps) {
  EXPECT_EQ(outline(plan_of(GetParam().world)), GetParam().outline);
}

std::string case_name(const testing::TestParamInfo<PlanCase>& info) {
  return info.param.name;
}

const World kAllKinds{
    .wanted = {},
    .children = {existing("ConfigMap", "a"), existing("Service", "a"), existing("Deployment", "a"),
                 existing("OpenTelemetryCollector", "a"), existing("HorizontalPodAutoscaler", "a"),
                 existing("ScaledObject", "a"), existing("Ingress", "a"), existing("VirtualService", "a"),
                 existing("HTTPRoute", "a")}};

INSTANTIATE_TEST_SUITE_P(
    Creating, Plans,
    testing::Values(
        PlanCase{"NothingDesiredNothingExists", {}, ""},
        PlanCase{"Absent", {{{"Deployment", "a"}}, {}}, "create Deployment a"},
        PlanCase{"AbsentAndCreateOnly", {{{"ConfigMap", "a", "{}", true}}, {}}, "post ConfigMap a"},
        PlanCase{"InTheDesiredOrder",
                 {{{"Service", "b"}, {"Deployment", "b"}, {"HTTPRoute", "b"}, {"Service", "a"}}, {}},
                 "create Service b, create Deployment b, create HTTPRoute b, create Service a"},
        PlanCase{"AnotherKindWithThatName",
                 {{{"Deployment", "a"}}, {existing("Service", "a")}, {}, Unwanted::kKeep},
                 "create Deployment a"},
        PlanCase{
            "InAnotherNamespace",
            {{{"Deployment", "a"}}, {with(existing("Deployment", "a"), [](Child& c) { c.ns = "other"; })}},
            "create Deployment a"},
        PlanCase{"OfAServiceThatIsBeingDeleted",
                 {{{"Deployment", "a"}}, {existing("Service", "b")}, {}, Unwanted::kDelete, service(true)},
                 ""}),
    case_name);

INSTANTIATE_TEST_SUITE_P(
    Changing, Plans,
    testing::Values(
        PlanCase{"Unchanged", {{{"Deployment", "a"}}, {existing("Deployment", "a")}}, ""},
        PlanCase{"UnchangedAndListedTwice",
                 {{{"Deployment", "a"}}, {existing("Deployment", "a"), existing("Deployment", "a")}},
                 ""},
        PlanCase{"Changed",
                 {{{"Deployment", "a", R"({"paused":true})"}}, {existing("Deployment", "a")}},
                 "apply Deployment a"},
        PlanCase{"NothingAppliedByUs",
                 {{{"Deployment", "a"}},
                  {with(existing("Deployment", "a"), [](Child& c) { c.applied_digest.clear(); })}},
                 "apply Deployment a"},
        PlanCase{"CreateOnlyAndChangedByOthers",
                 {{{"ConfigMap", "a", R"({"x":1})", true}}, {existing("ConfigMap", "a")}},
                 ""},
        PlanCase{"CreateOnlyAndCreatedByKserve",
                 {{{"ConfigMap", "a", R"({"x":1})", true}}, {created_by_kserve("ConfigMap", "a")}},
                 ""},
        PlanCase{"CreatedByKserve",
                 {{{"Service", "a"}, {"Deployment", "a"}},
                  {created_by_kserve("Deployment", "a"), created_by_kserve("Service", "a")}},
                 "adopt Service a, adopt Deployment a, apply Service a, apply Deployment a"},
        PlanCase{
            "CreatedByKserveAndAppliedByUs",
            {{{"Service", "a"}}, {with(existing("Service", "a"), [](Child& c) { c.kserve_manages = true; })}},
            "adopt Service a, apply Service a"}),
    case_name);

INSTANTIATE_TEST_SUITE_P(
    Leaving, Plans,
    testing::Values(
        PlanCase{"OfAnotherService",
                 {{{"Deployment", "a", "[]"}},
                  {with(existing("Deployment", "a"),
                        [](Child& c) {
                          c.owner.name = "rose";
                          c.owner_uid = "service-2";
                        })}},
                 "! NameTaken Deployment a"},
        PlanCase{"OfADeletedServiceOfThatName",
                 {{{"Deployment", "a"}},
                  {with(existing("Deployment", "a"), [](Child& c) { c.owner_uid = "service-0"; })}},
                 "! OwnerDeleted Deployment a"},
        PlanCase{"OfADeletedServiceAndNotDesired",
                 {{}, {with(existing("Deployment", "a"), [](Child& c) { c.owner_uid = "service-0"; })}},
                 ""},
        PlanCase{"BeingDeleted",
                 {{{"Deployment", "a", "[]"}},
                  {with(existing("Deployment", "a"), [](Child& c) { c.being_deleted = true; })}},
                 "! BeingDeleted Deployment a"},
        PlanCase{"BeingDeletedAndNotDesired",
                 {{}, {with(existing("Deployment", "a"), [](Child& c) { c.being_deleted = true; })}},
                 ""},
        PlanCase{"AConflictDoesNotStopOthers",
                 {{{"Deployment", "a"}, {"Service", "b"}},
                  {with(existing("Deployment", "a"), [](Child& c) { c.owner_uid = "service-0"; })}},
                 "create Service b! OwnerDeleted Deployment a"}),
    case_name);

INSTANTIATE_TEST_SUITE_P(
    Deleting, Plans,
    testing::Values(
        PlanCase{"NotDesired", {{}, {existing("Service", "a")}}, "delete Service a"},
        PlanCase{
            "NotDesiredAndCreatedByKserve", {{}, {created_by_kserve("Service", "a")}}, "delete Service a"},
        PlanCase{"WrittenByOthers",
                 {{}, {with(existing("Service", "a"), [](Child& c) { c.applied_digest.clear(); })}},
                 ""},
        PlanCase{"OfAKindThatWeNeverCreate", {{}, {existing("Secret", "a")}}, ""},
        PlanCase{"RoutesFirst", kAllKinds,
                 "delete HTTPRoute a, delete VirtualService a, delete Ingress a, delete ScaledObject a, "
                 "delete HorizontalPodAutoscaler a, delete Deployment a, delete Service a, "
                 "delete OpenTelemetryCollector a, delete ConfigMap a"},
        PlanCase{"NotIfAllAreRetained", {{}, {existing("Service", "a")}, {}, Unwanted::kKeep}, ""},
        PlanCase{"NotRoutesIfTheyAreRetained",
                 {{},
                  {existing("Service", "a"), existing("Ingress", "a"), existing("HTTPRoute", "a"),
                   existing("VirtualService", "a")},
                  {},
                  Unwanted::kKeepRoutes},
                 "delete Service a"},
        PlanCase{"AfterCreations",
                 {{{"HTTPRoute", "a"}, {"ScaledObject", "a"}},
                  {existing("HorizontalPodAutoscaler", "a"), existing("Ingress", "a")}},
                 "create HTTPRoute a, create ScaledObject a, delete Ingress a, "
                 "delete HorizontalPodAutoscaler a"}),
    case_name);

// ---- replicas

struct ReplicasCase {
  const char* name;
  std::string_view wanted;  // the Deployment's spec
  Child child;
  std::string sent;  // "-": no step, "": none in the body, "held 7": under resourceVersion
};

void PrintTo(const ReplicasCase& c, std::ostream* out) {
  *out << c.name;
}

Child scaled(bool ours, bool others, std::string_view spec) {
  return with(existing("Deployment", "a", spec), [&](Child& c) {
    c.replicas = 7;
    c.replicas_ours = ours;
    c.replicas_others = others;
  });
}

class Replicas : public testing::TestWithParam<ReplicasCase> {};

TEST_P(Replicas, AreReleasedOnlyToAnotherManager) {
  const Plan plan = plan_of({{{"Deployment", "a", GetParam().wanted}}, {GetParam().child}});
  if (plan.steps.empty()) {
    EXPECT_EQ(GetParam().sent, "-");
    return;
  }
  const Step& step = plan.steps.back();
  ASSERT_EQ(step.kind, Step::Kind::kApply);
  spec::Arena arena;
  const spec::Value body = spec::parse_json(step.body, arena).value();
  const auto replicas = spec::ObjectView(body).object("spec").integer("replicas");
  EXPECT_EQ((step.held_replicas ? "held " : "") + (replicas ? std::to_string(*replicas) : std::string()),
            GetParam().sent);
  EXPECT_EQ(step.wanted_digest, digest_of(step.body)) << "the reply is compared with what was sent";
  EXPECT_EQ(step.resource_version, "7");
  if (step.held_replicas) EXPECT_EQ(step.held_replicas, replicas);
  for (const Step& other : plan.steps) EXPECT_EQ(other.held_replicas, step.held_replicas);
}

INSTANTIATE_TEST_SUITE_P(
    Table, Replicas,
    testing::Values(
        ReplicasCase{"DesiredAndUnchanged", R"({"replicas":7})", scaled(true, false, R"({"replicas":7})"),
                     "-"},
        ReplicasCase{"DesiredAndChanged", R"({"replicas":3})", scaled(true, false, R"({"replicas":7})"), "3"},
        ReplicasCase{"DesiredAfterAnotherScaled", R"({"replicas":3})", scaled(false, true, "{}"), "3"},
        ReplicasCase{"NotDesiredAndOursOnly", "{}", scaled(true, false, R"({"replicas":7})"), "-"},
        ReplicasCase{"NotDesiredAndOursOnlyWithAnotherChange", R"({"paused":true})",
                     scaled(true, false, R"({"replicas":7})"), "held 7"},
        ReplicasCase{"NotDesiredAndShared", "{}", scaled(true, true, R"({"replicas":7})"), ""},
        ReplicasCase{"NotDesiredAndOfOthers", "{}", scaled(false, true, "{}"), "-"},
        ReplicasCase{"NotDesiredAndOfOthersWithAnotherChange", R"({"paused":true})",
                     scaled(false, true, "{}"), ""},
        ReplicasCase{"UnownedWithAnotherChange", R"({"paused":true})", scaled(false, false, "{}"), ""},
        ReplicasCase{"PerhapsOfKserve", "{}",
                     with(scaled(false, true, "{}"), [](Child& c) { c.kserve_manages = true; }), "held 7"},
        ReplicasCase{"OfKserveAndDesired", R"({"replicas":2})",
                     with(scaled(false, true, "{}"), [](Child& c) { c.kserve_manages = true; }), "2"}),
    [](const auto& info) { return std::string(info.param.name); });

struct BeginCase {
  const char* name;
  std::string_view kind, autoscaler;  // desired besides the Deployment "a"
  std::string_view deployment;
  Begin begin;
  const char* replicas;  // when created
};

class Beginning : public testing::TestWithParam<BeginCase> {};

TEST_P(Beginning, UsesTheMinimumOfTheAutoscaler) {
  const BeginCase& c = GetParam();
  spec::Arena arena;
  const auto parsed = [&](std::string_view kind, std::string_view spec) {
    return spec::parse_json(object_text(kind, "a", spec), arena).value();
  };
  workload::Wanted wanted;
  wanted.objects.push_back({parsed("Deployment", c.deployment), false, "predictor"});
  wanted.objects.push_back({parsed(c.kind, c.autoscaler), false, "predictor"});
  const Plan plan = make_plan(kService, wanted, {}, {}, arena, c.begin);
  ASSERT_EQ(plan.steps.size(), 2U);
  const spec::Value body = spec::parse_json(plan.steps[0].body, arena).value();
  const auto replicas = spec::ObjectView(body).object("spec").integer("replicas");
  EXPECT_EQ(replicas ? fmt::format("{}", *replicas) : "-", c.replicas);
  EXPECT_EQ(plan.steps[0].wanted_digest, comparable_digest(body, arena));

  // Afterwards there are no steps until another manager owns the replicas.
  Child created = existing("Deployment", "a", fmt::format("{{\"replicas\":{}}}", replicas.value_or(1)));
  created.replicas = replicas.value_or(1);
  created.replicas_ours = replicas.has_value();
  if (!replicas) created.applied_digest = digest_of(object_text("Deployment", "a", "{}"));
  const Child scaler = existing(c.kind, "a", c.autoscaler);
  EXPECT_EQ(outline(make_plan(kService, wanted, {&created, &scaler}, {}, arena, c.begin)), "");
}

constexpr std::string_view kHpa =
    R"({"scaleTargetRef":{"kind":"Deployment","name":"a"},"minReplicas":7,"maxReplicas":9})";
INSTANTIATE_TEST_SUITE_P(
    Table, Beginning,
    testing::Values(BeginCase{"Hpa", "HorizontalPodAutoscaler", kHpa, "{}", Begin::kWithMinimum, "7"},
                    BeginCase{"AsKserve", "HorizontalPodAutoscaler", kHpa, "{}", Begin::kWithOne, "-"},
                    BeginCase{"OfAnother", "HorizontalPodAutoscaler",
                              R"({"scaleTargetRef":{"kind":"Deployment","name":"b"},"minReplicas":7})", "{}",
                              Begin::kWithMinimum, "-"},
                    BeginCase{"Keda", "ScaledObject",
                              R"({"scaleTargetRef":{"name":"a"},"minReplicaCount":3})", "{}",
                              Begin::kWithMinimum, "3"},
                    BeginCase{"KedaFromZero", "ScaledObject",
                              R"({"scaleTargetRef":{"name":"a"},"minReplicaCount":0})", "{}",
                              Begin::kWithMinimum, "-"},
                    BeginCase{"One", "HorizontalPodAutoscaler",
                              R"({"scaleTargetRef":{"kind":"Deployment","name":"a"},"minReplicas":1})", "{}",
                              Begin::kWithMinimum, "-"}),
    [](const auto& info) { return std::string(info.param.name); });

// ---- the content of steps

TEST(Steps, OfANewObjectHaveNoUid) {
  const Plan plan = plan_of({{{"Deployment", "a"}}, {}});
  ASSERT_EQ(plan.steps.size(), 1U);
  const Step& step = plan.steps.front();
  EXPECT_EQ(step.body, object_text("Deployment", "a", "{}"));
  EXPECT_EQ(step.uid + step.resource_version, "");
  EXPECT_EQ(step.ns, "default");
  EXPECT_EQ(step.component, "predictor");
  EXPECT_EQ(step.wanted_digest, digest_of(step.body));
}

TEST(Steps, OfAnExistingObjectHaveItsUid) {
  const Plan plan =
      plan_of({{{"Service", "a"}}, {created_by_kserve("Service", "a"), existing("Ingress", "a")}});
  ASSERT_EQ(outline(plan), "adopt Service a, apply Service a, delete Ingress a");
  for (const Step& step : plan.steps) {
    EXPECT_EQ(step.uid, "uid-a");
    EXPECT_EQ(step.resource_version, "7");
    EXPECT_EQ(step.owner_uid, "service-1");
  }
  EXPECT_EQ(plan.steps[0].body, "");
  EXPECT_EQ(plan.steps[2].body, "");
  spec::Arena arena;
  const spec::Value body = spec::parse_json(plan.steps[1].body, arena).value();
  EXPECT_EQ(spec::ObjectView(body).object("metadata").string("uid"), "uid-a");
  EXPECT_FALSE(spec::ObjectView(body).object("metadata").has("resourceVersion"));
  EXPECT_EQ(spec::ObjectView(body).string("kind"), "Service");
}

/// "HorizontalPodAutoscaler a by ScaledObject": what each deletion is replaced by.
std::string replacements(const World& world) {
  std::string out;
  for (const Step& step : plan_of(world).steps) {
    if (step.kind != Step::Kind::kDelete) continue;
    out += fmt::format("{}{} {} by {}", out.empty() ? "" : ", ", step.resource->kind, step.name,
                       step.replaced_by ? step.replaced_by->kind : "nothing");
    EXPECT_EQ(step.replaced_by == nullptr, step.replacement == nullptr);
  }
  return out;
}

TEST(Steps, OfADeletionNameTheReplacement) {
  EXPECT_EQ(replacements({{{"ScaledObject", "a"}}, {existing("HorizontalPodAutoscaler", "a")}}),
            "HorizontalPodAutoscaler a by ScaledObject");
  EXPECT_EQ(replacements({{{"HorizontalPodAutoscaler", "a"}},
                          {existing("ScaledObject", "a"), existing("HorizontalPodAutoscaler", "a")}}),
            "ScaledObject a by HorizontalPodAutoscaler");
  EXPECT_EQ(replacements({{{"ScaledObject", "b"}}, {existing("HorizontalPodAutoscaler", "a")}}),
            "HorizontalPodAutoscaler a by nothing");
  EXPECT_EQ(replacements({{{"ScaledObject", "a"}, {"Service", "a"}},
                          {existing("HorizontalPodAutoscaler", "a"),
                           with(existing("ScaledObject", "a"), [](Child& c) { c.owner_uid = "other"; })}}),
            "HorizontalPodAutoscaler a by nothing")
      << "its name is taken";
  EXPECT_EQ(replacements({{{"HTTPRoute", "a"}}, {existing("Ingress", "a"), existing("Deployment", "a")}}),
            "Ingress a by HTTPRoute, Deployment a by nothing");
}

// ---- Deployments of older releases of KServe

constexpr std::string_view kNamed =
    R"({"template":{"spec":{"containers":[{"name":"c","env":[{"name":"INFERENCE_SERVICE_NAME","value":"iris"}]}]}}})";
constexpr std::string_view kUnnamed = R"({"template":{"spec":{"containers":[{"name":"c"}]}}})";

TEST(OlderReleases, KeepTheirForm) {
  const Plan plan = plan_of({{{"Deployment", "a", kNamed}}, {created_by_kserve("Deployment", "a")}});
  ASSERT_EQ(outline(plan), "adopt Deployment a, apply Deployment a");
  const Step& apply = plan.steps[1];
  EXPECT_EQ(apply.wanted_digest, digest_of(object_text("Deployment", "a", kNamed)));
  EXPECT_EQ(apply.older_digest, digest_of(object_text("Deployment", "a", kUnnamed)));
  EXPECT_EQ(digest_of(apply.older_body), apply.older_digest);
  EXPECT_NE(apply.older_body.find(R"("uid":"uid-a")"), std::string::npos);
  EXPECT_EQ(outline(plan_of({{{"Deployment", "a", kNamed}}, {existing("Deployment", "a", kUnnamed)}})), "");
}

TEST(OlderReleases, LoseTheirFormWithTheNextChange) {
  const Plan plan = plan_of({{{"Deployment", "a", kNamed}}, {existing("Deployment", "a", R"({"x":1})")}});
  ASSERT_EQ(outline(plan), "apply Deployment a");
  EXPECT_EQ(plan.steps[0].older_body, "");
}

// ---- memory

struct MemoryCase {
  const char* name;
  std::string_view wanted;        // as the entry has it
  std::string_view reply_digest;  // of the entry; that of the child is "stored"
  const char* outline;
};

class Memory : public testing::TestWithParam<MemoryCase> {};

TEST_P(Memory, RecognizesWhatTheApiServerStored) {
  World world{{{"Service", "a", R"({"x":"1000m"})"}},
              {with(existing("Service", "a"), [](Child& c) { c.applied_digest = "stored"; })}};
  world.memory.remember("uid-a", {.wanted_digest = digest_of(object_text("Service", "a", GetParam().wanted)),
                                  .reply_digest = std::string(GetParam().reply_digest)});
  EXPECT_EQ(outline(plan_of(world)), GetParam().outline);
  world.memory.forget("uid-a");
  EXPECT_EQ(outline(plan_of(world)), "apply Service a");
}

INSTANTIATE_TEST_SUITE_P(
    Table, Memory,
    testing::Values(MemoryCase{"TheSame", R"({"x":"1000m"})", "stored", ""},
                    MemoryCase{"ChangedSince", R"({"x":"1000m"})", "other", "apply Service a"},
                    MemoryCase{"AnotherDesired", R"({"x":"2"})", "stored", "apply Service a"}),
    [](const auto& info) { return std::string(info.param.name); });

// ---- what is retained

workload::Problem problem(workload::Problem::Kind kind, std::string_view component) {
  return {.kind = kind, .component = component, .reason = "X", .path = {}, .text = {}};
}

TEST(Unwanted, ExcludesWhatCouldNotBeBuilt) {
  using Kind = workload::Problem::Kind;
  const auto outline_of = [](workload::Wanted wanted) {
    const Child a = existing("Service", "a"), route = existing("HTTPRoute", "a"),
                old = existing("Service", "b");
    spec::Arena arena;
    return outline(make_plan(kService, wanted, {&a, &route, &old}, {}, arena));
  };
  EXPECT_EQ(outline_of({}), "delete HTTPRoute a, delete Service a, delete Service b");
  workload::Wanted wanted;
  wanted.problems.push_back(problem(Kind::kNotice, "predictor"));
  EXPECT_EQ(outline_of(std::move(wanted)), "delete HTTPRoute a, delete Service a, delete Service b");
  wanted = {};
  wanted.problems.push_back(problem(Kind::kFatal, "ingress"));
  EXPECT_EQ(outline_of(std::move(wanted)), "delete Service a, delete Service b");
  wanted = {};
  wanted.problems.push_back(problem(Kind::kFatal, "predictor"));
  wanted.problems.push_back(problem(Kind::kFatal, "ingress"));
  EXPECT_EQ(outline_of(std::move(wanted)), "");
  wanted = {};
  wanted.problems.push_back(problem(Kind::kFatal, "predictor"));
  wanted.stopped = true;
  EXPECT_EQ(outline_of(std::move(wanted)), "delete HTTPRoute a, delete Service a, delete Service b");
  wanted = {};
  wanted.needs.emplace_back();
  EXPECT_EQ(outline_of(std::move(wanted)), "");
  wanted = {};
  wanted.retained = {{.kind = "HTTPRoute", .name = "a"}, {.kind = {}, .name = "b"}};
  EXPECT_EQ(outline_of(std::move(wanted)), "delete Service a");
}

// ---- digests, kinds, descriptions

TEST(ComparableDigest, IgnoresTheIdentity) {
  const std::string whole = digest_of(
      R"({"apiVersion":"v1","kind":"X","metadata":{"name":"a","namespace":"n","uid":"u","resourceVersion":"1","labels":{"a":"b"}},"spec":{"x":1}})");
  EXPECT_EQ(whole, digest_of(R"({"spec":{"x":1.0},"metadata":{"labels":{"a":"b"}}})"));
  EXPECT_NE(whole, digest_of(R"({"spec":{"x":2},"metadata":{"labels":{"a":"b"}}})"));
  EXPECT_NE(whole, digest_of(R"({"spec":{"x":1}})"));
  EXPECT_EQ(digest_of(R"({"metadata":{"name":"a"},"spec":{}})"), digest_of(R"({"spec":{}})"));
}

/// Both have the kind Service, and may have one name.
TEST(KnativeServices, AreNotServicesOfKubernetes) {
  spec::Arena arena;
  const auto wanted = [&](std::string_view api_version) {
    std::vector<workload::WantedObject> out;
    out.push_back({spec::parse_json(
                       fmt::format(R"({{"apiVersion":"{}","kind":"Service","metadata":{{"name":"iris"}}}})",
                                   api_version),
                       arena)
                       .value(),
                   false, "predictor"});
    return out;
  };
  Child knative = existing("Service", "iris");
  knative.resource = &kube::kKnativeServices;
  const Child other = existing("Service", "iris");
  const Plan plan = make_plan(kService, wanted("v1"), {&knative}, {}, arena);
  ASSERT_EQ(plan.steps.size(), 2U);
  EXPECT_EQ(plan.steps[0].kind, Step::Kind::kCreate);
  EXPECT_EQ(plan.steps[0].resource, &kube::kServices);
  EXPECT_EQ(plan.steps[1].kind, Step::Kind::kDelete);
  EXPECT_EQ(plan.steps[1].resource, &kube::kKnativeServices);
  const Plan both = make_plan(kService, wanted("serving.knative.dev/v1"), {&knative, &other}, {}, arena);
  ASSERT_EQ(both.steps.size(), 2U);
  EXPECT_EQ(both.steps[0].kind, Step::Kind::kApply);
  EXPECT_EQ(both.steps[0].resource, &kube::kKnativeServices);
  EXPECT_EQ(both.steps[1].resource, &kube::kServices);
}

/// Knative's webhook denies that they are removed.
TEST(Adoption, LeavesTheAnnotationsOfKnativesWebhook) {
  const kube::Object live = object_of(
      R"({"apiVersion":"serving.knative.dev/v1","kind":"Service","metadata":{"name":"iris-predictor","uid":"u",
          "resourceVersion":"7","managedFields":[{"manager":"manager","operation":"Update",
          "apiVersion":"serving.knative.dev/v1","time":"2026-01-01T00:00:00Z","fieldsType":"FieldsV1","fieldsV1":
          {"f:metadata":{"f:annotations":{"f:serving.knative.dev/creator":{},"f:serving.knative.dev/lastModifier":{},
          "f:serving.knative.dev/rollout-duration":{}}}}}]}})");
  const std::string patch = adoption_patch(live);
  EXPECT_NE(patch.find("modelgate-reconciler"), std::string::npos) << patch;
  EXPECT_NE(patch.find("f:serving.knative.dev/rollout-duration"), std::string::npos) << patch;
  EXPECT_EQ(patch.find("f:serving.knative.dev/creator"), std::string::npos) << patch;
  EXPECT_EQ(patch.find("f:serving.knative.dev/lastModifier"), std::string::npos) << patch;
}

TEST(ResourceOf, KnowsTheKindsThatWeCreate) {
  const auto resource = [](std::string_view text) {
    spec::Arena arena;
    return resource_of(spec::parse_json(text, arena).value());
  };
  EXPECT_EQ(resource(R"({"apiVersion":"apps/v1","kind":"Deployment"})"), &kube::kDeployments);
  EXPECT_EQ(resource(R"({"apiVersion":"apps/v1beta1","kind":"Deployment"})"), nullptr);
  EXPECT_EQ(resource(R"({"apiVersion":"v1","kind":"Service"})"), &kube::kServices);
  EXPECT_EQ(resource(R"({"apiVersion":"serving.knative.dev/v1","kind":"Service"})"), &kube::kKnativeServices);
  EXPECT_EQ(resource(R"({"apiVersion":"v1","kind":"Secret"})"), nullptr);
  EXPECT_EQ(resource("{}"), nullptr);
}

TEST(Describe, HasALineForEachStep) {
  const Plan plan = plan_of({{{"Service", "s"}, {"Deployment", "d"}, {"Service", "taken"}},
                             {created_by_kserve("Deployment", "d"), existing("HTTPRoute", "old"),
                              with(existing("Service", "taken"), [](Child& c) { c.being_deleted = true; })}});
  EXPECT_EQ(
      describe(kService.key, plan),
      "default/iris: adopt Deployment d (created by KServe)\n"
      "default/iris: create Service s (absent)\n"
      "default/iris: apply Deployment d (created by KServe)\n"
      "default/iris: delete HTTPRoute old (not desired)\n"
      "default/iris: leave Service taken: Service taken is being deleted; it will be created again after "
      "that\n");
  EXPECT_EQ(describe(kService.key, {}), "");
}

}  // namespace
}  // namespace modelgate::reconciler
