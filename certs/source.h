// SPDX-License-Identifier: Apache-2.0
//
// The source of a server's certificate. Implemented by certs/self_made.h, certs/files.h and, with CAs in a
// Secret, by webhook/certificates/cluster_certificates.h. Used by webhook/program.cc.
//
//   std::unique_ptr<CertificateSource> source = ...;
//   server.use_certificate(*source->current());
//   every 250 ms:
//     auto seen = source->poll(now);
//     if (!seen) log(seen.error().text);            // rejected: current() is unchanged
//     else if (*seen == Poll::kReplaced) server.use_certificate(*source->current());
//
// A source has no thread or timer, and is not thread-safe: one thread owns it. `poll` is cheap if nothing
// changed (two stat calls for files), and blocks on a local disk only.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "certs/key_pair.h"

namespace modelgate::certs {

enum class Poll : std::uint8_t {
  kUnchanged,
  kReplaced,  // current() has changed
};

/// For the metrics certwatcher_read_certificate_total and ..._errors_total.
struct SourceCounts {
  std::uint64_t reads = 0;   // pairs read or created
  std::uint64_t errors = 0;  // those that were rejected
};

class CertificateSource {
 public:
  virtual ~CertificateSource() = default;

  /// The pair to serve with; never null. It may have expired: the server decides whether it is ready.
  virtual std::shared_ptr<const KeyPair> current() const = 0;

  /// Checks for a newer pair. Returns an error once per rejected pair; current() is then unchanged.
  virtual Result<Poll> poll(TimePoint now) = 0;

  /// PEM of the CAs that clients must trust: the current one, and those of leaves still in use. Empty if the
  /// CA is not known, as with files.
  virtual std::string ca_bundle_pem() const = 0;

  virtual SourceCounts counts() const = 0;
};

}  // namespace modelgate::certs
