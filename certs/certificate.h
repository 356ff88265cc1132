// SPDX-License-Identifier: Apache-2.0
#pragma once

// Certificates without their keys: those of a bundle, and whether a server's pair is trusted by one. Used by
// certs/ca_set.h, webhook/certificates/ca_bundle.h and `modelgate doctor`.
//
//   auto bundle = read_certificates(ca_bundle);
//   if (bundle && !trusts(*bundle, *pair)) ...   // x509: certificate signed by unknown authority

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "certs/key_pair.h"

namespace modelgate::certs {

struct Certificate {
  std::string pem;          // this one alone
  std::string fingerprint;  // SHA-256, 64 lower-case hex digits
  TimePoint not_before;
  TimePoint not_after;
  bool is_ca = false;
};

// All of a text, in order; text around the PEM blocks is skipped. Errors: kTooLarge, and kMalformed where one
// cannot be read, none is there, or there are more than kMaxChainLength.
Result<std::vector<Certificate>> read_certificates(std::string_view pem);

// True where a TLS client that trusts `bundle` and nothing else would trust the pair, names and dates aside.
bool trusts(std::span<const Certificate> bundle, const KeyPair& pair);

}  // namespace modelgate::certs
