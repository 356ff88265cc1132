// SPDX-License-Identifier: Apache-2.0
//
// The TLS context and the Authorization header for calls to the API server. Reads files again that are
// rotated (service account tokens, CAs) and runs exec plugins again. Used by the client, on its thread.
//
//   auto now = co_await credentials.current(deadline);     // cheap if nothing is due
//   ... 401 ...
//   credentials.refused(**now);                            // the next current() reads everything again
#pragma once

#include <openssl/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "kube/client/api_error.h"
#include "kube/client/client_config.h"
#include "kube/client/exec_plugin.h"
#include "kube/client/task.h"

namespace modelgate::kube {

/// How long a file's content is used before it is read again. The kubelet rotates service account tokens when
/// a fifth of their lifetime is left, which is ten minutes or more.
inline constexpr std::chrono::seconds kFileAge{60};

struct CredentialSet {
  std::shared_ptr<SSL_CTX> tls;  // null for http://
  std::string authorization;     // the header's value; empty: none
  /// Connections of another generation are not reused: they were opened with other certificates.
  std::uint64_t generation = 0;
};

class Credentials {
 public:
  explicit Credentials(ClientConfig config);

  /// Errors: kCredentials, kDeadline. A file that can no longer be read keeps its last content.
  Task<ApiResult<std::shared_ptr<const CredentialSet>>> current(SteadyTime deadline);
  /// The API server answered 401 to `used`. Ignored if it is no longer current.
  void refused(const CredentialSet& used) { refused_ = refused_ || set_.get() == &used; }
  /// The TLS handshake failed. CA and certificate may have been rotated, so the next current() reads the
  /// files again. It does not run plugins: they may be slow, and a wrong address would run them at each
  /// attempt.
  void doubted() { files_read_ = {}; }
  /// False if reading them again cannot change them.
  bool may_change() const;

  const ClientConfig& config() const { return config_; }

 private:
  struct Pems {
    std::string ca, certificate, key;
    bool operator==(const Pems&) const = default;
  };

  std::string read_files();
  std::string rebuild();
  bool plugin_due(std::chrono::sys_seconds now) const;
  Task<ApiResult<void>> refresh_plugin(SteadyTime deadline);

  ClientConfig config_;
  Pems pems_;   // for the next rebuild()
  Pems built_;  // of the current TLS context
  std::string token_;
  SteadyTime files_read_{};
  bool refused_ = false;

  std::optional<ExecCredential> plugin_result_;
  std::optional<ApiError> plugin_error_;  // of the last run
  bool plugin_running_ = false;
  Waiters plugin_done_;

  std::shared_ptr<const CredentialSet> set_;  // null until the first current()
};

}  // namespace modelgate::kube
