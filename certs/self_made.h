// SPDX-License-Identifier: Apache-2.0
#pragma once

// A source that needs nothing from outside: it makes a CA and a leaf in memory when it starts, and a new leaf
// when two thirds of the old one's life are over. The CA lives as long as the process: fit for the demo, for
// tests, and for a webhook whose caBundle is taken from `--ca-out`.

#include "certs/authority.h"
#include "certs/source.h"

namespace modelgate::certs {

struct SelfMadeOptions {
  CaOptions ca;      // its `now` is ignored
  LeafOptions leaf;  // likewise
};

// Errors: those of Authority::make and Authority::sign.
Result<std::unique_ptr<CertificateSource>> make_self_made_source(SelfMadeOptions options, TimePoint now);

}  // namespace modelgate::certs
