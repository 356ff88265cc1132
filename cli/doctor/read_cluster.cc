// SPDX-License-Identifier: Apache-2.0
#include "cli/doctor/read_cluster.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "cli/doctor/installation.h"
#include "cli/doctor/permissions.h"
#include "cli/doctor/times.h"
#include "kube/client/client.h"
#include "spec/configuration.h"
#include "spec/text/rfc3339.h"
#include "spec/view.h"

namespace modelgate::cli {
namespace {

using kube::ApiError;
using kube::ApiResult;
using kube::Client;
using kube::Object;
using kube::ObjectList;
using kube::Resource;
using kube::Task;
using spec::ObjectView;

constexpr Resource kSelfSubjectReviews{"authentication.k8s.io", "v1", "selfsubjectreviews",
                                       "SelfSubjectReview", false};
constexpr Resource kSubjectAccessReviews{"authorization.k8s.io", "v1", "subjectaccessreviews",
                                         "SubjectAccessReview", false};

constexpr std::string_view kCrds[] = {
    "inferenceservices.serving.kserve.io", "servingruntimes.serving.kserve.io",
    "clusterservingruntimes.serving.kserve.io", "clusterstoragecontainers.serving.kserve.io"};

/// A run sends about two hundred calls, without a reason to spread them.
constexpr double kCallsPerSecond = 400;

/// InferenceServices per page. Each page is counted and released, so memory does not grow with the cluster.
constexpr int kServicesPage = 100;
/// The deadline of all pages together, in multiples of `timeout`: enough for about ten thousand services.
constexpr int kServicesTimeouts = 6;

/// Third-party kinds that cli/doctor/kinds.cc may require.
constexpr const Resource* kOptionalKinds[] = {&kube::kHttpRoutes, &kube::kVirtualServices,
                                              &kube::kScaledObjects, &kube::kOpenTelemetryCollectors};

std::string json_quoted(std::string_view text) {
  std::string out;
  spec::append_json(text, out);
  return out;
}

class Reader {
 public:
  Reader(Client& client, const DoctorOptions& options, ClusterSnapshot& snapshot)
      : client_(client), options_(options), snapshot_(snapshot) {}

  Task<void> run() {
    co_await identity_and_clock();
    if (snapshot_.unreachable) co_return;
    co_await fetch_list(kube::kMutatingWebhookConfigurations, "", "");
    co_await fetch_list(kube::kValidatingWebhookConfigurations, "", "");
    find_namespace();
    co_await installation();
    co_await catalog();
    co_await webhook_services();
    co_await optional_kinds();
    co_await services();
    co_await permissions();
    co_await recheck_outdated();
  }

 private:
  kube::CallOptions call() const { return {.deadline = std::chrono::steady_clock::now() + options_.timeout}; }

  /// Records that the API server is unavailable. A single exceeded deadline may be that call's own fault.
  void note(const ApiError& error) {
    using Kind = ApiError::Kind;
    if (error.kind == Kind::kDeadline) ++timeouts_;
    const bool unavailable = error.kind == Kind::kConnection || error.kind == Kind::kTls || timeouts_ > 1;
    if (unavailable && !snapshot_.unreachable) snapshot_.unreachable = error;
  }

  Task<void> identity_and_clock() {
    const std::string version_path = "/version";
    const ApiResult<std::string> version = co_await client_.get_raw(version_path, call());
    if (!version) {
      snapshot_.unreachable = version.error();
      co_return;
    }
    if (const auto read = Object::read(*version)) {
      snapshot_.version = ObjectView(read->value()).string("gitVersion");
    }
    const std::string body = R"({"apiVersion":"authentication.k8s.io/v1","kind":"SelfSubjectReview"})";
    const ApiResult<Object> review = co_await client_.create(kSelfSubjectReviews, "", body, call());
    if (review) {
      const ObjectView view(review->value());
      snapshot_.user = view.object("status").object("userInfo").string("username");
      if (const auto theirs = text::parse_rfc3339(view.object("metadata").string("creationTimestamp"))) {
        // Both without fractions, so the result is exact to one second.
        const auto ours = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
        snapshot_.clock_ahead = *theirs - ours;
      }
    }
    const std::string groups_path = "/apis";
    const ApiResult<std::string> groups = co_await client_.get_raw(groups_path, call());
    if (!groups) co_return;
    if (const auto read = Object::read(*groups)) {
      for (const ObjectView group : ObjectView(read->value()).list("groups")) {
        snapshot_.groups.emplace_back(group.string("name"));
      }
    }
  }

  /// Uses the namespace of the registered Service if the user gave none.
  void find_namespace() {
    if (options_.namespace_given) return;
    for (const RegisteredWebhook& webhook : our_webhooks(snapshot_)) {
      if (webhook.service_namespace().empty()) continue;
      snapshot_.names.ns = webhook.service_namespace();
      return;
    }
  }

  Task<void> installation() {
    const InstallationNames names = snapshot_.names;
    for (const std::string_view crd : kCrds) {
      co_await fetch(kube::kCustomResourceDefinitions, "", std::string(crd));
    }
    co_await fetch(kube::kNamespaces, "", names.ns);
    co_await fetch(kube::kDeployments, names.ns, names.service);
    co_await fetch(kube::kServices, names.ns, names.service);
    co_await fetch(kube::kServiceAccounts, names.ns, names.service);
    co_await fetch(kube::kSecrets, names.ns, names.ca_secret);
    co_await fetch(kube::kLeases, names.ns, names.lease);
    co_await fetch_list(kPodDisruptionBudgets, names.ns, "");
    co_await fetch_list(kube::kPods, names.ns, fmt::format("app.kubernetes.io/name={}", names.service));
    co_await fetch(kube::kDeployments, names.ns, names.reconciler);
    co_await fetch(kube::kServiceAccounts, names.ns, names.reconciler);
    co_await fetch(kube::kLeases, names.ns, names.reconciler);
    co_await fetch_list(kube::kPods, names.ns, fmt::format("app.kubernetes.io/name={}", names.reconciler));
    co_await fetch_by_name(kube::kDeployments, names.reconciler);
    co_await fetch_by_name(kube::kDeployments, std::string(kKserveController));
    co_await fetch_by_name(kube::kLeases, std::string(kKserveLease));
  }

  Task<void> catalog() {
    co_await fetch(kube::kConfigMaps, snapshot_.names.ns, std::string(spec::kConfigMapName));
    co_await fetch_list(kube::kClusterServingRuntimes, "", "");
    co_await fetch_list(kube::kServingRuntimes, "", "");
    co_await fetch_list(kube::kIngressClasses, "", "");
  }

  /// The Services of all registered webhooks.
  Task<void> webhook_services() {
    std::vector<std::pair<std::string, std::string>> services;
    for (const RegisteredWebhook& webhook : registered_webhooks(snapshot_)) {
      const std::pair service{std::string(webhook.service_namespace()), std::string(webhook.service_name())};
      if (service.second.empty() || std::ranges::find(services, service) != services.end()) continue;
      services.push_back(service);
    }
    for (const auto& [ns, name] : services) {
      co_await fetch(kube::kServices, ns, name);
      co_await fetch_list(kube::kEndpointSlices, ns, fmt::format("kubernetes.io/service-name={}", name));
    }
  }

  /// Whether the API server serves them in the version that we use. Every user may read discovery.
  Task<void> optional_kinds() {
    for (const Resource* resource : kOptionalKinds) {
      if (snapshot_.unreachable) co_return;
      const std::string path = fmt::format("/apis/{}", resource->api_version());
      const ApiResult<std::string> answer = co_await client_.get_raw(path, call());
      if (!answer) {
        if (answer.error().is_not_found())
          snapshot_.put_served(*resource, false);
        else
          note(answer.error());
        continue;
      }
      const auto read = Object::read(*answer);
      if (!read) continue;
      const auto is_it = [&](const ObjectView& r) { return r.string("name") == resource->plural; };
      snapshot_.put_served(*resource,
                           std::ranges::any_of(ObjectView(read->value()).list("resources"), is_it));
    }
  }

  Task<void> services() {
    if (snapshot_.unreachable) co_return;
    const auto now = now_of(snapshot_);
    ServiceTally tally;
    const auto count = [&](std::vector<Object> page, bool first, bool) {
      if (first) tally = ServiceTally();
      for (const Object& service : page) tally.add(service.value(), now);
    };
    kube::CallOptions options;
    options.deadline = std::chrono::steady_clock::now() + kServicesTimeouts * options_.timeout;
    const kube::ListOptions which{.page = kServicesPage};
    const kube::PageTaker take = count;
    const auto listed = co_await client_.list_by_page(kube::kInferenceServices, "", which, take, options);
    if (!listed && !listed.error().is_not_found()) {
      note(listed.error());
      snapshot_.put_error(kube::kInferenceServices, "", listed.error());
      co_return;
    }
    snapshot_.services = std::move(tally);
  }

  /// Removes the services whose status is up to date by now: their reconciler was only busy.
  Task<void> recheck_outdated() {
    if (!snapshot_.services) co_return;
    ServiceTally::Group& outdated = snapshot_.services->outdated;
    const std::vector<ServiceTally::Named> first = std::exchange(outdated.first, {});
    for (const ServiceTally::Named& service : first) {
      if (snapshot_.unreachable) co_return;
      const ApiResult<Object> now =
          co_await client_.get(kube::kInferenceServices, service.ns, service.name, call());
      const bool caught_up = now ? !is_outdated(now->value(), now_of(snapshot_)) : now.error().is_not_found();
      if (caught_up) {
        --outdated.count;
      } else {
        outdated.first.push_back(service);
      }
    }
    // The unnamed ones are not read again; they are assumed to be like the named ones.
    if (outdated.first.empty()) outdated.count = 0;
  }

  Task<void> permissions() {
    const bool before = before_installation(snapshot_);
    if (before) {
      for (const Permission& permission : installer_permissions(snapshot_.names)) {
        co_await check_access(kube::kSelfSubjectAccessReviews, "", permission, snapshot_.own_permissions);
      }
      co_return;
    }
    const InstallationNames names = snapshot_.names;
    const std::string webhook = account(names.service);
    const std::string reconciler = account(names.reconciler);
    for (const Permission& permission : webhook_permissions(names, makes_own_certificates(snapshot_))) {
      co_await check_access(kSubjectAccessReviews, webhook, permission, snapshot_.webhook_permissions);
    }
    if (!snapshot_.find(kube::kDeployments, names.ns, names.reconciler)) co_return;
    for (const Permission& permission : reconciler_permissions(names)) {
      co_await check_access(kSubjectAccessReviews, reconciler, permission, snapshot_.reconciler_permissions);
    }
  }

  /// The members of an access review for a ServiceAccount of ours.
  std::string account(const std::string& name) const {
    const std::string& ns = snapshot_.names.ns;
    return fmt::format(R"("user":{},"groups":["system:serviceaccounts",{},"system:authenticated"],)",
                       json_quoted(fmt::format("system:serviceaccount:{}:{}", ns, name)),
                       json_quoted(fmt::format("system:serviceaccounts:{}", ns)));
  }

  /// `who`: the members of the access review that name another user; may be empty.
  Task<void> check_access(const Resource& resource, std::string who, Permission permission,
                          std::vector<PermissionAnswer>& answers) {
    PermissionAnswer answer{.permission = permission, .allowed = std::nullopt};
    if (!snapshot_.unreachable) {
      const std::string body = fmt::format(
          R"({{"apiVersion":{},"kind":{},"spec":{{{}"resourceAttributes":)"
          R"({{"verb":{},"group":{},"resource":{},"subresource":{},"name":{},"namespace":{}}}}}}})",
          json_quoted(resource.api_version()), json_quoted(resource.kind), who, json_quoted(permission.verb),
          json_quoted(permission.group), json_quoted(permission.kind()),
          json_quoted(permission.subresource()), json_quoted(permission.name), json_quoted(permission.ns));
      const ApiResult<Object> review = co_await client_.create(resource, "", body, call());
      if (review) {
        answer.allowed = ObjectView(review->value()).object("status").boolean("allowed").value_or(false);
      } else {
        note(review.error());
        answer.why_unknown = review.error().to_string();
      }
    }
    answers.push_back(std::move(answer));
  }

  Task<void> fetch(const Resource& resource, std::string ns, std::string name) {
    if (snapshot_.unreachable) co_return;
    ApiResult<Object> object = co_await client_.get(resource, ns, name, call());
    if (object) {
      snapshot_.put(resource, std::move(*object));
    } else if (!object.error().is_not_found()) {
      note(object.error());
      snapshot_.put_error(resource, ns, object.error());
    }
  }

  Task<void> fetch_list(const Resource& resource, std::string ns, std::string label_selector) {
    if (snapshot_.unreachable) co_return;
    const kube::ListOptions which{.label_selector = label_selector};
    ApiResult<ObjectList> list = co_await client_.list(resource, ns, which, call());
    if (list) {
      for (Object& object : list->items) snapshot_.put(resource, std::move(object));
    } else if (!list.error().is_not_found()) {  // no such kind: no such objects
      note(list.error());
      snapshot_.put_error(resource, ns, list.error());
    }
  }

  /// All objects of this name, in any namespace.
  Task<void> fetch_by_name(const Resource& resource, std::string name) {
    if (snapshot_.unreachable) co_return;
    const kube::ListOptions which{.field_selector = fmt::format("metadata.name={}", name)};
    ApiResult<ObjectList> list = co_await client_.list(resource, "", which, call());
    if (list) {
      for (Object& object : list->items) snapshot_.put(resource, std::move(object));
    } else {
      note(list.error());
      snapshot_.put_error(resource, kAllNamespaces, list.error());
    }
  }

  Client& client_;
  const DoctorOptions& options_;
  ClusterSnapshot& snapshot_;
  int timeouts_ = 0;
};

// ---- certificates: each with a connection of its own, last

struct Address {
  std::string host, port, server_name;
};

/// The addresses of our webhooks that this machine can reach.
std::vector<Address> addresses_of(const ClusterSnapshot& snapshot, const DoctorOptions& options) {
  std::vector<Address> out;
  const auto add = [&](Address address) {
    const auto same = [&](const Address& a) {
      return a.host == address.host && a.port == address.port && a.server_name == address.server_name;
    };
    if (std::ranges::none_of(out, same)) out.push_back(std::move(address));
  };
  for (const RegisteredWebhook& webhook : our_webhooks(snapshot)) {
    const bool by_url = !webhook.url().empty();
    const std::string service = fmt::format("{}.{}.svc", webhook.service_name(), webhook.service_namespace());
    const auto [url_host, url_port] = host_and_port(webhook.url());
    const std::string server_name = by_url ? url_host : service;
    if (!options.webhook_address.empty()) {
      const auto [host, port] = host_and_port(options.webhook_address);
      add({host, port, server_name});
    } else if (by_url) {
      add({url_host, url_port, server_name});
    } else if (kube::in_cluster()) {
      add({service, std::to_string(webhook.service_port()), server_name});
    }
  }
  return out;
}

void fetch_certificates(const DoctorOptions& options, ClusterSnapshot& snapshot) {
  for (const Address& address : addresses_of(snapshot, options)) {
    snapshot.served.push_back(
        fetch_certificate(address.host, address.port, address.server_name, options.timeout));
  }
  if (!snapshot.served.empty()) return;
  snapshot.certificate_skipped = our_webhooks(snapshot).empty()
                                     ? "no webhook is registered"
                                     : "Pods cannot be reached from outside the cluster";
}

}  // namespace

ClusterSnapshot read_cluster(const kube::ClientConfig& config, const DoctorOptions& options) {
  ClusterSnapshot snapshot;
  snapshot.names = options.names;
  snapshot.preflight = options.preflight;
  snapshot.now = std::chrono::system_clock::now();
  snapshot.server =
      fmt::format("{}://{}:{}{}", config.tls ? "https" : "http", config.host, config.port, config.base_path);
  const kube::ClientOptions client_options{
      .user_agent = "modelgate-doctor", .qps = kCallsPerSecond, .burst = kCallsPerSecond};
  kube::run_with_client(config, client_options, [&](Client& client) -> Task<void> {
    Reader reader(client, options, snapshot);
    co_await reader.run();
  });
  if (!snapshot.unreachable && !snapshot.preflight) fetch_certificates(options, snapshot);
  return snapshot;
}

}  // namespace modelgate::cli
