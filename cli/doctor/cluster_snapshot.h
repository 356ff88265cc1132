// SPDX-License-Identifier: Apache-2.0
//
// What `modelgate doctor` read from a cluster, once (cli/doctor/read_cluster.h). The checks
// (cli/doctor/checks.h) are functions of it, so their tests build snapshots from YAML.
//
//   const Value* deployment = snapshot.find(kube::kDeployments, "kserve", "modelgate-webhook");
//   if (!deployment && snapshot.error_about(kube::kDeployments, "kserve")) ...   // unknown
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "cli/doctor/served_certificate.h"
#include "cli/doctor/tally.h"
#include "kube/client/api_error.h"
#include "kube/client/object.h"
#include "kube/client/resource.h"

namespace modelgate::cli {

inline constexpr kube::Resource kPodDisruptionBudgets{"policy", "v1", "poddisruptionbudgets",
                                                      "PodDisruptionBudget"};

/// In place of a namespace in an error: a list over all namespaces failed. The user may still be allowed to
/// read a single one.
inline constexpr std::string_view kAllNamespaces = "*";

// The names of KServe's controller.
inline constexpr std::string_view kKserveController = "kserve-controller-manager";
inline constexpr std::string_view kKserveLease = "kserve-controller-manager-leader-lock";

/// Names of an installation; the defaults are those of deploy/.
struct InstallationNames {
  std::string ns = "kserve";
  std::string service = "modelgate-webhook";  // of Deployment and ServiceAccount too
  std::string registration = "modelgate";
  std::string ca_secret = "modelgate-webhook-ca";
  std::string lease = "modelgate-webhook";
  std::string reconciler = "modelgate-reconciler";  // of Deployment, ServiceAccount and Lease
};

/// A verb on a resource, as RBAC grants it.
struct Permission {
  std::string_view verb;
  std::string_view group;
  std::string_view resource;  // with its subresource: "inferenceservices/status"
  std::string name = {};      // empty: any
  std::string ns = {};        // empty: all namespaces, or cluster-scoped
  std::string_view what_for;

  std::string_view kind() const { return resource.substr(0, resource.find('/')); }
  std::string_view subresource() const;  // may be empty
  /// "get secrets/modelgate-webhook-ca in kserve", "patch inferenceservices.serving.kserve.io/status"
  std::string to_string() const;
};

struct PermissionAnswer {
  Permission permission;
  std::optional<bool> allowed;  // nothing: could not be checked
  std::string why_unknown = {};
};

class ClusterSnapshot {
 public:
  // ---- options
  InstallationNames names;
  bool preflight = false;

  // ---- the API server
  std::string server;   // "https://127.0.0.1:6443"
  std::string version;  // "v1.31.2"; empty: see unreachable
  std::optional<kube::ApiError> unreachable;
  std::string user;                                 // of these credentials; empty if unknown
  std::optional<std::chrono::seconds> clock_ahead;  // the API server's clock minus ours
  std::vector<std::string> groups;                  // "apps", "serving.knative.dev", ...
  std::chrono::system_clock::time_point now;

  // ---- access reviews and certificates
  std::vector<PermissionAnswer> webhook_permissions;  // of the webhook's ServiceAccount
  std::vector<PermissionAnswer> reconciler_permissions;
  std::vector<PermissionAnswer> own_permissions;  // of the user who runs this
  std::vector<ServedCertificate> served;
  std::string certificate_skipped;  // why no certificate was checked

  std::optional<ServiceTally> services;  // nothing: they could not be listed

  // ---- objects
  void put(const kube::Resource& resource, kube::Object object);
  /// These objects could not be read. Without a namespace: in none.
  void put_error(const kube::Resource& resource, std::string_view ns, kube::ApiError error);
  void remove(const kube::Resource& resource, std::string_view ns, std::string_view name);

  /// nullptr if it does not exist or could not be read.
  const spec::Value* find(const kube::Resource& resource, std::string_view ns, std::string_view name) const;
  /// In a namespace; without one, in all. Sorted by namespace and name.
  std::vector<const spec::Value*> all(const kube::Resource& resource, std::string_view ns = {}) const;
  /// Why objects of this kind could not be read, or nullptr.
  const kube::ApiError* error_about(const kube::Resource& resource, std::string_view ns = {}) const;

  bool has_group(std::string_view group) const;
  /// Whether the API server serves this kind in this version; nothing if that is unknown.
  std::optional<bool> serves(const kube::Resource& resource) const;
  void put_served(const kube::Resource& resource, bool is_served);
  /// True if a part of an installation exists: its registration, Deployment or Service.
  bool installed() const;

 private:
  using Key = std::tuple<std::string, std::string, std::string>;  // plural.group, namespace, name
  std::map<Key, kube::Object> objects_;
  std::map<std::pair<std::string, std::string>, kube::ApiError> errors_;  // plural.group, namespace
  std::map<std::string, bool, std::less<>> kinds_;                        // plural.group
};

// ---- registered webhooks

/// One entry of a registration.
struct RegisteredWebhook {
  std::string_view configuration_kind;
  std::string_view configuration;  // name
  const spec::Value* value;        // the entry

  bool mutating() const { return configuration_kind.starts_with("Mutating"); }
  std::string_view name() const;
  std::string_view url() const;  // empty if it names a Service
  std::string_view service_namespace() const;
  std::string_view service_name() const;
  std::int64_t service_port() const;   // 443 by default
  std::string_view path() const;       // of the URL or the Service
  std::string_view ca_bundle() const;  // base64
  /// "Fail" by default, as in the API.
  std::string_view failure_policy() const;
  /// True if one of its rules matches this resource.
  bool matches(std::string_view group, std::string_view resource) const;
  /// "MutatingWebhookConfiguration/modelgate, webhook NAME"
  std::string to_string() const;
  /// "service kserve/modelgate-webhook" or the URL.
  std::string target() const;
};

/// Every registered webhook of every configuration.
std::vector<RegisteredWebhook> registered_webhooks(const ClusterSnapshot& snapshot);

/// "host" and "port" of a URL; the port is 443 by default.
std::pair<std::string, std::string> host_and_port(std::string_view url);

}  // namespace modelgate::cli
