// SPDX-License-Identifier: Apache-2.0
//
// Environment variables of a container. Called by whatever adds one: Pod injection and the builders of the
// children.
//
//   add_env(container, {.name = "MODEL_NAME", .value = "m"}, SameName::kReplace, arena);
//   add_env(container, {.name = "HF_TOKEN", .from = SecretKey{"hf-secret", "HF_TOKEN"}}, SameName::kRetain, arena);
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "spec/json.h"

namespace modelgate::workload {

/// The name of the service, in the containers that serve it.
inline constexpr std::string_view kServiceNameEnv = "INFERENCE_SERVICE_NAME";

/// A key of a Secret in the Pod's namespace: what is referred to instead of a value.
struct SecretKey {
  std::string secret;
  std::string key;
};

struct EnvVar {
  std::string name;
  std::string value = {};
  std::optional<SecretKey> from = std::nullopt;  // instead of a value
  std::string_view from_field = {};              // of the Pod, instead of a value: metadata.name
};

spec::Value to_value(const EnvVar& env, spec::Arena& arena);

/// What happens if the container has a variable of the same name. Only the first of that name is changed.
enum class SameName {
  kAppend,   // both remain; Kubernetes uses the last
  kRetain,   // the present one remains
  kReplace,  // the present one gets the new value and loses its `valueFrom`
  kSetValue,  // the present one gets the new value and retains its `valueFrom`, as KServe merges S3 credentials
};

/// `container` is a container, a JSON object; its list `env` is created if it is missing.
void add_env(spec::Value& container, const EnvVar& env, SameName rule, spec::Arena& arena);

}  // namespace modelgate::workload
