// SPDX-License-Identifier: Apache-2.0
#include "reconciler/cache/cache.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "tests/reconciler/cluster_objects.h"

namespace modelgate::reconciler {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

/// A cache and its reports: "default/iris spec", "... change", "... resync".
class World {
 public:
  Cache cache{[this](const ServiceKey& key, Priority why) {
    constexpr const char* kNames[] = {"resync", "change", "spec"};
    reports_.push_back(key.to_string() + " " + kNames[static_cast<std::size_t>(why)]);
  }};
  kube::Store& services = cache.store_of(kube::kInferenceServices);
  kube::Store& deployments = cache.store_of(kube::kDeployments);
  kube::Store& pods = cache.store_of(kube::kPods);

  std::vector<std::string> reports() { return std::exchange(reports_, {}); }

 private:
  std::vector<std::string> reports_;
};

template <class... Objects>
std::vector<kube::Object> list(Objects... objects) {
  std::vector<kube::Object> out;
  (out.push_back(std::move(objects)), ...);
  return out;
}

ServiceKey iris() {
  return {"default", "iris"};
}

std::vector<std::string> names(const std::vector<Child>& children) {
  std::vector<std::string> out;
  for (const Child& c : children) out.push_back(fmt::format("{}/{}", c.resource->kind, c.name));
  return out;
}

// ---- What is stored

TEST(CacheTest, StoresAService) {
  World w;
  w.services.upsert(service_object({.uid = "u", .version = "7", .extra = R"("generation":3)"}));
  const auto service = w.cache.service(iris());
  ASSERT_TRUE(service);
  EXPECT_EQ(service->key, iris());
  EXPECT_EQ(service->uid, "u");
  EXPECT_EQ(service->resource_version, "7");
  EXPECT_EQ(service->generation, 3);
  EXPECT_FALSE(service->being_deleted);
  spec::Arena arena;
  const auto text = spec::parse_json(service->text, arena);
  ASSERT_TRUE(text);
  EXPECT_EQ(spec::to_json(*spec::find(*text, "spec")), R"({"replicas":1})");
  EXPECT_FALSE(w.cache.service({"default", "other"}));
  EXPECT_FALSE(w.cache.service({"other", "iris"}));
}

TEST(CacheTest, StoresNoManagedFieldsOfAService) {
  World w;
  w.services.upsert(service_object({.extra = R"("managedFields":[{"manager":"x"}],"generation":1)"}));
  EXPECT_EQ(w.cache.service(iris())->text.find("managedFields"), std::string::npos);
  EXPECT_NE(w.cache.service(iris())->text.find("generation"), std::string::npos);
}

TEST(CacheTest, StoresAChild) {
  World w;
  w.deployments.upsert(deployment_object(
      {.uid = "d1",
       .version = "5",
       .service_uid = "s1",
       .spec = R"({"replicas":2,"paused":true})",
       .status = R"({"replicas":2})",
       .managed_fields = "[" + managed(kFieldManager, "Apply", R"({"f:spec":{"f:paused":{}}})") + "," +
                         managed("scaler", "Update", R"({"f:spec":{"f:replicas":{}}})") + "]"}));
  const auto children = w.cache.children(iris());
  ASSERT_EQ(children.size(), 1U);
  const Child& c = children[0];
  EXPECT_EQ(c.resource, &kube::kDeployments);
  EXPECT_EQ(c.ns, "default");
  EXPECT_EQ(c.name, "iris-predictor");
  EXPECT_EQ(c.uid, "d1");
  EXPECT_EQ(c.resource_version, "5");
  EXPECT_EQ(c.owner, iris());
  EXPECT_EQ(c.owner_uid, "s1");
  EXPECT_FALSE(c.being_deleted);
  EXPECT_FALSE(c.kserve_manages);
  EXPECT_EQ(c.replicas, 2);
  EXPECT_FALSE(c.replicas_ours);
  EXPECT_TRUE(c.replicas_others);
  spec::Arena arena;
  const auto applied = spec::parse_json(R"({"spec":{"paused":true}})", arena);
  EXPECT_EQ(c.applied_digest, spec::digest(*applied));
  const auto observed = spec::parse_json(c.observed, arena);
  ASSERT_TRUE(observed);
  EXPECT_EQ(spec::to_json(*spec::find(*observed, "status")), R"({"replicas":2})");
  EXPECT_EQ(spec::find(spec::find(*observed, "metadata"), "resourceVersion"), nullptr);
}

TEST(CacheTest, StoresWhetherKserveManagesIt) {
  World w;
  w.deployments.upsert(deployment_object(
      {.managed_fields =
           "[" + managed(kKserveFieldManager, "Update", R"({"f:spec":{"f:replicas":{}}})") + "]"}));
  const Child c = w.cache.children(iris()).at(0);
  EXPECT_TRUE(c.kserve_manages);
  EXPECT_TRUE(c.replicas_others);
  EXPECT_EQ(c.applied_digest, "");
}

TEST(CacheTest, StoresNothingObservedIfTheStatusDoesNotNeedIt) {
  World w;
  w.cache.store_of(kube::kServices).upsert(child_object("v1", "Service", {}));
  EXPECT_EQ(w.cache.children(iris()).at(0).observed, "");
}

TEST(CacheTest, StoresAPodByItsLabel) {
  World w;
  w.pods.upsert(pod_object({.name = "p", .service = "iris", .status = R"({"phase":"Running"})"}));
  w.pods.upsert(pod_object({.name = "stranger", .owned = false}));
  const auto pods = w.cache.pods(iris());
  ASSERT_EQ(pods.size(), 1U);
  EXPECT_EQ(pods[0].name, "p");
  EXPECT_EQ(pods[0].owner, iris());
  EXPECT_NE(pods[0].observed.find(R"("phase":"Running")"), std::string::npos);
  EXPECT_THAT(w.cache.children(iris()), IsEmpty());
}

/// An EndpointSlice with two endpoints.
kube::Object slice_object(std::string_view ready, std::string_view label = kServiceLabel) {
  return object_of(fmt::format(
      R"({{"apiVersion":"discovery.k8s.io/v1","kind":"EndpointSlice","metadata":{{"name":"iris-predictor-x",)"
      R"("namespace":"default","uid":"s1","resourceVersion":"{0}","labels":{{"{1}":"iris",)"
      R"("kubernetes.io/service-name":"iris-predictor"}},"ownerReferences":[{{"kind":"Service","name":)"
      R"("iris-predictor","uid":"v1"}}]}},"endpoints":[{{"addresses":["10.0.0.1"],"conditions":{{"ready":)"
      R"(false}}}},{{"addresses":["10.0.0.2"],"conditions":{{"ready":{2}}}}}]}})",
      ready == "true" ? 1 : 2, label, ready));
}

TEST(CacheTest, StoresAnEndpointSliceByItsLabel) {
  World w;
  EXPECT_FALSE(w.cache.endpoint_slices(iris()));
  kube::Store& slices = w.cache.store_of(kube::kEndpointSlices);
  slices.upsert(slice_object("true", "other"));
  EXPECT_FALSE(w.cache.endpoint_slices(iris()));
  slices.upsert(slice_object("true"));
  ASSERT_EQ(w.cache.endpoint_slices(iris()).value().size(), 1U);
  EXPECT_EQ(w.cache.endpoint_slices(iris())->at(0).observed,
            R"({"apiVersion":"discovery.k8s.io/v1","kind":"EndpointSlice","metadata":{"labels":)"
            R"({"serving.kserve.io/inferenceservice":"iris","kubernetes.io/service-name":"iris-predictor"},)"
            R"("ownerReferences":[{"kind":"Service","name":"iris-predictor","uid":"v1"}]},"endpoints":)"
            R"([{"conditions":{"ready":true}}]})");
  EXPECT_THAT(w.cache.children(iris()), IsEmpty());
  EXPECT_THAT(w.cache.pods(iris()), IsEmpty());
  // There were some: the cluster has a controller that creates them.
  slices.replace({});
  EXPECT_THAT(w.cache.endpoint_slices(iris()).value(), IsEmpty());
}

TEST(CacheTest, ReportsAnEndpointSliceWhoseReadinessChanged) {
  World w;
  w.services.upsert(service_object({}));
  kube::Store& slices = w.cache.store_of(kube::kEndpointSlices);
  slices.upsert(slice_object("true"));
  w.reports();
  slices.upsert(slice_object("false"));
  EXPECT_THAT(w.reports(), ElementsAre("default/iris change"));
}

TEST(CacheTest, HasTheNamesOfIngressClasses) {
  World w;
  w.services.upsert(service_object({}));
  w.reports();
  kube::Store& classes = w.cache.store_of(kube::kIngressClasses);
  EXPECT_EQ(w.cache.ingress_classes(), nullptr);
  const auto named = [](std::string_view name) {
    return object_of(fmt::format(R"({{"kind":"IngressClass","metadata":{{"name":"{}"}}}})", name));
  };
  classes.replace({});
  ASSERT_NE(w.cache.ingress_classes(), nullptr);
  EXPECT_THAT(w.reports(), IsEmpty());
  classes.upsert(named("nginx"));
  classes.upsert(named("nginx"));
  EXPECT_TRUE(w.cache.ingress_classes()->contains("nginx"));
  EXPECT_THAT(w.reports(), ElementsAre("default/iris change"));
  classes.remove(named("nginx"));
  EXPECT_FALSE(w.cache.ingress_classes()->contains("nginx"));
  EXPECT_THAT(w.reports(), ElementsAre("default/iris change"));
}

TEST(CacheTest, SortsChildrenByKindAndName) {
  World w;
  w.cache.store_of(kube::kServices).upsert(child_object("v1", "Service", {.name = "a", .service = "iris"}));
  w.deployments.upsert(deployment_object({.name = "b", .service = "iris"}));
  w.deployments.upsert(deployment_object({.name = "a", .service = "iris"}));
  w.pods.upsert(pod_object({.name = "p", .service = "iris"}));
  EXPECT_THAT(names(w.cache.children(iris())),
              ElementsAre("Deployment/a-predictor", "Deployment/b-predictor", "Service/a-predictor"));
}

TEST(CacheTest, SortsPodsAndServices) {
  World w;
  for (const char* name : {"c", "a", "b"}) {
    w.services.upsert(service_object({.name = name}));
    w.pods.upsert(pod_object({.name = name, .service = "iris"}));
  }
  std::vector<std::string> pods;
  for (const LabelledRecord& p : w.cache.pods(iris())) pods.push_back(p.name);
  EXPECT_THAT(pods, ElementsAre("a", "b", "c"));
  EXPECT_THAT(w.cache.services(), ElementsAre(ServiceKey{"default", "a"}, ServiceKey{"default", "b"},
                                              ServiceKey{"default", "c"}));
}

TEST(CacheTest, FindsAChildOfAnyOwner) {
  World w;
  w.deployments.upsert(deployment_object({.name = "x", .service = "other"}));
  ASSERT_TRUE(w.cache.child(kube::kDeployments, "default", "x-predictor"));
  EXPECT_EQ(w.cache.child(kube::kDeployments, "default", "x-predictor")->owner.name, "other");
  EXPECT_FALSE(w.cache.child(kube::kDeployments, "elsewhere", "x-predictor"));
  EXPECT_FALSE(w.cache.child(kube::kServices, "default", "x-predictor"));
}

TEST(CacheTest, HasOneStorePerKind) {
  World w;
  const kube::Resource copy = kube::kDeployments;
  EXPECT_EQ(&w.cache.store_of(copy), &w.deployments);
  w.cache.put(copy, deployment_object({}));
  EXPECT_EQ(w.cache.children(iris()).at(0).resource, &kube::kDeployments);
}

struct OwnerCase {
  const char* name;
  const char* reference;
  bool ours;
};

std::ostream& operator<<(std::ostream& out, const OwnerCase& c) {
  return out << c.name;
}

class OwnerTest : public testing::TestWithParam<OwnerCase> {};

TEST_P(OwnerTest, IsRead) {
  World w;
  w.deployments.upsert(deployment_object(
      {.extra = fmt::format(R"("ownerReferences":[{}])", GetParam().reference), .owned = false}));
  EXPECT_EQ(!w.cache.children(iris()).empty(), GetParam().ours);
}

const OwnerCase kOwners[] = {
    {"Controller",
     R"({"apiVersion":"serving.kserve.io/v1beta1","kind":"InferenceService","name":"iris","uid":"u","controller":true})",
     true},
    {"OfAnotherVersion",
     R"({"apiVersion":"serving.kserve.io/v2","kind":"InferenceService","name":"iris","uid":"u","controller":true})",
     true},
    {"AmongOthers",
     R"({"apiVersion":"v1","kind":"X","name":"iris"},{"apiVersion":"serving.kserve.io/v1beta1","kind":"InferenceService","name":"iris","uid":"u","controller":true})",
     true},
    {"NoController",
     R"({"apiVersion":"serving.kserve.io/v1beta1","kind":"InferenceService","name":"iris","uid":"u"})",
     false},
    {"ControllerFalse",
     R"({"apiVersion":"serving.kserve.io/v1beta1","kind":"InferenceService","name":"iris","uid":"u","controller":false})",
     false},
    {"OtherKind",
     R"({"apiVersion":"serving.kserve.io/v1alpha1","kind":"InferenceGraph","name":"iris","uid":"u","controller":true})",
     false},
    {"OtherGroup",
     R"({"apiVersion":"example.com/v1","kind":"InferenceService","name":"iris","uid":"u","controller":true})",
     false},
    {"LikeOurGroup",
     R"({"apiVersion":"serving.kserve.iox/v1","kind":"InferenceService","name":"iris","uid":"u","controller":true})",
     false},
    {"NoName",
     R"({"apiVersion":"serving.kserve.io/v1beta1","kind":"InferenceService","uid":"u","controller":true})",
     false},
    {"NoReference", R"(7)", false},
};

INSTANTIATE_TEST_SUITE_P(Table, OwnerTest, testing::ValuesIn(kOwners),
                         [](const auto& row) { return row.param.name; });

// ---- What is reported

/// After a service, its Deployment and its Pod, all at version 10.
struct ChangeCase {
  const char* name;
  std::function<void(World&)> event;
  std::vector<std::string> reports;
};

std::ostream& operator<<(std::ostream& out, const ChangeCase& c) {
  return out << c.name;
}

Given at_version(const char* version, Given given = {}) {
  given.version = version;
  return given;
}

class ChangeTest : public testing::TestWithParam<ChangeCase> {};

TEST_P(ChangeTest, IsReported) {
  World w;
  w.services.upsert(service_object(at_version("10", {.uid = "u-iris"})));
  w.deployments.upsert(deployment_object(at_version("10")));
  w.pods.upsert(pod_object(at_version("10")));
  w.reports();
  GetParam().event(w);
  EXPECT_EQ(w.reports(), GetParam().reports);
}

const std::vector<std::string> kSpec{"default/iris spec"}, kChange{"default/iris change"}, kNothing{};

const ChangeCase kChanges[] = {
    {"NewSpec",
     [](World& w) { w.services.upsert(service_object(at_version("11", {.uid = "u-iris", .spec = "{}"}))); },
     kSpec},
    {"NewAnnotation",
     [](World& w) {
       w.services.upsert(
           service_object(at_version("11", {.uid = "u-iris", .extra = R"("annotations":{"a":"b"})"})));
     },
     kSpec},
    {"BeingDeleted",
     [](World& w) {
       w.services.upsert(
           service_object(at_version("11", {.uid = "u-iris", .extra = R"("deletionTimestamp":"now")"})));
     },
     kSpec},
    {"NamesakeOfTheService",
     [](World& w) { w.services.upsert(service_object(at_version("11", {.uid = "u2"}))); }, kSpec},
    {"ServiceGone", [](World& w) { w.services.remove(service_object(at_version("11", {.uid = "u-iris"}))); },
     kSpec},
    {"NewService", [](World& w) { w.services.upsert(service_object({.name = "b"})); }, {"default/b spec"}},
    {"StatusOfTheService",
     [](World& w) {
       w.services.upsert(service_object(at_version("11", {.uid = "u-iris", .status = R"({"a":1})"})));
     },
     kNothing},
    {"ManagedFieldsOfTheService",
     [](World& w) {
       w.services.upsert(
           service_object(at_version("11", {.uid = "u-iris", .extra = R"("managedFields":[1])"})));
     },
     kNothing},
    {"SameServiceAgain",
     [](World& w) { w.services.upsert(service_object(at_version("10", {.uid = "u-iris"}))); }, kNothing},
    {"OldSpec",
     [](World& w) { w.services.upsert(service_object(at_version("9", {.uid = "u-iris", .spec = "{}"}))); },
     kNothing},
    {"ChildsStatus",
     [](World& w) {
       w.deployments.upsert(deployment_object(at_version("11", {.status = R"({"replicas":1})"})));
     },
     kChange},
    {"ChildsNamesake",
     [](World& w) {
       kube::Store& services = w.cache.store_of(kube::kServices);
       services.upsert(child_object("v1", "Service", {}));
       w.reports();
       services.upsert(child_object("v1", "Service", at_version("11", {.uid = "u2"})));
     },
     kChange},
    {"WhatWeAppliedToAChild",
     [](World& w) {
       Given given = at_version("11", {.spec = R"({"replicas":1,"paused":true})"});
       given.managed_fields = "[" + managed(kFieldManager, "Apply", R"({"f:spec":{"f:paused":{}}})") + "]";
       w.deployments.upsert(deployment_object(given));
       w.reports();
       given.version = "12";
       given.spec = R"({"replicas":1,"paused":false})";
       w.deployments.upsert(deployment_object(given));
     },
     kChange},
    {"ChildsReplicas",
     [](World& w) {
       w.deployments.upsert(deployment_object(at_version("11", {.spec = R"({"replicas":2})"})));
     },
     kChange},
    {"ChildsManager",
     [](World& w) {
       w.deployments.upsert(deployment_object(
           at_version("11", {.managed_fields = "[" + managed("manager", "Update", "{}") + "]"})));
     },
     kChange},
    {"ChildsVersionOnly", [](World& w) { w.deployments.upsert(deployment_object(at_version("11"))); },
     kNothing},
    {"ChildsOtherFields",
     [](World& w) {
       w.deployments.upsert(deployment_object(at_version("11", {.spec = R"({"replicas":1,"paused":true})"})));
     },
     kNothing},
    {"ChildLate",
     [](World& w) {
       w.deployments.upsert(deployment_object(at_version("9", {.status = R"({"replicas":1})"})));
     },
     kNothing},
    {"ChildGone", [](World& w) { w.deployments.remove(deployment_object(at_version("11"))); }, kChange},
    {"UnknownChildGone",
     [](World& w) { w.deployments.remove(deployment_object(at_version("11", {.name = "x"}))); }, kNothing},
    {"NamesakeOfTheChildGone",
     [](World& w) { w.deployments.remove(deployment_object(at_version("11", {.uid = "u0"}))); }, kNothing},
    {"NoChildAnyMore",
     [](World& w) { w.deployments.upsert(deployment_object(at_version("11", {.owned = false}))); }, kChange},
    {"ChildOfAnother",
     [](World& w) { w.deployments.upsert(deployment_object({.name = "x", .owned = false})); }, kNothing},
    {"PodsStatus",
     [](World& w) { w.pods.upsert(pod_object(at_version("11", {.status = R"({"phase":"Failed"})"}))); },
     kChange},
    {"PodsVersionOnly", [](World& w) { w.pods.upsert(pod_object(at_version("11"))); }, kNothing},
    {"PodGone", [](World& w) { w.pods.remove(pod_object(at_version("11"))); }, kChange},
    {"PodWithoutItsLabel", [](World& w) { w.pods.upsert(pod_object(at_version("11", {.owned = false}))); },
     kChange},
    {"ChildOfAnUnknownService", [](World& w) { w.deployments.upsert(deployment_object({.name = "x"})); },
     kNothing},
    {"ReplyToAWriteOfOurs",
     [](World& w) {
       w.cache.put(kube::kDeployments, deployment_object(at_version("11", {.spec = R"({"replicas":2})"})));
     },
     kChange},
    {"DeleteOfOurs", [](World& w) { w.cache.forget(kube::kDeployments, "default", "iris-predictor", "u1"); },
     kChange},
    {"DeleteOfANamesake",
     [](World& w) { w.cache.forget(kube::kDeployments, "default", "iris-predictor", "u0"); }, kNothing},
};

INSTANTIATE_TEST_SUITE_P(Table, ChangeTest, testing::ValuesIn(kChanges),
                         [](const auto& row) { return row.param.name; });

TEST(CacheTest, ReportsBothServicesWhenTheOwnerChanges) {
  World w;
  w.services.upsert(service_object({.name = "a"}));
  w.services.upsert(service_object({.name = "b"}));
  w.deployments.upsert(deployment_object({.name = "x", .service = "a"}));
  w.pods.upsert(pod_object({.name = "p", .service = "a"}));
  w.reports();
  w.deployments.upsert(deployment_object({.name = "x", .version = "2", .service = "b"}));
  EXPECT_THAT(w.reports(), UnorderedElementsAre("default/a change", "default/b change"));
  w.pods.upsert(pod_object({.name = "p", .version = "2", .service = "b"}));
  EXPECT_THAT(w.reports(), UnorderedElementsAre("default/a change", "default/b change"));
  EXPECT_THAT(w.cache.children({"default", "a"}), IsEmpty());
  EXPECT_THAT(w.cache.pods({"default", "a"}), IsEmpty());
  EXPECT_EQ(w.cache.children({"default", "b"}).size(), 1U);
  EXPECT_EQ(w.cache.pods({"default", "b"}).size(), 1U);
}

TEST(CacheTest, ChildrenOutliveTheirService) {
  World w;
  w.services.upsert(service_object({}));
  w.deployments.upsert(deployment_object({}));
  w.services.remove(service_object({.version = "2"}));
  EXPECT_FALSE(w.cache.service(iris()));
  EXPECT_EQ(w.cache.children(iris()).size(), 1U);
  w.reports();
  w.deployments.remove(deployment_object({.version = "3"}));
  EXPECT_THAT(w.reports(), IsEmpty());
  EXPECT_THAT(w.cache.children(iris()), IsEmpty());
}

TEST(CacheTest, NothingIsLeftOfAServiceThatWasNeverKnown) {
  World w;
  const Given given{.name = "a-name-of-more-than-fifteen-characters"};
  w.deployments.upsert(deployment_object(given));
  EXPECT_GT(w.cache.text_bytes(), 0U);
  w.deployments.remove(deployment_object(given));
  EXPECT_EQ(w.cache.text_bytes(), 0U);
}

// ---- Lists

TEST(CacheTest, TheFirstListIsAResync) {
  World w;
  w.services.replace(list(service_object({.name = "a"}), service_object({.name = "b"})));
  w.deployments.replace(list(deployment_object({.name = "a"})));
  w.pods.replace(list(pod_object({.name = "a"})));
  EXPECT_THAT(w.reports(), UnorderedElementsAre("default/a resync", "default/b resync", "default/a resync",
                                                "default/a resync"));
}

TEST(CacheTest, ALaterListReportsDifferences) {
  World w;
  w.services.replace(
      list(service_object({.name = "a"}), service_object({.name = "b"}), service_object({.name = "c"})));
  w.deployments.replace(list(deployment_object({.name = "a"}), deployment_object({.name = "b"})));
  w.reports();
  w.services.replace(list(service_object({.name = "a"}),
                          service_object({.name = "b", .version = "2", .spec = "{}"}),
                          service_object({.name = "d"})));
  EXPECT_THAT(w.reports(), UnorderedElementsAre("default/b spec", "default/c spec", "default/d spec"));
  w.deployments.replace(
      list(deployment_object({.name = "b", .version = "2", .status = R"({"replicas":1})"})));
  EXPECT_THAT(w.reports(), UnorderedElementsAre("default/a change", "default/b change"));
  EXPECT_THAT(w.cache.children({"default", "a"}), IsEmpty());
}

TEST(CacheTest, RemovesWhatNoPageContained) {
  World w;
  w.services.replace(list(service_object({.name = "a"}), service_object({.name = "b"})));
  w.services.replace_page(list(service_object({.name = "b"})), true, false);
  EXPECT_TRUE(w.cache.service({"default", "a"})) << "the list is not complete";
  w.services.replace_page(list(service_object({.name = "c"})), false, true);
  EXPECT_FALSE(w.cache.service({"default", "a"}));
  EXPECT_TRUE(w.cache.service({"default", "b"}));
  EXPECT_TRUE(w.cache.service({"default", "c"}));
}

TEST(CacheTest, AnAbortedListRemovesNothing) {
  World w;
  w.services.replace_page(list(service_object({.name = "a"})), true, false);
  w.services.replace_page(list(service_object({.name = "b"})), true, false);
  w.reports();
  EXPECT_TRUE(w.cache.service({"default", "a"}));
  w.services.replace_page({}, false, true);
  EXPECT_FALSE(w.cache.service({"default", "a"})) << "only the last list counts";
  EXPECT_TRUE(w.cache.service({"default", "b"}));
}

TEST(CacheTest, AnEmptyListRemovesAll) {
  World w;
  w.services.replace(list(service_object({})));
  w.deployments.replace(list(deployment_object({})));
  w.services.replace({});
  w.deployments.replace({});
  EXPECT_THAT(w.cache.services(), IsEmpty());
  EXPECT_THAT(w.cache.children(iris()), IsEmpty());
  EXPECT_EQ(w.cache.text_bytes(), 0U);
}

TEST(CacheTest, AListCountsWithOlderVersionsToo) {
  World w;  // the cluster was restored from a backup
  w.services.upsert(service_object({.version = "100"}));
  w.services.replace(list(service_object({.version = "7", .spec = "{}"})));
  EXPECT_EQ(w.cache.service(iris())->resource_version, "7");
}

// ---- Late events

TEST(CacheTest, AListFromBeforeOurWriteDoesNotUndoIt) {
  World w;
  w.deployments.replace(list(deployment_object({.version = "5"})));
  w.cache.put(kube::kDeployments, deployment_object({.version = "8", .spec = R"({"replicas":2})"}));
  w.deployments.replace(list(deployment_object({.version = "6"})));
  EXPECT_EQ(w.cache.children(iris()).at(0).replicas, 2);
  // Its event has arrived: lists count again.
  w.deployments.upsert(deployment_object({.version = "8", .spec = R"({"replicas":2})"}));
  w.deployments.replace(list(deployment_object({.version = "7"})));
  EXPECT_EQ(w.cache.children(iris()).at(0).replicas, 1);
}

TEST(CacheTest, AListFromBeforeOurWriteOfAServiceDoesNotUndoIt) {
  World w;
  w.services.replace(list(service_object({.version = "5"})));
  w.cache.put(kube::kInferenceServices, service_object({.version = "8", .status = R"({"phase":"Ready"})"}));
  w.services.replace(list(service_object({.version = "6"})));
  ASSERT_TRUE(w.cache.service(iris()));
  EXPECT_EQ(w.cache.service(iris())->resource_version, "8");
}

TEST(CacheTest, AWriteWithoutAChangeLeavesAnEarlierOneUnconfirmed) {
  World w;
  w.deployments.replace(list(deployment_object({.version = "5"})));
  for (int i = 0; i < 2; ++i)
    w.cache.put(kube::kDeployments, deployment_object({.version = "8", .spec = R"({"replicas":2})"}));
  w.deployments.replace(list(deployment_object({.version = "6"})));
  EXPECT_EQ(w.cache.children(iris()).at(0).replicas, 2);
}

TEST(CacheTest, EventsFromBeforeOurWriteAreIgnored) {
  World w;
  w.services.upsert(service_object({}));
  w.cache.put(kube::kDeployments, deployment_object({.version = "8", .spec = R"({"replicas":2})"}));
  w.reports();
  w.deployments.upsert(deployment_object({.version = "7"}));
  w.deployments.upsert(deployment_object({.version = "8", .spec = R"({"replicas":2})"}));
  EXPECT_THAT(w.reports(), IsEmpty());
  EXPECT_EQ(w.cache.children(iris()).at(0).replicas, 2);
}

TEST(CacheTest, VersionsAreComparedAsNumbers) {
  World w;
  w.deployments.upsert(deployment_object({.version = "9"}));
  w.deployments.upsert(deployment_object({.version = "10", .spec = R"({"replicas":2})"}));
  EXPECT_EQ(w.cache.children(iris()).at(0).replicas, 2);
  w.deployments.upsert(deployment_object({.version = "x", .spec = R"({"replicas":3})"}));
  EXPECT_EQ(w.cache.children(iris()).at(0).replicas, 3);
}

TEST(CacheTest, WhatWeDeletedStaysDeleted) {
  World w;
  w.services.upsert(service_object({}));
  w.deployments.upsert(deployment_object({.version = "5"}));
  w.cache.forget(kube::kDeployments, "default", "iris-predictor", "u1");
  w.reports();
  // Events and lists from before.
  w.deployments.upsert(deployment_object({.version = "5"}));
  w.deployments.upsert(deployment_object({.version = "4"}));
  w.deployments.replace(list(deployment_object({.version = "5"})));
  w.deployments.upsert(deployment_object({.version = "5"}));
  EXPECT_THAT(w.cache.children(iris()), IsEmpty());
  w.deployments.remove(deployment_object({.version = "6"}));
  EXPECT_THAT(w.reports(), IsEmpty());
}

TEST(CacheTest, ADeletionIsForgottenAfterItsEventOrAList) {
  for (const bool by_list : {false, true}) {
    World w;  // afterwards the cluster is restored from a backup
    w.deployments.upsert(deployment_object({.version = "5"}));
    w.cache.forget(kube::kDeployments, "default", "iris-predictor", "u1");
    if (by_list) {
      w.deployments.replace({});
    } else {
      w.deployments.remove(deployment_object({.version = "6"}));
    }
    w.deployments.upsert(deployment_object({.version = "4"}));
    EXPECT_EQ(w.cache.children(iris()).size(), 1U);
  }
}

TEST(CacheTest, AReplyCountsAfterADeletion) {
  World w;
  w.deployments.upsert(deployment_object({.version = "5"}));
  w.cache.forget(kube::kDeployments, "default", "iris-predictor", "u1");
  w.cache.put(kube::kDeployments, deployment_object({.version = "4"}));
  w.deployments.upsert(deployment_object({.version = "5", .spec = R"({"replicas":2})"}));
  EXPECT_EQ(w.cache.children(iris()).at(0).replicas, 2);
}

TEST(CacheTest, AnObjectThatSurvivesItsDeletionComesBack) {
  World w;  // it has a finalizer
  w.deployments.upsert(deployment_object({.version = "5"}));
  w.cache.forget(kube::kDeployments, "default", "iris-predictor", "u1");
  w.deployments.upsert(deployment_object({.version = "6", .extra = R"("deletionTimestamp":"now")"}));
  EXPECT_TRUE(w.cache.children(iris()).at(0).being_deleted);
}

TEST(CacheTest, AnotherObjectWithTheNameOfADeletedOneIsStored) {
  World w;
  w.deployments.upsert(deployment_object({.version = "5"}));
  w.cache.forget(kube::kDeployments, "default", "iris-predictor", "u1");
  w.cache.put(kube::kDeployments, deployment_object({.uid = "u2", .version = "7"}));
  w.deployments.remove(deployment_object({.uid = "u1", .version = "6"}));
  EXPECT_EQ(w.cache.children(iris()).at(0).uid, "u2");
}

}  // namespace
}  // namespace modelgate::reconciler
