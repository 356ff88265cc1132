// SPDX-License-Identifier: Apache-2.0
//
// Certificates without keys: reads a bundle, and checks whether it trusts a server's key pair. Used by
// certs/ca_set.h, webhook/certificates/ca_bundle.h and `modelgate doctor`.
//
//   auto bundle = read_certificates(ca_bundle);
//   if (bundle && !trusts(*bundle, *pair)) ...   // x509: certificate signed by unknown authority
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "certs/key_pair.h"

namespace modelgate::certs {

struct Certificate {
  std::string pem;          // only this certificate
  std::string fingerprint;  // SHA-256, 64 lower-case hex digits
  TimePoint not_before;
  TimePoint not_after;
  bool is_ca = false;
};

/// Reads all certificates in order and skips text around the PEM blocks. Errors: kTooLarge; kMalformed if one
/// is invalid, there is none, or there are more than kMaxChainLength.
Result<std::vector<Certificate>> read_certificates(std::string_view pem);

/// Whether a TLS client that trusts only `bundle` trusts the pair. Ignores names and dates.
bool trusts(std::span<const Certificate> bundle, const KeyPair& pair);

}  // namespace modelgate::certs
