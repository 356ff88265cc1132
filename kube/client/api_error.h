// SPDX-License-Identifier: Apache-2.0
//
// Why a call to the API server did not succeed, and the result type of all calls.
//
//   ApiResult<Object> secret = co_await client.get(kSecrets, ns, name, options);
//   if (!secret && secret.error().is_not_found()) ...
//
// An error answer of the API server has its HTTP code and `Status.reason`; an error without an answer (no
// connection, no TLS, no answer in time) has the code 0.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>

namespace modelgate::kube {

struct ApiError {
  enum class Kind : std::uint8_t {
    kStatus,       // the API server answered with an error: code, reason, message
    kConnection,   // refused, reset, closed before the end, name not found
    kTls,          // its certificate is untrusted or for another name, or it rejects ours
    kDeadline,     // the call's deadline passed; a write may or may not have taken effect
    kCredentials,  // a token file, certificate or exec plugin could not be read or run
    kMalformed,    // the answer does not follow the API, or is larger than kMaxResponseBytes
    kCancelled,    // the client is stopping
  };

  Kind kind = Kind::kStatus;
  int code = 0;
  std::string reason = {};  // "NotFound", "AlreadyExists", "Conflict", "Expired", ...
  std::string message =
      {};  // for the user; starts in lower case if it is ours; never contains a token or key
  std::string request = {};  // "GET /api/v1/namespaces/kserve/secrets/ca": without the query
  std::optional<std::chrono::seconds> retry_after = {};

  bool is_not_found() const { return code == 404; }
  bool is_already_exists() const { return code == 409 && reason == "AlreadyExists"; }
  bool is_conflict() const { return code == 409 && reason != "AlreadyExists"; }
  bool is_gone() const { return code == 410; }  // the resourceVersion is too old: list again
  bool is_forbidden() const { return code == 403; }
  bool is_too_many_requests() const { return code == 429; }
  /// A retry may succeed.
  bool is_transient() const {
    return kind == Kind::kConnection || kind == Kind::kDeadline || code == 429 || code >= 500;
  }
  /// One line, such as "GET /api/v1/...: 403 Forbidden: ...".
  std::string to_string() const;
};

template <class T>
using ApiResult = std::expected<T, ApiError>;

}  // namespace modelgate::kube
