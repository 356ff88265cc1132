// SPDX-License-Identifier: Apache-2.0
#include "cli/doctor/read_cluster.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "cli/doctor/checks.h"
#include "cli/doctor/permissions.h"
#include "kube/client/client.h"
#include "spec/configuration.h"
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

/// Some two hundred calls, and no reason to spread them.
constexpr double kCallsPerSecond = 400;

/// Services may be large and many; each page of them is counted and let go.
constexpr int kServicesPage = 100;
/// Of `timeout`s, for all pages together: some ten thousand services.
constexpr int kServicesTimeouts = 6;

/// Kinds of others that a check may ask for (doctor_kinds.cc).
constexpr const Resource* kNeighbours[] = {&kube::kHttpRoutes, &kube::kVirtualServices, &kube::kScaledObjects,
                                           &kube::kOpenTelemetryCollectors};

std::string json_quoted(std::string_view text) {
  std::string out;
  spec::append_json(text, out);
  return out;
}

class Reader {
 public:
  Reader(Client& client, const DoctorOptions& options, ClusterPicture& picture)
      : client_(client), options_(options), picture_(picture) {}

  Task<void> run() {
    co_await who_and_when();
    if (picture_.unreachable) co_return;
    co_await many(kube::kMutatingWebhookConfigurations, "", "");
    co_await many(kube::kValidatingWebhookConfigurations, "", "");
    find_namespace();
    co_await installation();
    co_await catalog();
    co_await behind_webhooks();
    co_await neighbours();
    co_await services();
    co_await permissions();
    co_await look_again_at_those_behind();
  }

 private:
  kube::CallOptions call() const { return {.deadline = std::chrono::steady_clock::now() + options_.timeout}; }

  /// An API server that is away is asked no more; one call that takes too long may be that call's fault.
  void note(const ApiError& error) {
    using Kind = ApiError::Kind;
    if (error.kind == Kind::kDeadline) ++late_;
    const bool away = error.kind == Kind::kConnection || error.kind == Kind::kTls || late_ > 1;
    if (away && !picture_.unreachable) picture_.unreachable = error;
  }

  Task<void> who_and_when() {
    const std::string version_path = "/version";
    const ApiResult<std::string> version = co_await client_.get_raw(version_path, call());
    if (!version) {
      picture_.unreachable = version.error();
      co_return;
    }
    if (const auto read = Object::read(*version)) {
      picture_.version = ObjectView(read->value()).string("gitVersion");
    }
    const std::string body = R"({"apiVersion":"authentication.k8s.io/v1","kind":"SelfSubjectReview"})";
    const ApiResult<Object> review = co_await client_.create(kSelfSubjectReviews, "", body, call());
    if (review) {
      const ObjectView view(review->value());
      picture_.user = view.object("status").object("userInfo").string("username");
      if (const auto theirs = read_time(view.object("metadata").string("creationTimestamp"))) {
        // Both without their fractions, so it is right to a second.
        const auto ours = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
        picture_.clock_ahead = *theirs - ours;
      }
    }
    const std::string groups_path = "/apis";
    const ApiResult<std::string> groups = co_await client_.get_raw(groups_path, call());
    if (!groups) co_return;
    if (const auto read = Object::read(*groups)) {
      for (const ObjectView group : ObjectView(read->value()).list("groups")) {
        picture_.groups.emplace_back(group.string("name"));
      }
    }
  }

  /// That of the registered Service, where none was given.
  void find_namespace() {
    if (options_.namespace_given) return;
    for (const RegisteredWebhook& webhook : our_webhooks(picture_)) {
      if (webhook.service_namespace().empty()) continue;
      picture_.names.ns = webhook.service_namespace();
      return;
    }
  }

  Task<void> installation() {
    const InstallationNames names = picture_.names;
    for (const std::string_view crd : kCrds) {
      co_await one(kube::kCustomResourceDefinitions, "", std::string(crd));
    }
    co_await one(kube::kNamespaces, "", names.ns);
    co_await one(kube::kDeployments, names.ns, names.service);
    co_await one(kube::kServices, names.ns, names.service);
    co_await one(kube::kServiceAccounts, names.ns, names.service);
    co_await one(kube::kSecrets, names.ns, names.ca_secret);
    co_await one(kube::kLeases, names.ns, names.lease);
    co_await many(kPodDisruptionBudgets, names.ns, "");
    co_await many(kube::kPods, names.ns, fmt::format("app.kubernetes.io/name={}", names.service));
    co_await one(kube::kDeployments, names.ns, names.reconciler);
    co_await one(kube::kServiceAccounts, names.ns, names.reconciler);
    co_await one(kube::kLeases, names.ns, names.reconciler);
    co_await many(kube::kPods, names.ns, fmt::format("app.kubernetes.io/name={}", names.reconciler));
    co_await everywhere(kube::kDeployments, names.reconciler);
    co_await everywhere(kube::kDeployments, std::string(kKserveController));
    co_await everywhere(kube::kLeases, std::string(kKserveLease));
  }

  Task<void> catalog() {
    co_await one(kube::kConfigMaps, picture_.names.ns, std::string(spec::kConfigMapName));
    co_await many(kube::kClusterServingRuntimes, "", "");
    co_await many(kube::kServingRuntimes, "", "");
    co_await many(kIngressClasses, "", "");
  }

  /// The Services of all webhooks that a check may ask about.
  Task<void> behind_webhooks() {
    std::vector<std::pair<std::string, std::string>> services;
    for (const RegisteredWebhook& webhook : registered_webhooks(picture_)) {
      const std::pair service{std::string(webhook.service_namespace()), std::string(webhook.service_name())};
      if (service.second.empty() || std::ranges::find(services, service) != services.end()) continue;
      services.push_back(service);
    }
    for (const auto& [ns, name] : services) {
      co_await one(kube::kServices, ns, name);
      co_await many(kube::kEndpointSlices, ns, fmt::format("kubernetes.io/service-name={}", name));
    }
  }

  /// Whether the API server serves them in the version that we speak, by its discovery, which all may read.
  Task<void> neighbours() {
    for (const Resource* resource : kNeighbours) {
      if (picture_.unreachable) co_return;
      const std::string path = fmt::format("/apis/{}", resource->api_version());
      const ApiResult<std::string> answer = co_await client_.get_raw(path, call());
      if (!answer) {
        if (answer.error().is_not_found())
          picture_.put_served(*resource, false);
        else
          note(answer.error());
        continue;
      }
      const auto read = Object::read(*answer);
      if (!read) continue;
      const auto is_it = [&](const ObjectView& r) { return r.string("name") == resource->plural; };
      picture_.put_served(*resource, std::ranges::any_of(ObjectView(read->value()).list("resources"), is_it));
    }
  }

  Task<void> services() {
    if (picture_.unreachable) co_return;
    const auto now = now_of(picture_);
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
      picture_.put_error(kube::kInferenceServices, "", listed.error());
      co_return;
    }
    picture_.services = std::move(tally);
  }

  /// A second look, some time after the first: whoever has caught up by now was only busy.
  Task<void> look_again_at_those_behind() {
    if (!picture_.services) co_return;
    ServiceTally::Group& behind = picture_.services->behind;
    const std::vector<ServiceTally::Named> first = std::exchange(behind.first, {});
    for (const ServiceTally::Named& service : first) {
      if (picture_.unreachable) co_return;
      const ApiResult<Object> now =
          co_await client_.get(kube::kInferenceServices, service.ns, service.name, call());
      const bool caught_up = now ? !is_behind(now->value(), now_of(picture_)) : now.error().is_not_found();
      if (caught_up) {
        --behind.count;
      } else {
        behind.first.push_back(service);
      }
    }
    // Those that are not named were not looked at again, and are taken to be as the others are.
    if (behind.first.empty()) behind.count = 0;
  }

  Task<void> permissions() {
    const bool before = before_installation(picture_);
    if (before) {
      for (const Permission& permission : installer_permissions(picture_.names)) {
        co_await ask(kube::kSelfSubjectAccessReviews, "", permission, picture_.own_permissions);
      }
      co_return;
    }
    const InstallationNames names = picture_.names;
    const std::string webhook = account(names.service);
    const std::string reconciler = account(names.reconciler);
    for (const Permission& permission : webhook_permissions(names, makes_own_certificates(picture_))) {
      co_await ask(kSubjectAccessReviews, webhook, permission, picture_.webhook_permissions);
    }
    if (!picture_.find(kube::kDeployments, names.ns, names.reconciler)) co_return;
    for (const Permission& permission : reconciler_permissions(names)) {
      co_await ask(kSubjectAccessReviews, reconciler, permission, picture_.reconciler_permissions);
    }
  }

  /// The members of a review that name a ServiceAccount of ours.
  std::string account(const std::string& name) const {
    const std::string& ns = picture_.names.ns;
    return fmt::format(R"("user":{},"groups":["system:serviceaccounts",{},"system:authenticated"],)",
                       json_quoted(fmt::format("system:serviceaccount:{}:{}", ns, name)),
                       json_quoted(fmt::format("system:serviceaccounts:{}", ns)));
  }

  /// `who`: the members of the review that name somebody else, or nothing.
  Task<void> ask(const Resource& resource, std::string who, Permission permission,
                 std::vector<PermissionAnswer>& answers) {
    PermissionAnswer answer{.permission = permission, .allowed = std::nullopt};
    if (!picture_.unreachable) {
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

  Task<void> one(const Resource& resource, std::string ns, std::string name) {
    if (picture_.unreachable) co_return;
    ApiResult<Object> object = co_await client_.get(resource, ns, name, call());
    if (object) {
      picture_.put(resource, std::move(*object));
    } else if (!object.error().is_not_found()) {
      note(object.error());
      picture_.put_error(resource, ns, object.error());
    }
  }

  Task<void> many(const Resource& resource, std::string ns, std::string label_selector) {
    if (picture_.unreachable) co_return;
    const kube::ListOptions which{.label_selector = label_selector};
    ApiResult<ObjectList> list = co_await client_.list(resource, ns, which, call());
    if (list) {
      for (Object& object : list->items) picture_.put(resource, std::move(object));
    } else if (!list.error().is_not_found()) {  // no such kind: no such objects
      note(list.error());
      picture_.put_error(resource, ns, list.error());
    }
  }

  /// All of this name, in whichever namespaces.
  Task<void> everywhere(const Resource& resource, std::string name) {
    if (picture_.unreachable) co_return;
    const kube::ListOptions which{.field_selector = fmt::format("metadata.name={}", name)};
    ApiResult<ObjectList> list = co_await client_.list(resource, "", which, call());
    if (list) {
      for (Object& object : list->items) picture_.put(resource, std::move(object));
    } else {
      note(list.error());
      picture_.put_error(resource, kAllNamespaces, list.error());
    }
  }

  Client& client_;
  const DoctorOptions& options_;
  ClusterPicture& picture_;
  int late_ = 0;
};

// ---- certificates: each with its own connection, after all else

struct Address {
  std::string host, port, server_name;
};

/// Where webhooks of ours can be reached from here.
std::vector<Address> addresses_of(const ClusterPicture& picture, const DoctorOptions& options) {
  std::vector<Address> out;
  const auto add = [&](Address address) {
    const auto same = [&](const Address& a) {
      return a.host == address.host && a.port == address.port && a.server_name == address.server_name;
    };
    if (std::ranges::none_of(out, same)) out.push_back(std::move(address));
  };
  for (const RegisteredWebhook& webhook : our_webhooks(picture)) {
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

void look_at_certificates(const DoctorOptions& options, ClusterPicture& picture) {
  for (const Address& address : addresses_of(picture, options)) {
    picture.served.push_back(
        fetch_certificate(address.host, address.port, address.server_name, options.timeout));
  }
  if (!picture.served.empty()) return;
  picture.not_served_why = our_webhooks(picture).empty() ? "no webhook is registered"
                                                         : "Pods cannot be reached from outside the cluster";
}

}  // namespace

ClusterPicture read_cluster(const kube::ClientConfig& config, const DoctorOptions& options) {
  ClusterPicture picture;
  picture.names = options.names;
  picture.preflight = options.preflight;
  picture.now = std::chrono::system_clock::now();
  picture.server =
      fmt::format("{}://{}:{}{}", config.tls ? "https" : "http", config.host, config.port, config.base_path);
  const kube::ClientOptions client_options{
      .user_agent = "modelgate-doctor", .qps = kCallsPerSecond, .burst = kCallsPerSecond};
  kube::run_with_client(config, client_options, [&](Client& client) -> Task<void> {
    Reader reader(client, options, picture);
    co_await reader.run();
  });
  if (!picture.unreachable && !picture.preflight) look_at_certificates(options, picture);
  return picture;
}

}  // namespace modelgate::cli
