// SPDX-License-Identifier: Apache-2.0
#include "cli/doctor/registrations.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/doctor/endpoints.h"
#include "cli/doctor/installation.h"
#include "spec/view.h"

namespace modelgate::cli {
namespace {

using spec::ObjectView;
using spec::Value;

constexpr std::string_view kServing = "serving.kserve.io";

/// A path of the webhook (webhook/paths.cc) and the objects that the API server must send to it.
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

/// Seconds. The API allows 30; a webhook that needs more than this blocks writes for too long.
constexpr std::int64_t kLongestTimeout = 15;
/// Seconds; the API's default.
constexpr std::int64_t kDefaultTimeout = 10;

bool has_text(const ObjectView& object, std::string_view member, std::string_view wanted) {
  const Value* list = object.field(member);
  if (!list || !list->IsArray()) return false;
  return std::ranges::any_of(list->GetArray(), [&](const Value& v) {
    return v.IsString() && (spec::text_of(v) == "*" || spec::text_of(v) == wanted);
  });
}

/// What the rules of the webhook lack for `expected`; empty if one of them is complete.
std::string missing_in_rules(const RegisteredWebhook& webhook, const ExpectedWebhook& expected) {
  std::string first = fmt::format("no rule for {}", expected.resource);
  for (const ObjectView rule : ObjectView(webhook.value).list("rules")) {
    if (!has_text(rule, "apiGroups", expected.group) || !has_text(rule, "resources", expected.resource))
      continue;
    if (!has_text(rule, "apiVersions", expected.version)) {
      first = fmt::format("its rule for {} lacks version {}", expected.resource, expected.version);
    } else if (!has_text(rule, "operations", "CREATE")) {
      first = fmt::format("its rule for {} lacks CREATE", expected.resource);
    } else if (expected.updates && !has_text(rule, "operations", "UPDATE")) {
      first = fmt::format("its rule for {} lacks UPDATE", expected.resource);
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
  const std::string missing = missing_in_rules(*it, expected);
  if (missing.empty()) return;
  out.error({.about = it->to_string(),
             .found = missing,
             .cause = fmt::format("such {} are stored without being {}", expected.resource, verb),
             .remedy = "apply the registration again",
             .command = std::string(kInstallCommand)});
}

void check_target(const RegisteredWebhook& webhook, const ClusterSnapshot& snapshot, Findings& out) {
  if (!webhook.url().empty()) return;
  const std::string_view ns = webhook.service_namespace();
  const std::string_view name = webhook.service_name();
  if (snapshot.error_about(kube::kServices, ns)) return;
  const ObjectView service(snapshot.find(kube::kServices, ns, name));
  const std::string refused =
      fmt::format("every write of these objects fails: failed calling webhook \"{}\"", webhook.name());
  if (!service) {
    return out.error(
        {.about = webhook.to_string(),
         .found = fmt::format("Service {}/{} does not exist", ns, name),
         .cause = refused + ": service not found",
         .remedy = "apply the installation again, or delete the registration if the webhook was removed",
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

/// Whether the selector excludes Pods of no InferenceService.
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
    out.push_back({"failurePolicy is Ignore",
                   "while the webhook is unavailable, objects are stored without review",
                   "set it to Fail: the webhook has several replicas"});
  }
  const std::int64_t timeout = view.integer("timeoutSeconds").value_or(kDefaultTimeout);
  if (timeout > kLongestTimeout) {
    out.push_back(
        {fmt::format("timeoutSeconds is {}", timeout),
         "if the webhook hangs, each write waits this long, and the API server's own deadline is 34 s",
         "5 for services and runtimes, 10 for Pods"});
  }
  if (timeout < 2) {
    out.push_back({fmt::format("timeoutSeconds is {}", timeout),
                   "a short delay fails writes: context deadline exceeded",
                   "5 for services and runtimes, 10 for Pods"});
  }
  if (const auto effects = view.string("sideEffects"); effects != "None" && effects != "NoneOnDryRun") {
    out.push_back({fmt::format("sideEffects is {}", effects),
                   "kubectl apply --dry-run=server and kubectl diff fail",
                   "set it to None: a review writes nothing"});
  }
  if (view.optional_string("matchPolicy").value_or("Equivalent") == "Exact") {
    out.push_back({"matchPolicy is Exact", "objects written in another version of the API are not reviewed",
                   "set it to Equivalent"});
  }
  if (webhook.path() == "/mutate-pods" && !selects_by_service_label(view)) {
    out.push_back(
        {"it has no objectSelector for the label serving.kserve.io/inferenceservice",
         "every Pod of the cluster depends on this webhook, and none starts while it is unavailable",
         "select Pods with the label, as deploy/ does"});
  }
  return out;
}

// ---- others

/// A kind that we review.
struct ReviewedResource {
  std::string_view group, resource;
};
constexpr ReviewedResource kReviewed[] = {{kServing, "inferenceservices"},
                                          {kServing, "servingruntimes"},
                                          {kServing, "clusterservingruntimes"},
                                          {"", "pods"}};

const ReviewedResource* reviewed_resource_of(const RegisteredWebhook& webhook) {
  const auto* it = std::ranges::find_if(
      kReviewed, [&](const ReviewedResource& s) { return webhook.matches(s.group, s.resource); });
  return it == std::end(kReviewed) ? nullptr : it;
}

/// Why the webhook cannot answer; empty if it can, or if that is unknown.
std::string unavailable_reason(const RegisteredWebhook& webhook, const ClusterSnapshot& snapshot) {
  if (!webhook.url().empty()) return {};
  const std::string_view ns = webhook.service_namespace();
  const std::string_view name = webhook.service_name();
  if (snapshot.error_about(kube::kServices, ns) || snapshot.error_about(kube::kEndpointSlices, ns)) return {};
  if (!snapshot.find(kube::kServices, ns, name)) return fmt::format("Service {}/{} does not exist", ns, name);
  if (endpoints_of(snapshot, ns, name).ready == 0) {
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

/// Our webhooks match only labelled namespaces: another one may serve the rest
/// (deploy/overlays/beside-kserve).
bool selects_by_namespace_label(const ClusterSnapshot& snapshot) {
  return std::ranges::any_of(our_webhooks(snapshot), [](const RegisteredWebhook& webhook) {
    const ObjectView selector = ObjectView(webhook.value).object("namespaceSelector");
    if (selector.has("matchLabels")) return true;
    return std::ranges::any_of(selector.list("matchExpressions"), [](const ObjectView& e) {
      return e.string("operator") == "In" || e.string("operator") == "Exists";
    });
  });
}

void check_other(const RegisteredWebhook& webhook, const ReviewedResource& shared, bool before,
                 const ClusterSnapshot& snapshot, Findings& out) {
  const std::string down = unavailable_reason(webhook, snapshot);
  const bool closed = webhook.failure_policy() == "Fail";
  const bool serving = shared.group == kServing;
  if (!down.empty() && closed) {
    Details details{
        .about = webhook.to_string(),
        .found = fmt::format("{}, and its failurePolicy is Fail", down),
        .cause = fmt::format("writes of {} fail{}: failed calling webhook \"{}\"", shared.resource,
                             is_limited(webhook) ? " if its selectors match" : "", webhook.name()),
        .remedy = "start that system again, or delete its registration if it was removed",
        .command = fmt::format("kubectl delete {} {}", webhook.configuration_kind, webhook.configuration)};
    return serving || !is_limited(webhook) ? out.error(std::move(details)) : out.warning(std::move(details));
  }
  if (!serving) return;  // many systems review Pods; one that answers is no problem
  if (before) {
    return out.info(
        {.about = webhook.to_string(),
         .found = fmt::format("KServe, or a similar system, reviews {}", shared.resource),
         .cause = "two webhooks that default the same objects revert each other's values",
         .remedy =
             "replace KServe with deploy/overlays/in-place-of-kserve, which deletes nothing of KServe's, "
             "and delete this registration afterwards"});
  }
  if (selects_by_namespace_label(snapshot)) {
    return out.info({.about = webhook.to_string(),
                     .found = fmt::format("{} also reviews {}; our webhook reviews only labelled namespaces",
                                          webhook.target(), shared.resource)});
  }
  out.warning(
      {.about = webhook.to_string(),
       .found = fmt::format("{} also reviews {}", webhook.target(), shared.resource),
       .cause =
           "two webhooks that default the same objects revert each other's values, and a write needs both",
       .remedy = "delete its registration when you no longer need KServe's controller",
       .command = fmt::format("kubectl delete {} {}", webhook.configuration_kind, webhook.configuration)});
}

}  // namespace

void check_registration(const ClusterSnapshot& snapshot, Findings& out) {
  bool complete = true;
  for (const kube::Resource* resource :
       {&kube::kMutatingWebhookConfigurations, &kube::kValidatingWebhookConfigurations}) {
    if (!out.could_read(snapshot, *resource)) return;
    if (snapshot.find(*resource, {}, snapshot.names.registration)) continue;
    complete = false;
    out.error({.about = fmt::format("{}/{}", resource->kind, snapshot.names.registration),
               .found = "does not exist",
               .cause = resource == &kube::kMutatingWebhookConfigurations
                            ? "objects are stored without being defaulted"
                            : "objects are stored without being validated",
               .remedy = "apply the installation again, or name it with --registration",
               .command = std::string(kInstallCommand)});
  }
  const std::vector<RegisteredWebhook> ours = our_webhooks(snapshot);
  for (const ExpectedWebhook& expected : kExpected) {
    if (complete) check_path(expected, ours, out);
  }
  for (const RegisteredWebhook& webhook : ours) {
    check_target(webhook, snapshot, out);
    const bool known =
        std::ranges::any_of(kExpected, [&](const auto& e) { return e.path == webhook.path(); });
    if (known) continue;
    out.error({.about = webhook.to_string(),
               .found = fmt::format("the webhook has no path {}", webhook.path()),
               .cause = "each call gets a 404, and with failurePolicy Fail each write fails",
               .remedy = "apply the registration again, or remove this entry from it",
               .command = std::string(kInstallCommand)});
  }
}

void check_registration_settings(const ClusterSnapshot& snapshot, Findings& out) {
  const std::vector<RegisteredWebhook> ours = our_webhooks(snapshot);
  if (ours.empty()) return out.skipped({.found = "no webhook of ours is registered"});
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

void check_other_webhooks(const ClusterSnapshot& snapshot, Findings& out) {
  if (!out.could_read(snapshot, kube::kMutatingWebhookConfigurations) ||
      !out.could_read(snapshot, kube::kValidatingWebhookConfigurations)) {
    return;
  }
  const bool before = before_installation(snapshot);
  for (const RegisteredWebhook& webhook : registered_webhooks(snapshot)) {
    if (webhook.configuration == snapshot.names.registration) continue;
    if (const ReviewedResource* shared = reviewed_resource_of(webhook))
      check_other(webhook, *shared, before, snapshot, out);
  }
}

}  // namespace modelgate::cli
