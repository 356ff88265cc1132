// SPDX-License-Identifier: Apache-2.0
#include "webhook/certificates/registration.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace modelgate::webhook {
namespace {

using kube::SteadyTime;
using kube::Task;
using std::chrono::steady_clock;

// As for a lease: a call that takes longer will not help.
constexpr std::chrono::seconds kCall{5};

// Between writes of one configuration: somebody else who writes it again and again costs little.
constexpr std::chrono::milliseconds kFirstPause{50};
constexpr std::chrono::milliseconds kLongestPause{2000};
constexpr std::chrono::seconds kQuiet{10};

const std::string kEverywhere;  // cluster-scoped: no namespace

kube::CallOptions call(kube::SteadyTime until) {
  return {.deadline = std::min(steady_clock::now() + kCall, until)};
}

std::vector<certs::Certificate> certificates_of(std::string_view pem) {
  auto certificates = certs::read_certificates(pem);
  return certificates ? std::move(*certificates) : std::vector<certs::Certificate>();
}

std::string what(const char* doing, const kube::Resource& resource) {
  return std::string(doing) + " " + std::string(resource.plural);
}

}  // namespace

RegistrationKeeper::Configuration::Configuration(kube::Client& client, const kube::Resource& kind,
                                                 const std::string& name,
                                                 const std::function<void()>& changed)
    : resource(kind), object(client, kind, kEverywhere, name, changed), pause(kFirstPause, kLongestPause) {}

RegistrationKeeper::RegistrationKeeper(kube::Client& client, RegistrationOptions options, Troubles& troubles,
                                       std::function<void()> changed)
    : client_(client),
      options_(std::move(options)),
      troubles_(troubles),
      changed_(std::move(changed)),
      configurations_{
          Configuration(client, kube::kMutatingWebhookConfigurations, options_.name, changed_),
          Configuration(client, kube::kValidatingWebhookConfigurations, options_.name, changed_)} {}

void RegistrationKeeper::start() {
  for (Configuration& configuration : configurations_) configuration.object.start();
}

Task<void> RegistrationKeeper::look() {
  for (std::size_t which = 0; which < configurations_.size(); ++which) {
    if (configurations_[which].object.is_due()) co_await read(which);
  }
  remember();
}

// With managedFields, which tell whether we own anything.
Task<void> RegistrationKeeper::read(std::size_t which) {
  Configuration& configuration = configurations_[which];
  configuration.object.begin_read();
  const std::string path = configuration.resource.path(kEverywhere, options_.name);
  const kube::CallOptions options = call(kube::SteadyTime::max());
  const auto text = co_await client_.get_raw(path, options);
  if (!text && !text.error().is_not_found()) {
    configuration.object.failed();
    troubles_.tell(what("reading", configuration.resource), text.error().to_string());
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
    troubles_.tell(what("reading", configuration.resource), object.error().message);
    co_return;
  }
  troubles_.end(what("reading", configuration.resource));
}

void RegistrationKeeper::take(Configuration& configuration, const kube::Object& object) {
  configuration.object.read(object.resource_version());
  configuration.registered = read_registration(object.value(), {options_.ns, options_.service});
  ++generation_;
}

// Only where both are known: what is not might lack a CA.
void RegistrationKeeper::remember() {
  std::vector<Registration> registered;
  for (const Configuration& configuration : configurations_) {
    if (!configuration.object.is_known()) return;
    if (configuration.registered) registered.push_back(*configuration.registered);
  }
  memory_.look(registered, steady_clock::now());
}

bool RegistrationKeeper::is_to_be_written(std::string_view pem) const {
  const std::vector<certs::Certificate> wanted = certificates_of(pem);
  return !wanted.empty() && std::ranges::any_of(configurations_, [&](const Configuration& configuration) {
    const auto& registered = configuration.registered;
    return registered && steady_clock::now() >= configuration.write_after &&
           (differs(*registered, wanted) || !registered->disowning.empty());
  });
}

Task<void> RegistrationKeeper::write(std::string pem, kube::SteadyTime until) {
  for (std::size_t which = 0; which < configurations_.size(); ++which) co_await write_one(which, pem, until);
  remember();
}

Task<void> RegistrationKeeper::write_one(std::size_t which, std::string_view pem, kube::SteadyTime until) {
  Configuration& configuration = configurations_[which];
  const std::vector<certs::Certificate> wanted = certificates_of(pem);
  if (wanted.empty() || !configuration.registered || steady_clock::now() < configuration.write_after)
    co_return;
  if (!differs(*configuration.registered, wanted) && configuration.registered->disowning.empty()) co_return;
  co_await read(which);
  if (!configuration.object.is_fresh() || !configuration.registered) co_return;
  if (differs(*configuration.registered, wanted)) {
    co_await apply(which, pem, until);
    // What was applied comes back without managedFields.
    if (configuration.object.is_fresh()) co_await read(which);
  }
  if (configuration.object.is_fresh() && configuration.registered &&
      !configuration.registered->disowning.empty()) {
    co_await disown(which, until);
  }
}

Task<void> RegistrationKeeper::apply(std::size_t which, std::string_view pem, kube::SteadyTime until) {
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
      co_await client_.apply(resource, kEverywhere, options_.name, body, manager, true, options);
  if (!written) {
    configuration.object.failed();
    if (!written.error().is_conflict()) {
      troubles_.tell(what("writing caBundle of", resource), written.error().to_string());
    }
    co_return;
  }
  troubles_.end(what("writing caBundle of", resource));
  ++writes_;
  take(configuration, *written);
  log::info("caBundle written", {{"kind", resource.kind}, {"name", options_.name}});
}

Task<void> RegistrationKeeper::disown(std::size_t which, kube::SteadyTime until) {
  Configuration& configuration = configurations_[which];
  const kube::Resource& resource = configuration.resource;
  const std::string body = configuration.registered->disowning;
  const kube::CallOptions options = call(until);
  const auto written = co_await client_.merge_patch(resource, kEverywhere, options_.name, body, options);
  if (!written) {
    configuration.object.failed();
    if (!written.error().is_conflict()) {
      troubles_.tell(what("giving up ownership in", resource), written.error().to_string());
    }
    co_return;
  }
  troubles_.end(what("giving up ownership in", resource));
  take(configuration, *written);
}

std::string RegistrationKeeper::problem_with(const certs::KeyPair& pair, bool empty_will_do) const {
  for (const Configuration& configuration : configurations_) {
    if (!configuration.object.is_known()) return "the registration was not read yet";
    if (!configuration.registered) continue;
    for (const RegisteredWebhook& webhook : configuration.registered->webhooks) {
      if (webhook.bundle.empty() && empty_will_do) continue;
      if (!certs::trusts(webhook.bundle, pair)) {
        return "the caBundle of webhook " + webhook.name + " does not trust it";
      }
    }
  }
  return {};
}

}  // namespace modelgate::webhook
