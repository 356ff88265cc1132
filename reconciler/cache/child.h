// SPDX-License-Identifier: Apache-2.0
//
// What the reconciler remembers of an object in the cluster that serves an InferenceService: who owns it,
// what of it is ours, and what the status needs. An object of 5 KB comes to some hundred bytes.
//
//   if (auto child = child_of(kube::kDeployments, reply.value())) memory.reply_digest =
//   child->applied_digest;
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "kube/client/resource.h"
#include "reconciler/queue/service_key.h"
#include "spec/json.h"

namespace modelgate::reconciler {

/// The name under which we apply; and KServe's.
inline constexpr std::string_view kFieldManager = "modelgate-reconciler";
inline constexpr std::string_view kKserveFieldManager = "manager";

/// An object that names an InferenceService as its controller.
struct Child {
  const kube::Resource* resource = nullptr;
  std::string ns = {}, name = {}, uid = {}, resource_version = {};
  ServiceKey owner = {};
  std::string owner_uid = {};
  bool being_deleted = false;

  /// spec::digest of the fields that kFieldManager applied, as they are now (kube/client/managed_fields.h),
  /// without apiVersion, kind and the metadata that names it; empty where it applied none.
  std::string applied_digest = {};
  /// Entries of KServe's manager that are not about the status: they are to become ours before we apply.
  bool kserve_manages = false;

  // Of what scales: `spec.replicas` as it is, whether we are among its managers, and whether another is.
  std::optional<std::int64_t> replicas = {};
  bool replicas_ours = false;
  bool replicas_others = false;

  /// workload::observable() as compact JSON, without resourceVersion, where the status looks at this kind;
  /// else empty.
  std::string observed = {};
};

/// A Pod of a service, by its label.
struct PodRecord {
  std::string ns = {}, name = {}, uid = {}, resource_version = {};
  ServiceKey owner = {};
  std::string observed = {};  // as a Child's
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

// Pure. The object must have been read with its managedFields for the first.

/// Nothing where no InferenceService controls it. `resource` must outlive what is given.
std::optional<Child> child_of(const kube::Resource& resource, const spec::Value& object);
/// Nothing without kServiceLabel.
std::optional<PodRecord> pod_of(const spec::Value& object);
ServiceRecord service_of(const spec::Value& object);
/// Of what of an InferenceService makes it another one to us: everything but status, managedFields and
/// resourceVersion.
std::string service_digest(const spec::Value& object);

/// The label that all of KServe's children bear but routes; its value is the service's name.
inline constexpr std::string_view kServiceLabel = "serving.kserve.io/inferenceservice";

}  // namespace modelgate::reconciler
