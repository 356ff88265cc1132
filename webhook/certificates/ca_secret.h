// SPDX-License-Identifier: Apache-2.0
//
// The Secret that holds the CAs, as JSON: decoding it, and the requests that create and patch it. Pure; used by
// ca_store.h.
#pragma once

#include <string>
#include <string_view>

#include "certs/ca_set.h"
#include "spec/json.h"

namespace modelgate::webhook {

/// The annotation by which a user requests a new CA.
inline constexpr std::string_view kRotateAnnotation = "modelgate.io/rotate-ca";

struct CaSecret {
  certs::Result<certs::CaSet> cas;  // with an error the Secret must not be overwritten
  bool rotate = false;              // kRotateAnnotation is set
};

CaSecret read_ca_secret(const spec::Value& secret);

/// The body for POST.
std::string new_ca_secret(std::string_view ns, std::string_view name, const certs::CaSet& cas);

/// A merge patch (RFC 7386) of the version that was read: sets and removes our keys, and leaves all others.
/// `rotation_done`: removes kRotateAnnotation too.
std::string ca_secret_patch(std::string_view resource_version, const certs::CaSet& cas, bool rotation_done);

}  // namespace modelgate::webhook
