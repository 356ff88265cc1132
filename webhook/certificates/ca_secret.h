// SPDX-License-Identifier: Apache-2.0
//
// The Secret that holds the CAs, as JSON: reading it, and the requests that make and change it. Pure; used by
// webhook/certificates/cluster_certificates.cc.
#pragma once

#include <string>
#include <string_view>

#include "certs/ca_set.h"
#include "spec/json.h"

namespace modelgate::webhook {

struct CaSecret {
  certs::Result<certs::CaSet> cas;  // an error: not to be written over
  bool rotate = false;              // somebody asks for a new CA, by the annotation
};

CaSecret read_ca_secret(const spec::Value& secret);

// A new one.
std::string new_ca_secret(std::string_view ns, std::string_view name, const certs::CaSet& cas);

// RFC 7386: sets and removes the keys that are ours, in the version that was read, and leaves all others.
// `rotation_heeded`: takes the annotation away too.
std::string ca_secret_patch(std::string_view resource_version, const certs::CaSet& cas, bool rotation_heeded);

}  // namespace modelgate::webhook
