// SPDX-License-Identifier: Apache-2.0
#include "webhook/cluster_options.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <initializer_list>
#include <utility>

namespace modelgate::webhook {
namespace {

std::string environment(const char* name) {
  const char* const value = std::getenv(name);
  return value ? value : "";
}

// The first that says something.
std::string first_of(std::initializer_list<std::string> texts) {
  const auto* found = std::ranges::find_if(texts, [](const std::string& text) { return !text.empty(); });
  return found == texts.end() ? std::string() : *found;
}

std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

}  // namespace

bool wants_cluster(const Flags& flags) {
  if (!flags.manifests.empty()) return false;
  return !flags.cluster.kubeconfig.empty() || !flags.cluster.context.empty() || kube::in_cluster();
}

std::expected<ClusterOptions, std::string> cluster_options(const Flags& flags) {
  const ClusterFlags& from = flags.cluster;
  kube::ConfigSources sources;
  sources.kubeconfig = from.kubeconfig;
  sources.context = from.context;
  auto config = kube::load_client_config(sources);
  if (!config) return std::unexpected("--kubeconfig, --kube-context: " + config.error());
  const std::string ns = first_of({from.ns, environment("POD_NAMESPACE"), config->namespace_, "kserve"});
  const auto seconds = [](std::chrono::nanoseconds time) {
    return duration_cast<std::chrono::seconds>(time);
  };
  const bool files = !flags.cert_directory.empty();
  ClusterOptions options;
  options.config = std::move(*config);
  options.client = {.user_agent = "modelgate-webhook/" MODELGATE_VERSION,
                    .qps = static_cast<double>(from.qps),
                    .burst = static_cast<double>(from.burst)};
  options.catalog.ns = ns;
  options.catalog.builtin_runtimes = from.builtin_runtimes;
  options.certificates = {.ns = ns,
                          .service = from.service_name,
                          .registration = from.registration,
                          .secret = from.ca_secret,
                          .hosts = flags.cert_hosts,
                          .patch_ca_bundle = from.patch_ca_bundle.value_or(!files),
                          .rotation = {.ca_lifetime = seconds(from.ca_lifetime),
                                       .leaf_lifetime = seconds(from.leaf_lifetime),
                                       .propagation = seconds(from.ca_propagation)},
                          .pair_from_files = files};
  if (files && options.certificates.patch_ca_bundle) {
    options.certificates.ca_file = flags.cert_directory + "/ca.crt";
  }
  options.lease = from.lease;
  options.instance = first_of({environment("POD_NAME"), host_name(), "modelgate-webhook"});
  const std::string wrong = certs::check(options.certificates.rotation);
  if (!wrong.empty()) return std::unexpected("--ca-lifetime, --leaf-lifetime, --ca-propagation: " + wrong);
  return options;
}

}  // namespace modelgate::webhook
