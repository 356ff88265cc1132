// SPDX-License-Identifier: Apache-2.0
//
// What several checks need to know about the installation as a whole.
#pragma once

#include <string_view>
#include <vector>

#include "cli/doctor/cluster_snapshot.h"

namespace modelgate::cli {

/// True for a preflight: the user requested it, or nothing is installed. A user who may not read the
/// registrations gets the checks of an installation.
bool before_installation(const ClusterSnapshot& snapshot);

/// True if another webhook configuration, such as KServe's, matches InferenceServices.
bool beside_kserve(const ClusterSnapshot& snapshot);

/// The webhooks of our registration.
std::vector<RegisteredWebhook> our_webhooks(const ClusterSnapshot& snapshot);

/// False if the certificate comes from files or cert-manager: then the Secret and the Lease are not needed.
bool makes_own_certificates(const ClusterSnapshot& snapshot);

inline constexpr std::string_view kInstallCommand = "kubectl apply --server-side -k deploy/";

}  // namespace modelgate::cli
