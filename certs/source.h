// SPDX-License-Identifier: Apache-2.0
#pragma once

// Where a server's certificate comes from. Implemented by certs/self_made.h and certs/files.h; a source that
// keeps its CAs in a Secret and rotates them will be a third. Called by webhook/program.cc and nobody else.
//
//   std::unique_ptr<CertificateSource> source = ...;
//   server.use_certificate(*source->current());
//   every 250 ms:
//     auto seen = source->poll(now);
//     if (!seen) log(seen.error().text);                                   // refused: the last good pair
//     stays else if (*seen == Poll::kReplaced) server.use_certificate(*source->current());
//
// A source has no thread and no timer, and is not thread-safe: one thread owns it. `poll` is cheap where
// nothing changed (two stat calls for files), and never blocks on anything but a local disk.

#include <cstdint>
#include <memory>
#include <string>

#include "certs/key_pair.h"

namespace modelgate::certs {

enum class Poll : std::uint8_t {
  kUnchanged,
  kReplaced,  // current() is another pair than before
};

// Since the source was made. For the metrics certwatcher_read_certificate_total and ..._errors_total.
struct SourceCounts {
  std::uint64_t reads = 0;   // pairs looked at: read or made
  std::uint64_t errors = 0;  // of these, refused
};

class CertificateSource {
 public:
  virtual ~CertificateSource() = default;

  // The pair to serve with; never null. An expired one too, until there is a better one: whether to call
  // itself ready with it is the server's decision.
  virtual std::shared_ptr<const KeyPair> current() const = 0;

  // Looks for a newer pair. An error says why one was refused, once for each pair that is, and leaves
  // current() as it is.
  virtual Result<Poll> poll(TimePoint now) = 0;

  // PEM of the CAs that clients should trust: the current one, and those that leaves in use may still come
  // from. Empty when the source does not know its CA, as with a pair from files.
  virtual std::string ca_bundle_pem() const = 0;

  virtual SourceCounts counts() const = 0;
};

}  // namespace modelgate::certs
