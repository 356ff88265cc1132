// SPDX-License-Identifier: Apache-2.0
#include "webhook/certificates/leaf_issuer.h"

#include <arpa/inet.h>

#include <utility>

namespace modelgate::webhook {
namespace {

bool is_ip_address(const std::string& host) {
  in6_addr room{};
  return inet_pton(AF_INET, host.c_str(), &room) == 1 || inet_pton(AF_INET6, host.c_str(), &room) == 1;
}

}  // namespace

certs::LeafOptions leaf_options(const LeafNames& names) {
  const std::string service(names.service);
  const std::string in_namespace = service + "." + std::string(names.ns);
  certs::LeafOptions leaf;
  leaf.common_name = service;
  leaf.dns_names = {service, in_namespace, in_namespace + ".svc", in_namespace + ".svc.cluster.local",
                    "localhost"};
  leaf.ip_addresses = {"127.0.0.1", "::1"};
  for (const std::string& host : names.hosts) {
    (is_ip_address(host) ? leaf.ip_addresses : leaf.dns_names).push_back(host);
  }
  return leaf;
}

bool LeafIssuer::is_due(const Inputs& inputs) const {
  if (!inputs.cas.current) return false;
  return !pair_ || certs::leaf_is_due(*pair_, issued_, inputs.now) || should_adopt_new_ca(inputs);
}

bool LeafIssuer::should_adopt_new_ca(const Inputs& inputs) const {
  if (!inputs.cas.current) return false;
  if (!signer_) return true;
  const std::string& fingerprint = inputs.cas.current->fingerprint();
  if (signer_->fingerprint() == fingerprint) return false;
  const certs::Handover handover{
      .has_valid_leaf = pair_ && pair_->check_dates(inputs.now).has_value(),
      .is_registered = inputs.history.is_registered(),
      .was_published = inputs.published == fingerprint,
      .trusts_our_leaf = inputs.history.held_for(signer_->fingerprint(), inputs.steady_now).has_value(),
      .in_bundle = inputs.history.held_for(fingerprint, inputs.steady_now)};
  return certs::may_adopt(handover, rotation_);
}

certs::Result<LeafIssuer::Pair> LeafIssuer::issue(const Inputs& inputs) {
  if (should_adopt_new_ca(inputs)) signer_ = inputs.cas.current;
  leaf_.now = inputs.now;
  auto pair = signer_->sign(leaf_);
  if (!pair) return std::unexpected(std::move(pair).error());
  pair_ = std::move(*pair);
  issued_ = inputs.now;
  const auto certificates = certs::read_certificates(signer_->certificate_pem());
  if (certificates) signer_certificate_ = certificates->front();
  return pair_;
}

}  // namespace modelgate::webhook
