// SPDX-License-Identifier: Apache-2.0
//
// Exec plugins of a kubeconfig: runs the program and reads the ExecCredential that it prints, as in client-go
// (client.authentication.k8s.io/v1 and v1beta1). Used by kube/client/credentials.cc.
//
// The program has no standard input, and `spec.interactive` is false. Its standard error is ours, so that the
// user sees its output. It is killed when the deadline passes.
#pragma once

#include <chrono>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "kube/client/api_error.h"
#include "kube/client/client_config.h"
#include "kube/client/task.h"

namespace modelgate::kube {

struct ExecCredential {
  std::string token;
  std::string certificate_pem, key_pem;  // both or neither; the token or the certificate is set
  std::optional<std::chrono::sys_seconds> expires = {};  // in nanoseconds the year 2262 would be the last
};

/// The largest output of a plugin. A token and a certificate chain take less than 20 KiB.
inline constexpr std::size_t kMaxPluginOutput = std::size_t{1} << 20;

/// Parses `text`, a plugin's output. The error never contains a credential.
std::expected<ExecCredential, std::string> read_exec_credential(std::string_view text,
                                                                std::string_view api_version);

/// The value of KUBERNETES_EXEC_INFO.
std::string exec_info(const ClientConfig& config);

/// Runs config.exec. Errors: kCredentials, kDeadline.
Task<ApiResult<ExecCredential>> run_exec_plugin(const ClientConfig& config, SteadyTime deadline);

}  // namespace modelgate::kube
