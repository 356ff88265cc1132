// SPDX-License-Identifier: Apache-2.0
#include "kube/client/credentials.h"

#include <fmt/format.h>

#include <algorithm>
#include <expected>
#include <utility>

#include "kube/client/small_file.h"
#include "kube/client/tls_context.h"
#include "process/log.h"

namespace modelgate::kube {
namespace {

/// A plugin's credentials count as expired this much before their time, since clocks differ and calls take
/// time.
constexpr std::chrono::seconds kExpiryMargin{10};

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const auto begin = text.find_first_not_of(kBlank);
  return begin == std::string_view::npos ? std::string_view()
                                         : text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

/// Only printable ASCII: other characters could end the header.
bool fits_header(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; });
}

ApiError credentials_error(std::string message) {
  return {.kind = ApiError::Kind::kCredentials, .message = std::move(message)};
}

}  // namespace

Credentials::Credentials(ClientConfig config)
    : config_(std::move(config)),
      pems_{config_.ca_pem, config_.client_certificate_pem, config_.client_key_pem},
      token_(config_.token) {
  if (config_.tls && config_.insecure) {
    log::warn("the API server's certificate is not checked: insecure-skip-tls-verify is set",
              {{"server", config_.host}});
  }
}

Task<ApiResult<std::shared_ptr<const CredentialSet>>> Credentials::current(SteadyTime deadline) {
  const auto now = std::chrono::steady_clock::now();
  const auto date = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const bool refused = std::exchange(refused_, false);
  bool changed = !set_;
  if (changed || refused || now - files_read_ >= kFileAge) {
    files_read_ = now;
    std::string problem = read_files();
    if (!problem.empty() && !set_) co_return std::unexpected(credentials_error(std::move(problem)));
    if (!problem.empty())
      log::warn("credentials could not be read again; using the last ones", {{"reason", problem}});
    changed = true;
  }
  if (config_.exec && (refused || plugin_due(date))) {
    auto refreshed = co_await refresh_plugin(deadline);
    if (!refreshed) co_return std::unexpected(std::move(refreshed).error());
    changed = true;
  }
  if (changed) {
    std::string problem = rebuild();
    if (!problem.empty() && !set_) co_return std::unexpected(credentials_error(std::move(problem)));
    if (!problem.empty())
      log::warn("credentials could not be replaced; using the last ones", {{"reason", problem}});
  }
  co_return set_;
}

bool Credentials::may_change() const {
  return config_.exec || !config_.token_file.empty() || !config_.client_certificate_file.empty();
}

/// Reads all files. Returns the first error.
std::string Credentials::read_files() {
  struct Row {
    const std::string& path;
    std::string& text;
  };
  std::string problem;
  std::string token;
  for (const Row& row :
       {Row{config_.ca_file, pems_.ca}, Row{config_.client_certificate_file, pems_.certificate},
        Row{config_.client_key_file, pems_.key}, Row{config_.token_file, token}}) {
    if (row.path.empty()) continue;
    auto text = read_small_file(row.path);
    if (text) {
      row.text = std::move(*text);
    } else if (problem.empty()) {
      problem = std::move(text).error();
    }
  }
  if (config_.token_file.empty()) return problem;
  if (!trimmed(token).empty()) {
    token_ = trimmed(token);
  } else if (problem.empty()) {
    problem = config_.token_file + ": the token file is empty";
  }
  return problem;
}

bool Credentials::plugin_due(std::chrono::sys_seconds now) const {
  if (!plugin_result_) return true;
  return plugin_result_->expires && now + kExpiryMargin >= *plugin_result_->expires;
}

Task<ApiResult<void>> Credentials::refresh_plugin(SteadyTime deadline) {
  if (plugin_running_) {  // wait for the run that another call started
    while (plugin_running_) {
      const bool woken = co_await plugin_done_.wait(deadline);
      if (!woken) {
        co_return std::unexpected(
            ApiError{.kind = ApiError::Kind::kDeadline, .message = "the exec plugin did not end in time"});
      }
    }
    if (plugin_error_) co_return std::unexpected(*plugin_error_);
    co_return ApiResult<void>();
  }
  plugin_running_ = true;
  auto result = co_await run_exec_plugin(config_, deadline);
  plugin_running_ = false;
  plugin_done_.wake_all();
  plugin_error_.reset();
  if (!result) {
    plugin_error_ = result.error();
    co_return std::unexpected(std::move(result).error());
  }
  plugin_result_ = std::move(*result);
  if (!plugin_result_->certificate_pem.empty()) {
    pems_.certificate = plugin_result_->certificate_pem;
    pems_.key = plugin_result_->key_pem;
  }
  co_return ApiResult<void>();
}

std::string Credentials::rebuild() {
  CredentialSet next = set_ ? *set_ : CredentialSet();
  if (config_.tls && (!next.tls || pems_ != built_)) {
    auto tls = make_client_tls(pems_.ca, pems_.certificate, pems_.key, config_.insecure);
    if (!tls) return std::move(tls).error();
    next.tls = std::move(*tls);
    ++next.generation;
    built_ = pems_;
  }
  const std::string& token =
      plugin_result_ && !plugin_result_->token.empty() ? plugin_result_->token : token_;
  if (!fits_header(token)) return "the token has characters that are not allowed in a header";
  next.authorization = token.empty() ? std::string() : "Bearer " + token;
  set_ = std::make_shared<const CredentialSet>(std::move(next));
  return {};
}

}  // namespace modelgate::kube
