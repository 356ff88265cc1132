// SPDX-License-Identifier: Apache-2.0
//
// Exec plugins of a kubeconfig: runs the program and reads the ExecCredential that it prints, as client-go
// does (client.authentication.k8s.io/v1 and v1beta1). Used by kube/client/credentials.cc.
//
// The program gets no standard input and is told that it cannot ask (`spec.interactive: false`); its standard
// error is ours, so that people see what it says. It is killed when the deadline passes.
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
  std::string certificate_pem, key_pem;  // both or neither; one of token and certificate is there
  std::optional<std::chrono::sys_seconds> expires = {};  // in nanoseconds the year 2262 would be the last
};

/// What a plugin may print: a token and a chain of certificates are below 20 KiB.
inline constexpr std::size_t kMaxPluginOutput = std::size_t{1} << 20;

/// What `text`, a plugin's output, says. The error never shows what it holds.
std::expected<ExecCredential, std::string> read_exec_credential(std::string_view text,
                                                                std::string_view api_version);

/// The value of KUBERNETES_EXEC_INFO.
std::string exec_info(const ClientConfig& config);

/// Runs config.exec. Errors: kCredentials, kDeadline.
Task<ApiResult<ExecCredential>> run_exec_plugin(const ClientConfig& config, SteadyTime deadline);

}  // namespace modelgate::kube
