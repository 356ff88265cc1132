// SPDX-License-Identifier: Apache-2.0
//
// The fields are those of the CustomResourceDefinition services.serving.knative.dev, v1, of Knative 1.18 to 1.21.
#include "workload/children/knative_pod.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <span>

namespace modelgate::workload {
namespace {

using spec::Value;

/// A field that remains: the whole, or of it (of each element, in a list) only the fields `inside`.
struct Field {
  std::string_view name;
  std::span<const Field> inside = {};
};

constexpr Field kProbe[] = {{"exec"},
                            {"grpc"},
                            {"httpGet"},
                            {"tcpSocket"},
                            {"failureThreshold"},
                            {"initialDelaySeconds"},
                            {"periodSeconds"},
                            {"successThreshold"},
                            {"timeoutSeconds"}};
constexpr Field kPort[] = {{"containerPort"}, {"name"}, {"protocol"}};
constexpr Field kResources[] = {{"limits"}, {"requests"}};
constexpr Field kSecurity[] = {{"allowPrivilegeEscalation"},
                               {"capabilities"},
                               {"privileged"},
                               {"readOnlyRootFilesystem"},
                               {"runAsGroup"},
                               {"runAsNonRoot"},
                               {"runAsUser"},
                               {"seccompProfile"}};
constexpr Field kMount[] = {{"mountPath"}, {"mountPropagation"}, {"name"}, {"readOnly"}, {"subPath"}};
constexpr Field kContainer[] = {{"args"},
                                {"command"},
                                {"env"},
                                {"envFrom"},
                                {"image"},
                                {"imagePullPolicy"},
                                {"livenessProbe", kProbe},
                                {"name"},
                                {"ports", kPort},
                                {"readinessProbe", kProbe},
                                {"resources", kResources},
                                {"securityContext", kSecurity},
                                {"startupProbe", kProbe},
                                {"terminationMessagePath"},
                                {"terminationMessagePolicy"},
                                {"volumeMounts", kMount},
                                {"workingDir"}};
constexpr Field kVolume[] = {{"configMap"}, {"csi"},  {"emptyDir"},  {"hostPath"},
                             {"image"},     {"name"}, {"projected"}, {"persistentVolumeClaim"},
                             {"secret"}};
constexpr Field kPodSpec[] = {{"affinity"},
                              {"automountServiceAccountToken"},
                              {"containers", kContainer},
                              {"dnsConfig"},
                              {"dnsPolicy"},
                              {"enableServiceLinks"},
                              {"hostAliases"},
                              {"hostIPC"},
                              {"hostNetwork"},
                              {"hostPID"},
                              {"imagePullSecrets"},
                              {"initContainers", kContainer},
                              {"nodeSelector"},
                              {"priorityClassName"},
                              {"runtimeClassName"},
                              {"schedulerName"},
                              {"securityContext"},
                              {"serviceAccountName"},
                              {"shareProcessNamespace"},
                              {"tolerations"},
                              {"topologySpreadConstraints"},
                              {"volumes", kVolume}};

class Pruning {
 public:
  void prune(Value& object, std::span<const Field> fields, const std::string& path) {
    if (!object.IsObject()) return;
    for (auto m = object.MemberBegin(); m != object.MemberEnd();) {
      const std::string_view name = spec::text_of(m->name);
      const auto field = std::ranges::find(fields, name, &Field::name);
      const std::string at = path.empty() ? std::string(name) : fmt::format("{}.{}", path, name);
      if (field == fields.end()) {
        if (seen_.emplace(name).second) dropped.push_back(at);
        m = object.EraseMember(m);
        continue;
      }
      if (!field->inside.empty()) prune_inside(m->value, field->inside, at);
      ++m;
    }
  }

  std::vector<std::string> dropped;

 private:
  void prune_inside(Value& value, std::span<const Field> fields, const std::string& path) {
    if (!value.IsArray()) return prune(value, fields, path);
    for (rapidjson::SizeType i = 0; i < value.Size(); ++i)
      prune(value[i], fields, fmt::format("{}[{}]", path, i));
  }

  std::set<std::string, std::less<>> seen_;
};

}  // namespace

std::vector<std::string> drop_fields_unknown_to_knative(Value& pod_spec) {
  Pruning pruning;
  pruning.prune(pod_spec, kPodSpec, {});
  return std::move(pruning.dropped);
}

}  // namespace modelgate::workload
