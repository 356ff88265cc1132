// SPDX-License-Identifier: Apache-2.0
#include "tests/reconciler/cluster_objects.h"

#include <fmt/format.h>

#include <stdexcept>

namespace modelgate::reconciler {
namespace {

std::string service_of(const Given& given) {
  return given.service.empty() ? given.name : given.service;
}

std::string head(std::string_view api_version, std::string_view kind, const Given& given,
                 std::string_view name, std::string_view metadata) {
  return fmt::format(
      R"({{"apiVersion":"{}","kind":"{}","metadata":{{"name":"{}","namespace":"{}","uid":"{}",)"
      R"("resourceVersion":"{}"{}{}{}{}}},"spec":{},"status":{}}})",
      api_version, kind, name, given.ns, given.uid, given.version, metadata.empty() ? "" : ",", metadata,
      given.extra.empty() ? "" : ",", given.extra, given.spec, given.status);
}

}  // namespace

kube::Object object_of(std::string_view json) {
  spec::ParseOptions options;
  options.skip_managed_fields = false;
  auto object = kube::Object::read(json, options);
  if (!object) throw std::runtime_error(object.error().message + " in " + std::string(json));
  return std::move(*object);
}

std::string managed(std::string_view manager, std::string_view operation, std::string_view fields) {
  return fmt::format(
      R"({{"manager":"{}","operation":"{}","apiVersion":"v1","fieldsType":"FieldsV1","fieldsV1":{}}})",
      manager, operation, fields);
}

kube::Object service_object(const Given& given) {
  return object_of(head("serving.kserve.io/v1beta1", "InferenceService", given, given.name, ""));
}

kube::Object child_object(std::string_view api_version, std::string_view kind, const Given& given) {
  const std::string service = service_of(given);
  const std::string uid = given.service_uid.empty() ? "u-" + service : given.service_uid;
  const std::string owner = fmt::format(
      R"("ownerReferences":[{{"apiVersion":"serving.kserve.io/v1beta1","kind":"InferenceService",)"
      R"("name":"{}","uid":"{}","controller":true,"blockOwnerDeletion":true}}],)",
      service, uid);
  return object_of(
      head(api_version, kind, given, given.name + "-predictor",
           fmt::format(R"({}"managedFields":{})", given.owned ? owner : "", given.managed_fields)));
}

kube::Object deployment_object(const Given& given) {
  return child_object("apps/v1", "Deployment", given);
}

kube::Object pod_object(const Given& given) {
  const std::string label =
      fmt::format(R"("labels":{{"app":"isvc.{0}-predictor","serving.kserve.io/inferenceservice":"{0}"}})",
                  service_of(given));
  return object_of(head("v1", "Pod", given, given.name, given.owned ? label : ""));
}

}  // namespace modelgate::reconciler
