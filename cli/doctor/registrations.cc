// SPDX-License-Identifier: Apache-2.0
//
// What the API server is told about us, and about others on the same objects.
#include <fmt/format.h>

#include <algorithm>

#include "cli/doctor/checks.h"
#include "spec/view.h"

namespace modelgate::cli {
namespace {

using spec::ObjectView;
using spec::Value;

constexpr std::string_view kServing = "serving.kserve.io";

/// A path of the webhook (webhook/paths.cc) and what is to be sent to it.
struct ExpectedWebhook {
  bool mutating;
  std::string_view path;
  std::string_view group, version, resource;
  bool updates;  // else creates only
};

constexpr ExpectedWebhook kExpected[] = {
    {true, "/mutate-serving-kserve-io-v1beta1-inferenceservice", kServing, "v1beta1", "inferenceservices",
     true},
    {true, "/mutate-pods", "", "v1", "pods", false},
    {false, "/validate-serving-kserve-io-v1beta1-inferenceservice", kServing, "v1beta1", "inferenceservices",
     true},
    {false, "/validate-serving-kserve-io-v1alpha1-servingruntime", kServing, "v1alpha1", "servingruntimes",
     true},
    {false, "/validate-serving-kserve-io-v1alpha1-clusterservingruntime", kServing, "v1alpha1",
     "clusterservingruntimes", true},
};

/// A webhook that takes longer is not worth waiting for; the API allows 30.
constexpr std::int64_t kLongestTimeout = 15;
/// The API server's own default, and the API's.
constexpr std::int64_t kDefaultTimeout = 10;

bool has_text(const ObjectView& object, std::string_view member, std::string_view wanted) {
  const Value* list = object.field(member);
  if (!list || !list->IsArray()) return false;
  return std::ranges::any_of(list->GetArray(), [&](const Value& v) {
    return v.IsString() && (spec::text_of(v) == "*" || spec::text_of(v) == wanted);
  });
}

/// What a rule of the webhook lacks for `expected`; empty where one lacks nothing.
std::string lacks(const RegisteredWebhook& webhook, const ExpectedWebhook& expected) {
  std::string first = fmt::format("no rule for {}", expected.resource);
  for (const ObjectView rule : ObjectView(webhook.value).list("rules")) {
    if (!has_text(rule, "apiGroups", expected.group) || !has_text(rule, "resources", expected.resource))
      continue;
    if (!has_text(rule, "apiVersions", expected.version)) {
      first = fmt::format("its rule for {} leaves out version {}", expected.resource, expected.version);
    } else if (!has_text(rule, "operations", "CREATE")) {
      first = fmt::format("its rule for {} leaves out CREATE", expected.resource);
    } else if (expected.updates && !has_text(rule, "operations", "UPDATE")) {
      first = fmt::format("its rule for {} leaves out UPDATE", expected.resource);
    } else {
      return {};
    }
  }
  return first;
}

void check_path(const ExpectedWebhook& expected, const std::vector<RegisteredWebhook>& ours, Findings& out) {
  const auto it = std::ranges::find_if(ours, [&](const RegisteredWebhook& w) {
    return w.path() == expected.path && w.mutating() == expected.mutating;
  });
  const std::string_view verb = expected.mutating ? "defaulted" : "validated";
  if (it == ours.end()) {
    return out.error(
        {.about = fmt::format("{}WebhookConfiguration", expected.mutating ? "Mutating" : "Validating"),
         .found = fmt::format("no webhook with the path {}", expected.path),
         .cause = fmt::format("{} are stored without being {}", expected.resource, verb),
         .remedy = "apply the registration again",
         .command = std::string(kInstallCommand)});
  }
  const std::string lack = lacks(*it, expected);
  if (lack.empty()) return;
  out.error({.about = it->to_string(),
             .found = lack,
             .cause = fmt::format("such {} are stored without being {}", expected.resource, verb),
             .remedy = "apply the registration again",
             .command = std::string(kInstallCommand)});
}

void check_target(const RegisteredWebhook& webhook, const ClusterPicture& picture, Findings& out) {
  if (!webhook.url().empty()) return;
  const std::string_view ns = webhook.service_namespace();
  const std::string_view name = webhook.service_name();
  if (picture.error_about(kube::kServices, ns)) return;
  const ObjectView service(picture.find(kube::kServices, ns, name));
  const std::string refused =
      fmt::format("every write of these objects fails: failed calling webhook \"{}\"", webhook.name());
  if (!service) {
    return out.error(
        {.about = webhook.to_string(),
         .found = fmt::format("Service {}/{} is not there", ns, name),
         .cause = refused + ": service not found",
         .remedy = "apply the installation again, or delete the registration of one that is gone",
         .command = fmt::format("{}\nkubectl delete {} {}", kInstallCommand, webhook.configuration_kind,
                                webhook.configuration)});
  }
  const auto ports = service.object("spec").list("ports");
  const bool has_port = std::ranges::any_of(
      ports, [&](const ObjectView& port) { return port.integer("port") == webhook.service_port(); });
  if (has_port) return;
  out.error({.about = webhook.to_string(),
             .found = fmt::format("Service {}/{} has no port {}", ns, name, webhook.service_port()),
             .cause = refused,
             .remedy = "apply the installation again",
             .command = std::string(kInstallCommand)});
}

// ---- settings

struct Setting {
  std::string found, cause, remedy;
};

/// Whether the selector leaves out what it must be able to leave out.
bool selects_by_service_label(const ObjectView& webhook) {
  constexpr std::string_view kLabel = "serving.kserve.io/inferenceservice";
  const ObjectView selector = webhook.object("objectSelector");
  if (selector.object("matchLabels").has(kLabel)) return true;
  return std::ranges::any_of(selector.list("matchExpressions"),
                             [&](const ObjectView& e) { return e.string("key") == kLabel; });
}

std::vector<Setting> settings_of(const RegisteredWebhook& webhook) {
  const ObjectView view(webhook.value);
  std::vector<Setting> out;
  if (webhook.failure_policy() == "Ignore") {
    out.push_back({"failurePolicy is Ignore", "while the webhook is away, objects are stored unreviewed",
                   "set it to Fail: the webhook runs in several replicas"});
  }
  const std::int64_t timeout = view.integer("timeoutSeconds").value_or(kDefaultTimeout);
  if (timeout > kLongestTimeout) {
    out.push_back(
        {fmt::format("timeoutSeconds is {}", timeout),
         "each write waits as long as this when the webhook hangs, and the API server's own deadline is 34 s",
         "5 for services and runtimes, 10 for Pods"});
  }
  if (timeout < 2) {
    out.push_back({fmt::format("timeoutSeconds is {}", timeout),
                   "a slow moment of the API server refuses writes: context deadline exceeded",
                   "5 for services and runtimes, 10 for Pods"});
  }
  if (const auto effects = view.string("sideEffects"); effects != "None" && effects != "NoneOnDryRun") {
    out.push_back({fmt::format("sideEffects is {}", effects),
                   "kubectl apply --dry-run=server and kubectl diff fail", "None: a review writes nothing"});
  }
  if (view.optional_string("matchPolicy").value_or("Equivalent") == "Exact") {
    out.push_back({"matchPolicy is Exact", "objects written in another version of the API are not reviewed",
                   "set it to Equivalent"});
  }
  if (webhook.path() == "/mutate-pods" && !selects_by_service_label(view)) {
    out.push_back({"it has no objectSelector for the label serving.kserve.io/inferenceservice",
                   "every Pod of the cluster waits for this webhook, and none starts while it is away",
                   "select Pods that have the label, as deploy/ does"});
  }
  return out;
}

// ---- others

/// Objects that we review.
struct Shared {
  std::string_view group, resource;
};
constexpr Shared kShared[] = {{kServing, "inferenceservices"},
                              {kServing, "servingruntimes"},
                              {kServing, "clusterservingruntimes"},
                              {"", "pods"}};

const Shared* shared_with(const RegisteredWebhook& webhook) {
  const auto* it =
      std::ranges::find_if(kShared, [&](const Shared& s) { return webhook.takes(s.group, s.resource); });
  return it == std::end(kShared) ? nullptr : it;
}

/// Why nobody answers there; empty where somebody does, or where it is not known.
std::string why_down(const RegisteredWebhook& webhook, const ClusterPicture& picture) {
  if (!webhook.url().empty()) return {};
  const std::string_view ns = webhook.service_namespace();
  const std::string_view name = webhook.service_name();
  if (picture.error_about(kube::kServices, ns) || picture.error_about(kube::kEndpointSlices, ns)) return {};
  if (!picture.find(kube::kServices, ns, name)) return fmt::format("Service {}/{} is not there", ns, name);
  if (endpoints_of(picture, ns, name).ready == 0) {
    return fmt::format("Service {}/{} has no ready endpoint", ns, name);
  }
  return {};
}

bool is_limited(const RegisteredWebhook& webhook) {
  const ObjectView view(webhook.value);
  for (const char* selector : {"namespaceSelector", "objectSelector"}) {
    const Value* value = view.field(selector);
    if (value && value->IsObject() && !value->ObjectEmpty()) return true;
  }
  return !view.list("matchConditions").empty();
}

/// Ours are asked only where a label says so: another may stay for the rest (deploy/overlays/beside-kserve).
bool share_by_label(const ClusterPicture& picture) {
  return std::ranges::any_of(our_webhooks(picture), [](const RegisteredWebhook& webhook) {
    const ObjectView selector = ObjectView(webhook.value).object("namespaceSelector");
    if (selector.has("matchLabels")) return true;
    return std::ranges::any_of(selector.list("matchExpressions"), [](const ObjectView& e) {
      return e.string("operator") == "In" || e.string("operator") == "Exists";
    });
  });
}

void check_other(const RegisteredWebhook& webhook, const Shared& shared, bool before,
                 const ClusterPicture& picture, Findings& out) {
  const std::string down = why_down(webhook, picture);
  const bool closed = webhook.failure_policy() == "Fail";
  const bool serving = shared.group == kServing;
  if (!down.empty() && closed) {
    Words words{
        .about = webhook.to_string(),
        .found = fmt::format("{}, and its failurePolicy is Fail", down),
        .cause = fmt::format("writes of {} fail{}: failed calling webhook \"{}\"", shared.resource,
                             is_limited(webhook) ? ", where its selectors take them in" : "", webhook.name()),
        .remedy = "bring that system up again, or delete its registration if it is gone for good",
        .command = fmt::format("kubectl delete {} {}", webhook.configuration_kind, webhook.configuration)};
    return serving || !is_limited(webhook) ? out.error(std::move(words)) : out.warning(std::move(words));
  }
  if (!serving) return;  // many systems look at Pods, and one that answers is no concern of ours
  if (before) {
    return out.info(
        {.about = webhook.to_string(),
         .found = fmt::format("KServe, or something like it, reviews {}", shared.resource),
         .cause = "two that fill in defaults for the same objects undo each other's",
         .remedy =
             "take its place with deploy/overlays/in-place-of-kserve, which deletes nothing of KServe's, "
             "and delete this registration afterwards"});
  }
  if (share_by_label(picture)) {
    return out.info(
        {.about = webhook.to_string(),
         .found = fmt::format("{} is asked about {} too, ours only where a namespace's label says so",
                              webhook.target(), shared.resource)});
  }
  out.warning(
      {.about = webhook.to_string(),
       .found = fmt::format("{} is asked about {} too", webhook.target(), shared.resource),
       .cause = "two that fill in defaults for the same objects undo each other's, and both must be up for a "
                "write",
       .remedy = "once KServe's controller is no longer wanted, delete its registration",
       .command = fmt::format("kubectl delete {} {}", webhook.configuration_kind, webhook.configuration)});
}

}  // namespace

void check_registration(const ClusterPicture& picture, Findings& out) {
  bool complete = true;
  for (const kube::Resource* resource :
       {&kube::kMutatingWebhookConfigurations, &kube::kValidatingWebhookConfigurations}) {
    if (!out.could_read(picture, *resource)) return;
    if (picture.find(*resource, {}, picture.names.registration)) continue;
    complete = false;
    out.error({.about = fmt::format("{}/{}", resource->kind, picture.names.registration),
               .found = "it is not there",
               .cause = resource == &kube::kMutatingWebhookConfigurations
                            ? "objects are stored without being defaulted"
                            : "objects are stored without being validated",
               .remedy = "apply the installation again, or name it with --registration",
               .command = std::string(kInstallCommand)});
  }
  const std::vector<RegisteredWebhook> ours = our_webhooks(picture);
  for (const ExpectedWebhook& expected : kExpected) {
    if (complete) check_path(expected, ours, out);
  }
  for (const RegisteredWebhook& webhook : ours) {
    check_target(webhook, picture, out);
    const bool known =
        std::ranges::any_of(kExpected, [&](const auto& e) { return e.path == webhook.path(); });
    if (known) continue;
    out.error({.about = webhook.to_string(),
               .found = fmt::format("the path {} is none of the webhook's", webhook.path()),
               .cause = "each call is answered with 404, and with failurePolicy Fail each write is refused",
               .remedy = "apply the registration again, or take this entry out of it",
               .command = std::string(kInstallCommand)});
  }
}

void check_registration_settings(const ClusterPicture& picture, Findings& out) {
  const std::vector<RegisteredWebhook> ours = our_webhooks(picture);
  if (ours.empty()) return out.skipped({.found = "no webhook of ours is known to be registered"});
  for (const RegisteredWebhook& webhook : ours) {
    for (Setting& setting : settings_of(webhook)) {
      out.warning({.about = webhook.to_string(),
                   .found = std::move(setting.found),
                   .cause = std::move(setting.cause),
                   .remedy = std::move(setting.remedy),
                   .command = std::string(kInstallCommand)});
    }
  }
}

void check_other_webhooks(const ClusterPicture& picture, Findings& out) {
  if (!out.could_read(picture, kube::kMutatingWebhookConfigurations) ||
      !out.could_read(picture, kube::kValidatingWebhookConfigurations)) {
    return;
  }
  const bool before = before_installation(picture);
  for (const RegisteredWebhook& webhook : registered_webhooks(picture)) {
    if (webhook.configuration == picture.names.registration) continue;
    if (const Shared* shared = shared_with(webhook)) check_other(webhook, *shared, before, picture, out);
  }
}

}  // namespace modelgate::cli
