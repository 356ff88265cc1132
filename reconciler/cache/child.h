// SPDX-License-Identifier: Apache-2.0
//
// What the reconciler stores of an object in the cluster: its owner, the fields that are ours, and what the
// status needs. Some hundred bytes for an object of 5 KB.
//
//   if (auto child = child_of(kube::kDeployments, reply.value())) digest = child->applied_digest;
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "kube/client/resource.h"
#include "reconciler/queue/service_key.h"
#include "spec/json.h"

namespace modelgate::reconciler {

/// Our field manager, and KServe's.
inline constexpr std::string_view kFieldManager = "modelgate-reconciler";
inline constexpr std::string_view kKserveFieldManager = "manager";

/// An object whose controller is an InferenceService.
struct Child {
  const kube::Resource* resource = nullptr;
  std::string ns = {}, name = {}, uid = {}, resource_version = {};
  ServiceKey owner = {};
  std::string owner_uid = {};
  bool being_deleted = false;

  /// spec::digest of the fields that kFieldManager applied, with their present values
  /// (kube/client/managed_fields.h), without apiVersion, kind and identifying metadata; empty if it applied none.
  std::string applied_digest = {};
  /// KServe's manager has entries other than for the status: they are adopted before we apply.
  bool kserve_manages = false;

  // Of a scalable object: `spec.replicas`, whether we manage it, and whether others do.
  std::optional<std::int64_t> replicas = {};
  bool replicas_ours = false;
  bool replicas_others = false;

  /// workload::observable() as compact JSON, without resourceVersion, if the status depends on this kind; else
  /// empty.
  std::string observed = {};
};

/// A Pod or an EndpointSlice with the label of a service.
struct LabelledRecord {
  std::string ns = {}, name = {}, uid = {}, resource_version = {};
  ServiceKey owner = {};
  std::string observed = {};  // as for Child; of an EndpointSlice without what identifies it
};

/// An InferenceService.
struct ServiceRecord {
  ServiceKey key = {};
  std::string uid = {}, resource_version = {};
  std::int64_t generation = 0;
  bool being_deleted = false;
  /// The whole object as compact JSON, without managedFields.
  std::string text = {};
};

// Pure. For child_of() the object must have been read with its managedFields.

/// Nothing if no InferenceService controls it. `resource` must outlive the result.
std::optional<Child> child_of(const kube::Resource& resource, const spec::Value& object);
/// Of a Pod or EndpointSlice. Nothing without kServiceLabel.
std::optional<LabelledRecord> labelled_of(const kube::Resource& resource, const spec::Value& object);
ServiceRecord service_of(const spec::Value& object);
/// Of everything in an InferenceService that we react to: all but status, managedFields and resourceVersion.
std::string service_digest(const spec::Value& object);

/// The label of all children that KServe creates, except routes; its value is the service's name.
inline constexpr std::string_view kServiceLabel = "serving.kserve.io/inferenceservice";

}  // namespace modelgate::reconciler
