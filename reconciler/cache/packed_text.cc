// SPDX-License-Identifier: Apache-2.0
#include "reconciler/cache/packed_text.h"

#include <zlib.h>

#include <cstring>
#include <limits>
#include <stdexcept>

namespace modelgate::reconciler {
namespace {

/// The most frequent text is last: a nearer match takes fewer bits.
constexpr std::string_view kDictionary =
    R"({"apiVersion":"gateway.networking.k8s.io/v1","kind":"HTTPRoute","metadata":{"name":")"
    R"(","namespace":"default"},"spec":{"rules":[{"backendRefs":[{"name":"-predictor","weight":100}]}]},)"
    R"("status":{"parents":[{"parentRef":{"namespace":"kserve","name":"kserve-ingress-gateway"},)"
    R"("controllerName":"gateway.envoyproxy.io/gatewayclass-controller","conditions":[)"
    R"({"type":"Accepted","status":"True","reason":"Accepted","message":"Route is accepted",)"
    R"("lastTransitionTime":"2026-0},{"type":"ResolvedRefs","status":"True","reason":"ResolvedRefs",)"
    R"("message":"Resolved all the Object references for the Route"}]}]}})"
    R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"-predictor-","namespace":"default",)"
    R"("creationTimestamp":"2026-01-","labels":{"app":"isvc.-predictor",)"
    R"("serving.kserve.io/inferenceservice":"","component":"predictor","pod-template-hash":""},)"
    R"("ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"-predictor-","uid":"-4",)"
    R"("controller":true}]},"spec":{"nodeName":""},"status":{"phase":"Pending","phase":"Running",)"
    R"("startTime":"2026-","conditions":[{"type":"PodReadyToStartContainers","status":"True",)"
    R"("lastTransitionTime":"2026-},{"type":"Initialized","status":"True","lastTransitionTime":"2026-},)"
    R"({"type":"Ready","status":"False","reason":"ContainersNotReady","message":"containers with unready )"
    R"(status: [kserve-container]","lastTransitionTime":"},{"type":"ContainersReady","status":"True",)"
    R"("lastTransitionTime":"},{"type":"PodScheduled","status":"True","lastTransitionTime":"}],)"
    R"("initContainerStatuses":[{"name":"storage-initializer","ready":true,"restartCount":0,"state":)"
    R"({"terminated":{"exitCode":0,"reason":"Completed","startedAt":"","finishedAt":"Z"}},"lastState":{}}],)"
    R"("containerStatuses":[{"name":"kserve-container","ready":true,"restartCount":0,"state":{"running":)"
    R"({"startedAt":"2026-0"}},"waiting":{"reason":"CrashLoopBackOff","message":"back-off },"lastState":{}}]}})"
    R"({"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"-predictor","namespace":"default",)"
    R"("uid":"-4","generation":1,"creationTimestamp":"2026-0","labels":{"app":"isvc.-predictor",)"
    R"("serving.kserve.io/inferenceservice":"","component":"predictor"},"ownerReferences":[{"apiVersion":)"
    R"("serving.kserve.io/v1beta1","kind":"InferenceService","name":"","uid":"-4","controller":true}]},)"
    R"("spec":{"replicas":1},"status":{"observedGeneration":1,"replicas":1,"updatedReplicas":1,)"
    R"("readyReplicas":1,"availableReplicas":1,"unavailableReplicas":1,"conditions":[{"type":"Available",)"
    R"("status":"True","reason":"MinimumReplicasAvailable","message":"Deployment has minimum availability.",)"
    R"("lastTransitionTime":"},{"type":"Progressing","status":"True","reason":"NewReplicaSetAvailable",)"
    R"("message":"ReplicaSet \"-predictor-\" has successfully progressed.","lastTransitionTime":"}]}})"
    R"({"apiVersion":"serving.kserve.io/v1beta1","kind":"InferenceService","metadata":{"annotations":)"
    R"({"kubectl.kubernetes.io/last-applied-configuration":"{\"apiVersion\":\"serving.kserve.io/v1beta1\",)"
    R"(\"kind\":\"InferenceService\",\"metadata\":{\"annotations\":{},\"name\":\"\",\"namespace\":\"default\"},)"
    R"(\"spec\":{\"predictor\":{\"model\":{\"modelFormat\":{\"name\":\"sklearn\"},\"storageUri\":\"gs://)"
    R"(\"resources\":{\"limits\":{\"cpu\":\"1\",\"memory\":\"2Gi\"},\"requests\":{)"
    R"("serving.kserve.io/deploymentMode":"Standard","modelgate.io/defaulted":"},)"
    R"("creationTimestamp":"2026-0","finalizers":["inferenceservice.finalizers"],"generation":1,"labels":{},)"
    R"("name":"","namespace":"default","resourceVersion":"","uid":"-4"},"spec":{"predictor":{"minReplicas":1,)"
    R"("maxReplicas":3,"model":{"modelFormat":{"name":"huggingface","version":"1"},"name":"",)"
    R"("protocolVersion":"v2","runtime":"kserve-sklearnserver","env":[{"name":"","value":""}],"args":["--],)"
    R"("resources":{"limits":{"cpu":"1","memory":"2Gi","nvidia.com/gpu":"1"},"requests":{"cpu":"1",)"
    R"("memory":"2Gi"}},"storageUri":"gs://kfserving-examples/models/sklearn/1.0/model"}}},"status":{)"
    R"("address":{"url":"http://-predictor.default.svc.cluster.local"},"components":{"predictor":{"url":)"
    R"("http://-predictor-default.example.com"}},"clusterServingRuntimeName":"kserve-sklearnserver",)"
    R"("conditions":[{"lastTransitionTime":"2026-0","message":"","reason":"IngressReady","status":"True",)"
    R"("type":"IngressReady"},{"lastTransitionTime":"","reason":"PredictorReady","status":"True","type":)"
    R"("PredictorReady"},{"lastTransitionTime":"","reason":"InferenceServiceReady","status":"True","type":)"
    R"("Ready"},{"lastTransitionTime":"","severity":"Info","status":"False","type":"Stopped"}],)"
    R"("deploymentMode":"Standard","modelStatus":{"copies":{"failedCopies":0,"totalCopies":1},"states":)"
    R"({"activeModelState":"Loaded","targetModelState":"Loaded"},"transitionStatus":"UpToDate"},)"
    R"("observedGeneration":1,"phase":"Ready","servingRuntimeName":"","url":"http://-default.example.com"}})";

/// As a power of two: the dictionary and an object's usual text fit, and the state stays small.
constexpr int kWindowBits = 13;
constexpr int kMemoryLevel = 6;
constexpr int kLevel = 6;
static_assert(kDictionary.size() < (std::size_t{1} << kWindowBits) - 512, "deflate keeps 262 bytes free");

/// The first byte. After kDeflated: the text's size, then the stream.
constexpr char kPlain = 'p', kDeflated = 'd';
constexpr std::size_t kHead = 1 + sizeof(std::uint32_t);
/// Shorter texts do not shrink.
constexpr std::size_t kShortest = 32;

Bytef* bytes(const char* text) {
  // zlib only reads from next_in, though its type is not const.
  return reinterpret_cast<Bytef*>(const_cast<char*>(text));
}

void check(bool fine, const char* what) {
  if (!fine) throw std::logic_error(what);
}

}  // namespace

class TextPacker::Streams {
 public:
  Streams() {
    // Raw streams: no header, no checksum.
    check(deflateInit2(&out_, kLevel, Z_DEFLATED, -kWindowBits, kMemoryLevel, Z_DEFAULT_STRATEGY) == Z_OK,
          "zlib: deflateInit2 failed");
    check(inflateInit2(&in_, -kWindowBits) == Z_OK, "zlib: inflateInit2 failed");
  }
  Streams(const Streams&) = delete;
  Streams& operator=(const Streams&) = delete;
  ~Streams() {
    deflateEnd(&out_);
    inflateEnd(&in_);
  }

  std::string deflated(std::string_view text) {
    check(deflateReset(&out_) == Z_OK, "zlib: deflateReset failed");
    check(
        deflateSetDictionary(&out_, bytes(kDictionary.data()), static_cast<uInt>(kDictionary.size())) == Z_OK,
        "zlib: deflateSetDictionary failed");
    const auto size = static_cast<std::uint32_t>(text.size());
    std::string out(kHead + deflateBound(&out_, size), kDeflated);
    std::memcpy(out.data() + 1, &size, sizeof size);
    out_.next_in = bytes(text.data());
    out_.avail_in = size;
    out_.next_out = bytes(out.data() + kHead);
    out_.avail_out = static_cast<uInt>(out.size() - kHead);
    check(deflate(&out_, Z_FINISH) == Z_STREAM_END, "zlib: deflate failed");
    out.resize(out.size() - out_.avail_out);
    return out;
  }

  std::string inflated(std::string_view packed) {
    std::uint32_t size = 0;
    std::memcpy(&size, packed.data() + 1, sizeof size);
    check(inflateReset(&in_) == Z_OK, "zlib: inflateReset failed");
    check(
        inflateSetDictionary(&in_, bytes(kDictionary.data()), static_cast<uInt>(kDictionary.size())) == Z_OK,
        "zlib: inflateSetDictionary failed");
    std::string out(size, '\0');
    in_.next_in = bytes(packed.data() + kHead);
    in_.avail_in = static_cast<uInt>(packed.size() - kHead);
    in_.next_out = bytes(out.data());
    in_.avail_out = size;
    check(inflate(&in_, Z_FINISH) == Z_STREAM_END && in_.avail_out == 0, "zlib: inflate failed");
    return out;
  }

 private:
  z_stream out_{}, in_{};
};

TextPacker::TextPacker() : streams_(std::make_unique<Streams>()) {}
TextPacker::~TextPacker() = default;

std::string TextPacker::pack(std::string_view text) {
  if (text.empty()) return {};
  if (text.size() >= kShortest && text.size() <= std::numeric_limits<std::uint32_t>::max() / 2) {
    std::string out = streams_->deflated(text);
    if (out.size() <= text.size()) return out;
  }
  return kPlain + std::string(text);
}

std::string TextPacker::unpack(std::string_view packed) {
  if (packed.empty()) return {};
  if (packed.front() == kPlain) return std::string(packed.substr(1));
  check(packed.front() == kDeflated && packed.size() > kHead, "unpack: not packed by this program");
  return streams_->inflated(packed);
}

}  // namespace modelgate::reconciler
