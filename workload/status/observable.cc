// SPDX-License-Identifier: Apache-2.0
//
// A tree of fields for each kind. A field that the status reads must be in it; the tests of the status run
// over trimmed objects, too.
#include "workload/status/observable.h"

#include <algorithm>
#include <span>

#include "workload/objects/annotations.h"
#include "workload/status/service_endpoints.h"

namespace modelgate::workload {
namespace {

using spec::Value;

/// A member to copy: the whole, or only the members `inside` (of each element, in a list).
struct Field {
  std::string_view name;
  std::span<const Field> inside = {};
};

constexpr Field kConditions[] = {{"type"}, {"status"}, {"reason"}, {"message"}, {"lastTransitionTime"}};

constexpr Field kLabels[] = {{"app"},
                             {label::kInferenceService},
                             {label::kComponent},
                             {"isvc.generation"},
                             {"pod-template-hash"},
                             {label::kKnativeRevision},
                             {kServiceNameLabel}};
constexpr Field kOwner[] = {{"apiVersion"}, {"kind"}, {"name"}, {"uid"}, {"controller"}};
constexpr Field kMetadata[] = {{"name"},
                               {"namespace"},
                               {"uid"},
                               {"resourceVersion"},
                               {"generation"},
                               {"creationTimestamp"},
                               {"deletionTimestamp"},
                               {"labels", kLabels},
                               {"ownerReferences", kOwner}};

constexpr Field kReplicas[] = {{"replicas"}};
constexpr Field kDeploymentStatus[] = {{"observedGeneration"},  {"replicas"},
                                       {"updatedReplicas"},     {"readyReplicas"},
                                       {"availableReplicas"},   {"terminatingReplicas"},
                                       {"unavailableReplicas"}, {"conditions", kConditions}};
constexpr Field kDeployment[] = {{"spec", kReplicas}, {"status", kDeploymentStatus}};

constexpr Field kWaiting[] = {{"reason"}, {"message"}};
constexpr Field kRunning[] = {{"startedAt"}};
constexpr Field kTerminated[] = {{"exitCode"}, {"signal"},    {"reason"},
                                 {"message"},  {"startedAt"}, {"finishedAt"}};
constexpr Field kState[] = {{"waiting", kWaiting}, {"running", kRunning}, {"terminated", kTerminated}};
constexpr Field kContainer[] = {
    {"name"}, {"ready"}, {"restartCount"}, {"state", kState}, {"lastState", kState}};
constexpr Field kPodSpec[] = {{"nodeName"}};
constexpr Field kPodStatus[] = {{"phase"},
                                {"reason"},
                                {"message"},
                                {"startTime"},
                                {"conditions", kConditions},
                                {"initContainerStatuses", kContainer},
                                {"containerStatuses", kContainer}};
constexpr Field kPod[] = {{"spec", kPodSpec}, {"status", kPodStatus}};

constexpr Field kParentRef[] = {{"namespace"}, {"name"}};
constexpr Field kRouteConditions[] = {
    {"type"}, {"status"}, {"reason"}, {"message"}, {"lastTransitionTime"}, {"observedGeneration"}};
constexpr Field kParent[] = {{"parentRef", kParentRef}, {"controllerName"}, {"conditions", kRouteConditions}};
constexpr Field kBackend[] = {{"name"}, {"weight"}};
constexpr Field kHttpRule[] = {{"backendRefs", kBackend}};
constexpr Field kHttpRouteSpec[] = {{"rules", kHttpRule}};
constexpr Field kHttpRouteStatus[] = {{"parents", kParent}};
constexpr Field kHttpRoute[] = {{"spec", kHttpRouteSpec}, {"status", kHttpRouteStatus}};

constexpr Field kDestination[] = {{"host"}};
constexpr Field kIstioBackend[] = {{"destination", kDestination}, {"weight"}};
constexpr Field kIstioRule[] = {{"route", kIstioBackend}};
constexpr Field kVirtualServiceSpec[] = {{"http", kIstioRule}};
constexpr Field kStatus[] = {{"conditions", kConditions}};
constexpr Field kVirtualService[] = {{"spec", kVirtualServiceSpec}, {"status", kStatus}};

constexpr Field kEndpointConditions[] = {{"ready"}};
constexpr Field kEndpoint[] = {{"conditions", kEndpointConditions}};
constexpr Field kEndpointSlice[] = {{"endpoints", kEndpoint}};

constexpr Field kIngressStatus[] = {{"loadBalancer"}};
constexpr Field kIngress[] = {{"status", kIngressStatus}};

constexpr Field kAutoscalerSpec[] = {
    {"minReplicas"}, {"maxReplicas"}, {"minReplicaCount"}, {"maxReplicaCount"}};
constexpr Field kAutoscalerStatus[] = {{"currentReplicas"}, {"desiredReplicas"}, {"conditions", kConditions}};
constexpr Field kAutoscaler[] = {{"spec", kAutoscalerSpec}, {"status", kAutoscalerStatus}};

/// Knative's. One of Kubernetes has only conditions of these.
constexpr Field kServiceStatus[] = {{"observedGeneration"},
                                    {"conditions", kConditions},
                                    {"latestCreatedRevisionName"},
                                    {"latestReadyRevisionName"},
                                    {"traffic"},
                                    {"url"},
                                    {"address"}};
constexpr Field kService[] = {{"status", kServiceStatus}};

constexpr Field kOther[] = {{"status", kStatus}};

struct Kind {
  std::string_view name;
  std::span<const Field> fields;
};
constexpr Kind kKinds[] = {{"Deployment", kDeployment},
                           {"ReplicaSet", kDeployment},
                           {"Pod", kPod},
                           {"HTTPRoute", kHttpRoute},
                           {kEndpointSliceKind, kEndpointSlice},
                           {"Ingress", kIngress},
                           {"VirtualService", kVirtualService},
                           {"Service", kService},
                           {"HorizontalPodAutoscaler", kAutoscaler},
                           {"ScaledObject", kAutoscaler}};

std::span<const Field> fields_of_kind(std::string_view kind) {
  const auto found = std::ranges::find(kKinds, kind, &Kind::name);
  return found == std::end(kKinds) ? std::span<const Field>(kOther) : found->fields;
}

Value copy(const Value& from, std::span<const Field> fields, spec::Arena& arena);

void copy_members(const Value& from, std::span<const Field> fields, Value& to, spec::Arena& arena) {
  for (const Field& f : fields) {
    if (const Value* v = spec::find(from, f.name))
      to.AddMember(spec::make_literal(f.name), copy(*v, f.inside, arena), arena);
  }
}

/// A value of an unexpected type is copied as it is: the status reads it as absent.
Value copy(const Value& from, std::span<const Field> fields, spec::Arena& arena) {
  if (fields.empty() || (!from.IsObject() && !from.IsArray())) return spec::clone(from, arena);
  if (from.IsArray()) {
    Value out(rapidjson::kArrayType);
    for (const Value& v : from.GetArray()) out.PushBack(copy(v, fields, arena), arena);
    return out;
  }
  Value out(rapidjson::kObjectType);
  copy_members(from, fields, out, arena);
  return out;
}

/// A slice may have a thousand endpoints. Only whether one of them is ready counts.
void retain_one_endpoint(Value& slice) {
  Value* endpoints = spec::find(slice, "endpoints");
  if (!endpoints || !endpoints->IsArray() || endpoints->Empty()) return;
  Value* const ready = std::ranges::find_if(endpoints->Begin(), endpoints->End(), is_ready_endpoint);
  if (ready == endpoints->End()) return endpoints->Clear();
  if (ready != endpoints->Begin()) endpoints->Begin()->Swap(*ready);
  while (endpoints->Size() > 1) endpoints->PopBack();
}

}  // namespace

Value observable(const Value& object, spec::Arena& arena, std::string_view kind) {
  constexpr Field kRoot[] = {{"apiVersion"}, {"kind"}, {"metadata", kMetadata}};
  Value out(rapidjson::kObjectType);
  if (!object.IsObject()) return out;
  if (const Value* own = spec::find(object, "kind"); own && own->IsString() && own->GetStringLength() > 0)
    kind = spec::text_of(*own);
  copy_members(object, kRoot, out, arena);
  copy_members(object, fields_of_kind(kind), out, arena);
  if (kind == kEndpointSliceKind) retain_one_endpoint(out);
  return out;
}

}  // namespace modelgate::workload
