// SPDX-License-Identifier: Apache-2.0
//
// What `modelgate doctor` knows of a cluster: read once (cli/doctor/read_cluster.h), then only looked at. The
// checks (cli/doctor/checks.h) are functions of it, so that their tests make pictures from YAML.
//
//   const Value* deployment = picture.find(kube::kDeployments, "kserve", "modelgate-webhook");
//   if (!deployment && picture.error_about(kube::kDeployments, "kserve")) ...   // not known
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
inline constexpr kube::Resource kIngressClasses{"networking.k8s.io", "v1", "ingressclasses", "IngressClass",
                                                false};

/// In the place of a namespace, of an error: what was looked for in all of them at once. Who may not do that
/// may still look into one.
inline constexpr std::string_view kAllNamespaces = "*";

// KServe's own, by its names.
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

/// Something that somebody may or may not do.
struct Permission {
  std::string_view verb;
  std::string_view group;
  std::string_view resource;  // with its subresource: "inferenceservices/status"
  std::string name = {};      // empty: any
  std::string ns = {};        // empty: everywhere, or cluster scoped
  std::string_view what_for;

  std::string_view kind() const { return resource.substr(0, resource.find('/')); }
  std::string_view subresource() const;  // may be empty
  /// "get secrets/modelgate-webhook-ca in kserve", "patch inferenceservices.serving.kserve.io/status"
  std::string to_string() const;
};

struct PermissionAnswer {
  Permission permission;
  std::optional<bool> allowed;  // nothing: could not be asked
  std::string why_unknown = {};
};

class ClusterPicture {
 public:
  // ---- what was asked for
  InstallationNames names;
  bool preflight = false;

  // ---- the API server
  std::string server;   // "https://127.0.0.1:6443"
  std::string version;  // "v1.31.2"; empty: see unreachable
  std::optional<kube::ApiError> unreachable;
  std::string user;                                 // who asked; empty where unknown
  std::optional<std::chrono::seconds> clock_ahead;  // of the API server, against ours
  std::vector<std::string> groups;                  // "apps", "serving.knative.dev", ...
  std::chrono::system_clock::time_point now;

  // ---- answers
  std::vector<PermissionAnswer> webhook_permissions;  // of the webhook's ServiceAccount
  std::vector<PermissionAnswer> reconciler_permissions;
  std::vector<PermissionAnswer> own_permissions;  // of whoever runs this
  std::vector<ServedCertificate> served;
  std::string not_served_why;  // where no certificate was looked at: why

  std::optional<ServiceTally> services;  // nothing: they could not be listed

  // ---- objects
  void put(const kube::Resource& resource, kube::Object object);
  /// It could not be read. Without a namespace: nowhere.
  void put_error(const kube::Resource& resource, std::string_view ns, kube::ApiError error);
  void remove(const kube::Resource& resource, std::string_view ns, std::string_view name);

  /// nullptr where there is none, or where it could not be read.
  const spec::Value* find(const kube::Resource& resource, std::string_view ns, std::string_view name) const;
  /// In a namespace, or without one, everywhere; by namespace and name.
  std::vector<const spec::Value*> all(const kube::Resource& resource, std::string_view ns = {}) const;
  /// Why objects of this kind are missing here, or nullptr.
  const kube::ApiError* error_about(const kube::Resource& resource, std::string_view ns = {}) const;

  bool has_group(std::string_view group) const;
  /// Whether the API server serves this kind in this version; nothing where that is not known.
  std::optional<bool> serves(const kube::Resource& resource) const;
  void put_served(const kube::Resource& resource, bool is_served);
  /// True where anything of an installation is there: its registration, Deployment or Service.
  bool installed() const;

 private:
  using Key = std::tuple<std::string, std::string, std::string>;  // plural.group, namespace, name
  std::map<Key, kube::Object> objects_;
  std::map<std::pair<std::string, std::string>, kube::ApiError> errors_;  // plural.group, namespace
  std::map<std::string, bool, std::less<>> kinds_;                        // plural.group
};

// ---- webhooks, as they are registered

/// One entry of a registration.
struct RegisteredWebhook {
  std::string_view configuration_kind;
  std::string_view configuration;  // name
  const spec::Value* value;        // the entry

  bool mutating() const { return configuration_kind.starts_with("Mutating"); }
  std::string_view name() const;
  std::string_view url() const;  // empty where it names a Service
  std::string_view service_namespace() const;
  std::string_view service_name() const;
  std::int64_t service_port() const;   // 443 where none is given
  std::string_view path() const;       // of the URL or the Service
  std::string_view ca_bundle() const;  // base64
  /// "Fail" where none is given, as the API has it.
  std::string_view failure_policy() const;
  /// A rule of it takes in this kind.
  bool takes(std::string_view group, std::string_view resource) const;
  /// "MutatingWebhookConfiguration/modelgate, webhook NAME"
  std::string to_string() const;
  /// "service kserve/modelgate-webhook" or the URL.
  std::string target() const;
};

/// Every registered webhook of every configuration.
std::vector<RegisteredWebhook> registered_webhooks(const ClusterPicture& picture);

/// "host" and "port" of a URL; the port is 443 where none is given.
std::pair<std::string, std::string> host_and_port(std::string_view url);

}  // namespace modelgate::cli
