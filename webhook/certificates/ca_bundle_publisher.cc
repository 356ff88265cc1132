// SPDX-License-Identifier: Apache-2.0
#include "webhook/certificates/ca_bundle_publisher.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace modelgate::webhook {
namespace {

using kube::SteadyTime;
using kube::Task;
using std::chrono::steady_clock;

/// As for a lease: a call that takes longer does not help.
constexpr std::chrono::seconds kCallTime{5};

/// Between writes of one configuration, so that another controller that keeps changing it costs little. After
/// kQuiet without a write the pause is the first one again.
constexpr std::chrono::milliseconds kFirstPause{50};
constexpr std::chrono::milliseconds kLongestPause{2000};
constexpr std::chrono::seconds kQuiet{10};

const std::string kClusterScope;  // no namespace

kube::CallOptions call(kube::SteadyTime until) {
  return {.deadline = std::min(steady_clock::now() + kCallTime, until)};
}

std::vector<certs::Certificate> certificates_of(std::string_view pem) {
  auto certificates = certs::read_certificates(pem);
  return certificates ? std::move(*certificates) : std::vector<certs::Certificate>();
}

std::string action(const char* verb, const kube::Resource& resource) {
  return std::string(verb) + " " + std::string(resource.plural);
}

}  // namespace

CaBundlePublisher::Configuration::Configuration(kube::Client& client, const kube::Resource& kind,
                                                const std::string& name,
                                                const std::function<void()>& on_change)
    : resource(kind),
      object(client, kind, kClusterScope, name, on_change),
      pause(kFirstPause, kLongestPause) {}

CaBundlePublisher::CaBundlePublisher(kube::Client& client, CaBundlePublisherOptions options,
                                     FailureLog& failures, std::function<void()> on_change)
    : client_(client),
      options_(std::move(options)),
      failures_(failures),
      on_change_(std::move(on_change)),
      configurations_{
          Configuration(client, kube::kMutatingWebhookConfigurations, options_.name, on_change_),
          Configuration(client, kube::kValidatingWebhookConfigurations, options_.name, on_change_)} {}

void CaBundlePublisher::start() {
  for (Configuration& configuration : configurations_) configuration.object.start();
}

Task<void> CaBundlePublisher::refresh() {
  for (std::size_t which = 0; which < configurations_.size(); ++which) {
    if (configurations_[which].object.is_due()) co_await read(which);
  }
  update_history();
}

/// With managedFields, which show whether we own fields.
Task<void> CaBundlePublisher::read(std::size_t which) {
  Configuration& configuration = configurations_[which];
  configuration.object.begin_read();
  const std::string path = configuration.resource.path(kClusterScope, options_.name);
  const kube::CallOptions options = call(kube::SteadyTime::max());
  const auto text = co_await client_.get_raw(path, options);
  if (!text && !text.error().is_not_found()) {
    configuration.object.failed();
    failures_.failed(action("reading", configuration.resource), text.error().to_string());
    co_return;
  }
  spec::ParseOptions with_managers;
  with_managers.skip_managed_fields = false;
  if (!text) {
    configuration.object.read({});
    configuration.registered.reset();
    ++generation_;
  } else if (const auto object = kube::Object::read(*text, with_managers)) {
    take(configuration, *object);
  } else {
    configuration.object.failed();
    failures_.failed(action("reading", configuration.resource), object.error().message);
    co_return;
  }
  failures_.succeeded(action("reading", configuration.resource));
}

void CaBundlePublisher::take(Configuration& configuration, const kube::Object& object) {
  configuration.object.read(object.resource_version());
  configuration.registered = read_registration(object.value(), {options_.ns, options_.service});
  ++generation_;
}

/// Only if both are known: an unknown one might lack a CA.
void CaBundlePublisher::update_history() {
  std::vector<Registration> registered;
  for (const Configuration& configuration : configurations_) {
    if (!configuration.object.is_known()) return;
    if (configuration.registered) registered.push_back(*configuration.registered);
  }
  history_.observe(registered, steady_clock::now());
}

bool CaBundlePublisher::needs_write(std::string_view pem) const {
  const std::vector<certs::Certificate> desired = certificates_of(pem);
  return !desired.empty() && std::ranges::any_of(configurations_, [&](const Configuration& configuration) {
    const auto& registered = configuration.registered;
    return registered && steady_clock::now() >= configuration.write_after &&
           (differs(*registered, desired) || !registered->release_patch.empty());
  });
}

Task<void> CaBundlePublisher::write(std::string pem, kube::SteadyTime until) {
  for (std::size_t which = 0; which < configurations_.size(); ++which) co_await write_one(which, pem, until);
  update_history();
}

Task<void> CaBundlePublisher::write_one(std::size_t which, std::string_view pem, kube::SteadyTime until) {
  Configuration& configuration = configurations_[which];
  const std::vector<certs::Certificate> desired = certificates_of(pem);
  if (desired.empty() || !configuration.registered || steady_clock::now() < configuration.write_after)
    co_return;
  if (!differs(*configuration.registered, desired) && configuration.registered->release_patch.empty())
    co_return;
  co_await read(which);
  if (!configuration.object.is_fresh() || !configuration.registered) co_return;
  if (differs(*configuration.registered, desired)) {
    co_await apply(which, pem, until);
    // The reply to an apply has no managedFields.
    if (configuration.object.is_fresh()) co_await read(which);
  }
  if (configuration.object.is_fresh() && configuration.registered &&
      !configuration.registered->release_patch.empty()) {
    co_await release_ownership(which, until);
  }
}

Task<void> CaBundlePublisher::apply(std::size_t which, std::string_view pem, kube::SteadyTime until) {
  Configuration& configuration = configurations_[which];
  const kube::SteadyTime now = steady_clock::now();
  if (now - configuration.written_at > kQuiet) configuration.pause.reset();
  configuration.written_at = now;
  configuration.write_after = now + configuration.pause.next();

  const kube::Resource& resource = configuration.resource;
  const std::string body = bundle_patch(resource.kind, *configuration.registered, pem);
  const std::string manager(kBundleManager);
  const kube::CallOptions options = call(until);
  const auto written =
      co_await client_.apply(resource, kClusterScope, options_.name, body, manager, true, options);
  if (!written) {
    configuration.object.failed();
    if (!written.error().is_conflict()) {
      failures_.failed(action("writing caBundle of", resource), written.error().to_string());
    }
    co_return;
  }
  failures_.succeeded(action("writing caBundle of", resource));
  ++writes_;
  take(configuration, *written);
  log::info("caBundle written", {{"kind", resource.kind}, {"name", options_.name}});
}

Task<void> CaBundlePublisher::release_ownership(std::size_t which, kube::SteadyTime until) {
  Configuration& configuration = configurations_[which];
  const kube::Resource& resource = configuration.resource;
  const std::string body = configuration.registered->release_patch;
  const kube::CallOptions options = call(until);
  const auto written = co_await client_.merge_patch(resource, kClusterScope, options_.name, body, options);
  if (!written) {
    configuration.object.failed();
    if (!written.error().is_conflict()) {
      failures_.failed(action("releasing ownership in", resource), written.error().to_string());
    }
    co_return;
  }
  failures_.succeeded(action("releasing ownership in", resource));
  take(configuration, *written);
}

std::string CaBundlePublisher::problem_of(const certs::KeyPair& pair, bool allow_empty) const {
  for (const Configuration& configuration : configurations_) {
    if (!configuration.object.is_known()) return "the registration has not been read yet";
    if (!configuration.registered) continue;
    for (const RegisteredWebhook& webhook : configuration.registered->webhooks) {
      if (webhook.bundle.empty() && allow_empty) continue;
      if (!certs::trusts(webhook.bundle, pair)) {
        return "the caBundle of webhook " + webhook.name + " does not trust it";
      }
    }
  }
  return {};
}

}  // namespace modelgate::webhook
