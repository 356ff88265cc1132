// SPDX-License-Identifier: Apache-2.0
//
// What a call shows to the API server and whom it trusts: the TLS context and the Authorization header, kept
// current from files that are replaced (service account tokens, CAs) and from exec plugins. Used by the
// client alone; on its thread.
//
//   auto now = co_await credentials.current(deadline);     // cheap where nothing is due
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

/// How old a file's content may be. Service account tokens are replaced when a fifth of their life is left,
/// ten minutes at the least.
inline constexpr std::chrono::seconds kFileAge{60};

struct CredentialSet {
  std::shared_ptr<SSL_CTX> tls;  // null for http://
  std::string authorization;     // the header's value; empty: none
  /// Connections made under another one are not used any more: they showed another certificate.
  std::uint64_t generation = 0;
};

class Credentials {
 public:
  explicit Credentials(ClientConfig config);

  /// Errors: kCredentials, kDeadline. Files that cannot be read after they once were leave what was read.
  Task<ApiResult<std::shared_ptr<const CredentialSet>>> current(SteadyTime deadline);
  /// `used` earned a 401. Nothing where it is not the current one any more.
  void refused(const CredentialSet& used) { refused_ = refused_ || set_.get() == &used; }
  /// The TLS handshake failed: CA and certificate may have been replaced, so the next current() reads the
  /// files again. Plugins are not asked again: they may be slow, and a wrong address would never end it.
  void doubted() { files_read_ = {}; }
  /// False where reading them again cannot give others.
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
  Pems pems_;   // in force from the next rebuild() on
  Pems built_;  // what the current set's TLS context was made of
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
