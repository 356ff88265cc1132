// SPDX-License-Identifier: Apache-2.0
//
// S3 settings that are not credentials: endpoint, region, TLS. Called by credentials.cc and
// credential_schemes.cc.
#pragma once

#include <string_view>
#include <vector>

#include "workload/objects/container_builder.h"
#include "workload/pods/secret.h"

namespace modelgate::workload {

/// Each setting from the annotations, else from a key of the Secret, else from the configuration. Strict refers
/// to the Secret's key where the value is not needed here; Compatible copies it, as KServe does.
std::vector<EnvVar> s3_settings(spec::StringMapView annotations, const SecretView& secret,
                                const spec::Configuration& configuration);

inline constexpr std::string_view kAwsCaBundle = "AWS_CA_BUNDLE";
inline constexpr std::string_view kAwsCaBundleConfigMap = "AWS_CA_BUNDLE_CONFIGMAP";

}  // namespace modelgate::workload
