// SPDX-License-Identifier: Apache-2.0
//
// Objects of a cluster for tests of the cache: a service, its children and its Pods.
#pragma once

#include <string>
#include <string_view>

#include "kube/client/object.h"

namespace modelgate::reconciler {

/// What a test varies.
struct Given {
  std::string name = "iris";  // of a child: "<name>-predictor"
  std::string ns = "default";
  std::string uid = "u1";
  std::string version = "1";
  std::string service = {};      // owner or label; empty: `name`
  std::string service_uid = {};  // empty: "u-<service>"
  std::string extra = {};        // more members of metadata: R"("deletionTimestamp":"...")"
  std::string spec = R"({"replicas":1})";
  std::string status = "{}";
  std::string managed_fields = "[]";  // of children
  bool owned = true;                  // its controller is the service; for a Pod: it has the label
};

kube::Object service_object(const Given& given);
/// Of any kind that is not a Pod.
kube::Object child_object(std::string_view api_version, std::string_view kind, const Given& given);
kube::Object deployment_object(const Given& given);
kube::Object pod_object(const Given& given);

/// An entry of managedFields.
std::string managed(std::string_view manager, std::string_view operation, std::string_view fields);

/// A kube::Object with its managedFields.
kube::Object object_of(std::string_view json);

}  // namespace modelgate::reconciler
