// SPDX-License-Identifier: Apache-2.0
//
// The kinds of credentials that a Secret can hold, one row each: the key that identifies the kind, and the
// variables or volume for the container. Called by credentials.cc.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "workload/objects/container_builder.h"
#include "workload/pods/secret.h"

namespace modelgate::workload {

/// What one Secret adds to a container.
struct Credentials {
  std::vector<EnvVar> env;
  /// Replace variables of the same name instead of appending.
  bool merge = false;
  /// Mount of a volume that holds the whole Secret.
  std::optional<VolumeMount> mount;
};

/// By the first row whose key the Secret has; nullopt where no row matches.
std::optional<Credentials> read_credentials(const SecretView& secret,
                                            const spec::Configuration& configuration);

/// The keys that identify the kinds, for messages: "AWS_SECRET_ACCESS_KEY (S3), ...".
std::string known_credential_keys(const spec::Configuration& configuration);

}  // namespace modelgate::workload
