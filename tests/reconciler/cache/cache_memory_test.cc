// SPDX-License-Identifier: Apache-2.0
//
// The cache's memory for services with a Deployment, an autoscaler, a Service with an EndpointSlice, a route and a Pod
// each, all of them ready, with different names and uids. The texts are like those of a real cluster.
#include <gtest/gtest.h>
#include <malloc.h>

#include <chrono>
#include <cstdint>
#include <iostream>
#include <string>
#include <string_view>

#include "reconciler/cache/cache.h"
#include "reconciler/cache/packed_text.h"
#include "reconciler/cache/text.h"
#include "tests/reconciler/cluster_objects.h"

namespace modelgate::reconciler {
namespace {

#ifdef MODELGATE_SANITIZE
constexpr int kServices = 500;
#else
/// Of ten thousand, each takes as much.
constexpr int kServices = 2'000;
#endif

/// For 10,000 services both programs have 100 MB; the webhook takes 16 MB, so does the reconciler itself, and half of
/// the rest is for temporary data.
[[maybe_unused]] constexpr std::size_t kMostBytesAService = 3'600;

constexpr std::string_view kService =
    R"({"apiVersion":"serving.kserve.io/v1beta1","kind":"InferenceService","metadata":{"annotations":{)"
    R"("kubectl.kubernetes.io/last-applied-configuration":"{\"apiVersion\":\"serving.kserve.io/v1beta1\",)"
    R"(\"kind\":\"InferenceService\",\"metadata\":{\"annotations\":{},\"name\":\"@N\",\"namespace\":\"team-@T\"},)"
    R"(\"spec\":{\"predictor\":{\"model\":{\"modelFormat\":{\"name\":\"sklearn\"},\"resources\":{\"limits\":)"
    R"({\"cpu\":\"2\",\"memory\":\"4Gi\"},\"requests\":{\"cpu\":\"1\",\"memory\":\"2Gi\"}},\"storageUri\":)"
    R"(\"s3://bucket-@T/models/@N/1\"}}}}\n"},"creationTimestamp":"2026-11-2@DT17:4@D:3@DZ","finalizers":[)"
    R"("inferenceservice.finalizers"],"generation":2,"name":"@N","namespace":"team-@T","resourceVersion":"@V",)"
    R"("uid":"@U"},"spec":{"predictor":{"model":{"modelFormat":{"name":"sklearn"},"name":"","resources":)"
    R"({"limits":{"cpu":"2","memory":"4Gi"},"requests":{"cpu":"1","memory":"2Gi"}},"runtime":)"
    R"("kserve-sklearnserver","storageUri":"s3://bucket-@T/models/@N/1"}}},"status":{"address":{"url":)"
    R"("http://@N-predictor.team-@T.svc.cluster.local"},"clusterServingRuntimeName":"kserve-sklearnserver",)"
    R"("components":{"predictor":{"url":"http://@N-predictor-team-@T.example.com"}},"conditions":[)"
    R"({"lastTransitionTime":"2026-11-2@DT17:4@D:3@DZ","message":"the route leads to what is ready","reason":)"
    R"("IngressReady","status":"True","type":"IngressReady"},{"lastTransitionTime":"2026-11-2@DT17:4@D:3@DZ",)"
    R"("message":"1 of 1 replicas are ready","reason":"PredictorReady","status":"True","type":"PredictorReady"},)"
    R"({"lastTransitionTime":"2026-11-2@DT17:4@D:3@DZ","message":"all components are ready","reason":)"
    R"("InferenceServiceReady","status":"True","type":"Ready"},{"lastTransitionTime":"2026-11-2@DT17:4@D:3@DZ",)"
    R"("message":"not stopped","reason":"NotStopped","severity":"Info","status":"False","type":"Stopped"}],)"
    R"("deploymentMode":"Standard","modelStatus":{"copies":{"failedCopies":0,"totalCopies":1},"states":)"
    R"({"activeModelState":"Loaded","targetModelState":"Loaded"},"transitionStatus":"UpToDate"},)"
    R"("observedGeneration":2,"phase":"Ready","url":"http://@N-team-@T.example.com"}})";

/// The metadata of a child; @W is its own uid.
constexpr std::string_view kMetadata =
    R"("metadata":{"name":"@N-predictor","namespace":"team-@T","uid":"@W","resourceVersion":"@V",)"
    R"("generation":1,"creationTimestamp":"2026-11-2@DT17:4@D:3@DZ","labels":{"app":"isvc.@N-predictor",)"
    R"("component":"predictor","serving.kserve.io/inferenceservice":"@N"},"ownerReferences":[{"apiVersion":)"
    R"("serving.kserve.io/v1beta1","kind":"InferenceService","name":"@N","uid":"@U","controller":true,)"
    R"("blockOwnerDeletion":true}],"managedFields":[{"manager":"modelgate-reconciler","operation":"Apply",)"
    R"("apiVersion":"v1","time":"2026-11-23T18:00:45Z","fieldsType":"FieldsV1","fieldsV1":{"f:spec":{)"
    R"("f:minReplicas":{},"f:ports":{},"f:rules":{},"f:template":{}}}}]},)";

constexpr std::string_view kDeployment =
    R"("spec":{"replicas":1,"template":{"spec":{"containers":[{"name":"kserve-container"}]}}},"status":)"
    R"({"observedGeneration":1,"replicas":1,"updatedReplicas":1,"readyReplicas":1,"availableReplicas":1,)"
    R"("terminatingReplicas":0,"conditions":[{"type":"Available","status":"True","lastUpdateTime":)"
    R"("2026-11-2@DT17:4@D:3@DZ","lastTransitionTime":"2026-11-2@DT17:4@D:3@DZ","reason":)"
    R"("MinimumReplicasAvailable","message":"Deployment has minimum availability."},{"type":"Progressing",)"
    R"("status":"True","lastUpdateTime":"2026-11-2@DT17:4@D:3@DZ","lastTransitionTime":)"
    R"("2026-11-2@DT17:4@D:3@DZ","reason":"NewReplicaSetAvailable","message":)"
    R"("ReplicaSet \"@N-predictor-@H\" has successfully progressed."}]}})";

constexpr std::string_view kAutoscaler =
    R"("spec":{"minReplicas":1,"maxReplicas":3},"status":{"currentReplicas":1,"desiredReplicas":1}})";

constexpr std::string_view kKubeService =
    R"("spec":{"ports":[{"name":"http1","port":80,"protocol":"TCP","targetPort":8080}]},"status":{}})";

constexpr std::string_view kRoute =
    R"("spec":{"rules":[{"backendRefs":[{"group":"","kind":"Service","name":"@N-predictor","port":80,)"
    R"("weight":100}]}]},"status":{"parents":[{"parentRef":{"group":"gateway.networking.k8s.io","kind":)"
    R"("Gateway","name":"kserve-ingress-gateway","namespace":"kserve"},"controllerName":)"
    R"("gateway.envoyproxy.io/gatewayclass-controller","conditions":[{"type":"Accepted","status":"True",)"
    R"("observedGeneration":1,"lastTransitionTime":"2026-11-2@DT17:4@D:3@DZ","reason":"Accepted","message":)"
    R"("Route is accepted"},{"type":"ResolvedRefs","status":"True","observedGeneration":1,)"
    R"("lastTransitionTime":"2026-11-2@DT17:4@D:3@DZ","reason":"ResolvedRefs","message":)"
    R"("Resolved all the Object references for the Route"}]}]}})";

constexpr std::string_view kSlice =
    R"({"apiVersion":"discovery.k8s.io/v1","kind":"EndpointSlice","metadata":{"name":"@N-predictor-@D@D@D@Dx",)"
    R"("generateName":"@N-predictor-","namespace":"team-@T","uid":"@W","resourceVersion":"@V","generation":3,)"
    R"("creationTimestamp":"2026-11-2@DT17:4@D:3@DZ","labels":{"app":"isvc.@N-predictor","component":)"
    R"("predictor","endpointslice.kubernetes.io/managed-by":"endpointslice-controller.k8s.io",)"
    R"("kubernetes.io/service-name":"@N-predictor","serving.kserve.io/inferenceservice":"@N"},)"
    R"("ownerReferences":[{"apiVersion":"v1","kind":"Service","name":"@N-predictor","uid":"@W","controller":)"
    R"(true,"blockOwnerDeletion":true}]},"addressType":"IPv4","endpoints":[{"addresses":["10.0.@T.@D"],)"
    R"("conditions":{"ready":true,"serving":true,"terminating":false},"nodeName":"node-@T","targetRef":{)"
    R"("kind":"Pod","name":"@N-predictor-@H-abcde","namespace":"team-@T","uid":"@W"}}],"ports":[{"name":)"
    R"("http1","port":8080,"protocol":"TCP"}]})";

constexpr std::string_view kPod =
    R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"@N-predictor-@H-abcde","namespace":"team-@T","uid":)"
    R"("@W","resourceVersion":"@V","creationTimestamp":"2026-11-2@DT17:4@D:3@DZ","labels":{"app":)"
    R"("isvc.@N-predictor","component":"predictor","serving.kserve.io/inferenceservice":"@N",)"
    R"("pod-template-hash":"@H"},"ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":)"
    R"("@N-predictor-@H","uid":"@W","controller":true,"blockOwnerDeletion":true}]},"spec":{"nodeName":)"
    R"("node-@T","containers":[{"name":"kserve-container"}]},"status":{"phase":"Running","conditions":[{"type":)"
    R"("PodReadyToStartContainers","status":"True","lastProbeTime":null,"lastTransitionTime":)"
    R"("2026-11-2@DT17:4@D:3@DZ"},{"type":"Initialized","status":"True","lastTransitionTime":)"
    R"("2026-11-2@DT17:4@D:3@DZ"},{"type":"Ready","status":"True","lastTransitionTime":)"
    R"("2026-11-2@DT17:4@D:3@DZ"},{"type":"ContainersReady","status":"True","lastTransitionTime":)"
    R"("2026-11-2@DT17:4@D:3@DZ"},{"type":"PodScheduled","status":"True","lastTransitionTime":)"
    R"("2026-11-2@DT17:4@D:3@DZ"}],"startTime":"2026-11-2@DT17:4@D:3@DZ","initContainerStatuses":[{"name":)"
    R"("storage-initializer","state":{"terminated":{"exitCode":0,"reason":"Completed","startedAt":)"
    R"("2026-11-2@DT17:4@D:3@DZ","finishedAt":"2026-11-2@DT17:4@D:3@DZ","containerID":"containerd://@W"}},)"
    R"("lastState":{},"ready":true,"restartCount":0}],"containerStatuses":[{"name":"kserve-container","state":)"
    R"({"running":{"startedAt":"2026-11-2@DT17:4@D:3@DZ"}},"lastState":{},"ready":true,"restartCount":0,)"
    R"("image":"kserve/sklearnserver:v0.20.0","started":true}]}})";

/// Digits without repetition.
class Noise {
 public:
  explicit Noise(std::uint64_t seed) : state_(seed) {}
  std::string digits(int count, int base) {
    std::string out;
    for (int i = 0; i < count; ++i) {
      state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
      out += "0123456789abcdef"[(state_ >> 40U) % static_cast<unsigned>(base)];
    }
    return out;
  }
  std::string uid() {
    return digits(8, 16) + "-" + digits(4, 16) + "-4" + digits(3, 16) + "-a" + digits(3, 16) + "-" +
           digits(12, 16);
  }

 private:
  std::uint64_t state_;
};

/// Each "@X" replaced: N the service's name, T one of a hundred teams, U its uid, W a uid, V a version, H a
/// hash, D a digit.
kube::Object filled(std::string_view text, int number, Noise& noise) {
  Noise of_service(static_cast<std::uint64_t>(number) + 1);
  const std::string uid = of_service.uid();
  const std::string hash = of_service.digits(10, 16);
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t mark = text.find('@', at);
    out += text.substr(at, mark - at);
    if (mark == text.npos) break;
    switch (text[mark + 1]) {
      case 'N':
        out += "model-" + std::to_string(number);
        break;
      case 'T':
        out += std::to_string(number % 100);
        break;
      case 'U':
        out += uid;
        break;
      case 'W':
        out += noise.uid();
        break;
      case 'V':
        out += "1" + noise.digits(6, 10);
        break;
      case 'H':
        out += hash;
        break;
      default:
        out += noise.digits(1, 10);
    }
    at = mark + 2;
  }
  return object_of(out);
}

void fill(Cache& cache, int number, Noise& noise) {
  struct Kind {
    const kube::Resource& resource;
    std::string_view rest;
  };
  const Kind kKinds[] = {{kube::kDeployments, kDeployment},
                         {kube::kHorizontalPodAutoscalers, kAutoscaler},
                         {kube::kServices, kKubeService},
                         {kube::kHttpRoutes, kRoute}};
  cache.store_of(kube::kInferenceServices).upsert(filled(kService, number, noise));
  cache.store_of(kube::kPods).upsert(filled(kPod, number, noise));
  cache.store_of(kube::kEndpointSlices).upsert(filled(kSlice, number, noise));
  for (const auto& [resource, rest] : kKinds) {
    const std::string text = R"({"apiVersion":")" + resource.api_version() + R"(","kind":")" +
                             std::string(resource.kind) + R"(",)" + std::string(kMetadata) +
                             std::string(rest);
    cache.store_of(resource).upsert(filled(text, number, noise));
  }
}

TEST(CacheMemoryTest, TenThousandServicesFit) {
  Noise noise(20261123);
  Cache cache([](const ServiceKey&, Priority) {});
  fill(cache, kServices, noise);  // for what is allocated once
  const std::size_t before = mallinfo2().uordblks;
  const auto started = std::chrono::steady_clock::now();
  for (int i = 0; i < kServices; ++i) fill(cache, i, noise);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - started;
  const std::size_t bytes = mallinfo2().uordblks - before;

  const ServiceKey key{"team-7", "model-107"};
  ASSERT_TRUE(cache.service(key));
  EXPECT_NE(cache.service(key)->text.find("s3://bucket-7/models/model-107/1"), std::string::npos);
  EXPECT_EQ(cache.children(key).size(), 4U);
  EXPECT_EQ(cache.children(key)[0].owner_uid, cache.service(key)->uid);
  EXPECT_EQ(cache.pods(key).size(), 1U);

  const auto each = [](std::size_t all) { return all / static_cast<std::size_t>(kServices); };
  std::cout << kServices << " services with 4 children and a Pod each: " << each(bytes)
            << " bytes a service, of these " << each(cache.text_bytes()) << " of text; " << took.count()
            << " s to generate, parse and store\n";
  RecordProperty("bytes_a_service", static_cast<int>(each(bytes)));
#ifndef MODELGATE_SANITIZE  // it has another allocator
  EXPECT_GT(each(bytes), each(cache.text_bytes()));
  EXPECT_LT(each(bytes), kMostBytesAService);
#endif
}

TEST(CacheMemoryTest, AllMemoryIsReleased) {
  Noise noise(1);
  Cache cache([](const ServiceKey&, Priority) {});
  for (int i = 0; i < 50; ++i) fill(cache, i, noise);
  EXPECT_GT(cache.text_bytes(), 0U);
  for (const kube::Resource* r :
       {&kube::kInferenceServices, &kube::kPods, &kube::kDeployments, &kube::kHorizontalPodAutoscalers,
        &kube::kServices, &kube::kHttpRoutes, &kube::kEndpointSlices})
    cache.store_of(*r).replace({});
  EXPECT_EQ(cache.text_bytes(), 0U);
}

// ---- Texts

TEST(TextPackerTest, UnpacksWhatItPacked) {
  TextPacker packer;
  std::string all_bytes;
  for (int i = 0; i < 256; ++i) all_bytes += static_cast<char>(i);
  Noise noise(7);
  for (const std::string& text :
       {std::string(), std::string("x"), std::string(31, 'a'), std::string(32, 'a'), all_bytes,
        std::string(kService), std::string(100'000, '{'), noise.digits(40'000, 16)}) {
    const std::string packed = packer.pack(text);
    EXPECT_EQ(packer.unpack(packed), text);
    EXPECT_EQ(packer.pack(text), packed);
    EXPECT_LE(packed.size(), text.size() + 1);
  }
}

TEST(TextPackerTest, CompressesObjects) {
  TextPacker packer;
  Noise noise(7);
  for (const std::string_view text : {kService, kPod}) {
    const std::string json = spec::to_json(filled(text, 1, noise).value());
    EXPECT_LT(packer.pack(json).size() * 3, json.size());
  }
}

TEST(TextPackerTest, RejectsWhatItDidNotPack) {
  TextPacker packer;
  EXPECT_THROW(packer.unpack("x"), std::logic_error);
  EXPECT_THROW(packer.unpack("d"), std::logic_error);
  std::string cut = packer.pack(kService);
  cut.resize(cut.size() / 2);
  EXPECT_THROW(packer.unpack(cut), std::logic_error);
  EXPECT_EQ(packer.unpack(packer.pack(kPod)), kPod);  // and it still works
}

TEST(TextTest, StoresAnyLength) {
  for (const std::size_t length : {0U, 1U, 15U, 16U, 1000U}) {
    const std::string text(length, 'x');
    const Text a{std::string_view(text)};
    Text b = a;
    EXPECT_EQ(a.view(), text);
    EXPECT_EQ(b.view(), text);
    EXPECT_EQ(a, b);
    EXPECT_EQ(a.empty(), length == 0);
    EXPECT_EQ(a.outside() == 0, length <= 15);
    b = Text("other");
    EXPECT_EQ(a.view(), text);
    EXPECT_EQ(b.view(), "other");
    b = a;
    const Text c = std::move(b);
    EXPECT_EQ(c.view(), text);
  }
}

TEST(TextTest, CopiesShareTheirCharacters) {
  const Text a(std::string_view("a text of more than fifteen characters"));
  const Text b = a;
  EXPECT_EQ(a.view().data(), b.view().data());
}

}  // namespace
}  // namespace modelgate::reconciler
