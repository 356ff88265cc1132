// SPDX-License-Identifier: Apache-2.0
//
// A source with its own CA in memory. It creates a CA and a leaf at the start, and a new leaf when two thirds
// of the lifetime of the old one have passed. The CA ends with the process: for the demo, for tests, and for
// a webhook whose caBundle is from `--ca-out`.
#pragma once

#include "certs/authority.h"
#include "certs/source.h"

namespace modelgate::certs {

struct SelfMadeOptions {
  CaOptions ca;      // its `now` is ignored
  LeafOptions leaf;  // likewise
};

/// Errors: those of Authority::make and Authority::sign.
Result<std::unique_ptr<CertificateSource>> make_self_made_source(SelfMadeOptions options, TimePoint now);

}  // namespace modelgate::certs
