// SPDX-License-Identifier: Apache-2.0
//
// Credentials for a container that fetches models or writes logs. Two sources: the Secrets that a
// ServiceAccount refers to (or the one that the Pod names by annotation), and a key of the storage
// configuration's Secret. Who calls: storage_initializer.cc and agent.cc.
//
//   add_credentials(pass, "sa-s3", container);     // AWS_ACCESS_KEY_ID from a key of a Secret, ...
//
// What a container gets are names: of Secrets and of their keys. Of a Secret's values only settings are read.
// The one exception is KServe's own, in Compatible mode: HTTP headers stand in the Pod as text.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "workload/objects/container_builder.h"
#include "workload/pods/pod_pass.h"
#include "workload/pods/secret.h"

namespace modelgate::workload {

/// What the ServiceAccount's annotations and Secrets come to; an empty name is the namespace's `default`.
/// Asks for what it needs to know. A Secret that is not there is an error, a ServiceAccount a warning.
void add_credentials(PodPass& pass, std::string_view service_account, ContainerBuilder& out);

/// The storage specification of a service: `storage: {key, parameters}`.
struct StorageSpec {
  std::string key;
  std::vector<std::pair<std::string, std::string>> parameters;  // sorted by name

  std::string_view parameter(std::string_view name) const;
};

/// From the storage configuration's Secret. Also completes the container's arguments: where a URI's scheme is
/// a placeholder, type and bucket become known here.
void add_storage_config(PodPass& pass, const StorageSpec& spec, ContainerBuilder& out);

/// What a URI starts with whose type and bucket come from the storage configuration.
inline constexpr std::string_view kSchemePlaceholder = "<scheme-placeholder>://";

// The rows of the table of schemes (credential_schemes.cc).

/// What one Secret gives to a container.
struct Credentials {
  std::vector<EnvVar> env;
  bool merge = false;                // into variables of the same name, instead of behind them
  std::optional<VolumeMount> mount;  // of a volume that holds the whole Secret
};

/// What the Secret holds, or nothing where no scheme of ours knows it.
std::optional<Credentials> read_credentials(const SecretView& secret,
                                            const spec::Configuration& configuration);

/// The keys by which a Secret's kind is known, for messages: "AWS_SECRET_ACCESS_KEY (S3), ...".
std::string known_credential_keys(const spec::Configuration& configuration);

/// Settings of S3 (s3_settings.cc): from annotations, else from keys of the Secret, else as configured.
std::vector<EnvVar> s3_settings(spec::StringMapView annotations, const SecretView& secret,
                                const spec::Configuration& configuration);

inline constexpr std::string_view kAwsCaBundle = "AWS_CA_BUNDLE";
inline constexpr std::string_view kAwsCaBundleConfigMap = "AWS_CA_BUNDLE_CONFIGMAP";

}  // namespace modelgate::workload
