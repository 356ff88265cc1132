// SPDX-License-Identifier: Apache-2.0
#include "webhook/cluster_options.h"

#include <chrono>
#include <utility>

namespace modelgate::webhook {

bool runs_in_cluster(const Flags& flags) {
  if (!flags.manifests.empty()) return false;
  return !flags.cluster.kubeconfig.empty() || !flags.cluster.context.empty() || kube::in_cluster();
}

std::expected<ClusterOptions, std::string> cluster_options(const Flags& flags) {
  const ClusterFlags& from = flags.cluster;
  auto connection = kube::connection(from, "modelgate-webhook");
  if (!connection) return std::unexpected(connection.error());
  const auto seconds = [](std::chrono::nanoseconds time) {
    return duration_cast<std::chrono::seconds>(time);
  };
  const bool files = !flags.cert_directory.empty();
  ClusterOptions options;
  options.catalog.ns = connection->ns;
  options.catalog.builtin_runtimes = from.builtin_runtimes;
  options.certificates = {.ns = connection->ns,
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
  options.connection = std::move(*connection);
  const std::string problem = certs::check(options.certificates.rotation);
  if (!problem.empty())
    return std::unexpected("--ca-lifetime, --leaf-lifetime, --ca-propagation: " + problem);
  return options;
}

}  // namespace modelgate::webhook
