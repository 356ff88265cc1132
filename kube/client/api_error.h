// SPDX-License-Identifier: Apache-2.0
//
// Why a call to the API server did not succeed, and the result type of all calls.
//
//   ApiResult<Object> secret = co_await client.get(kSecrets, ns, name, options);
//   if (!secret && secret.error().is_not_found()) ...
//
// An error that the API server itself gave carries its HTTP code and `Status.reason`; one of the way to it
// (no connection, no TLS, no answer in time) has the code 0.
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
    kConnection,   // refused, reset, closed in the middle, name not found
    kTls,          // its certificate is not trusted or not its own, or it refuses ours
    kDeadline,     // the call's deadline passed; whether a write took effect is not known
    kCredentials,  // a token file, certificate or exec plugin could not be read or run
    kMalformed,    // the answer is not what the API promises, or larger than kMaxResponseBytes
    kCancelled,    // the client is stopping
  };

  Kind kind = Kind::kStatus;
  int code = 0;
  std::string reason = {};  // "NotFound", "AlreadyExists", "Conflict", "Expired", ...
  std::string message =
      {};  // for people; starts in lower case where it is ours; never holds a token or a key
  std::string request = {};  // "GET /api/v1/namespaces/kserve/secrets/ca": without its query
  std::optional<std::chrono::seconds> retry_after = {};

  bool is_not_found() const { return code == 404; }
  bool is_already_exists() const { return code == 409 && reason == "AlreadyExists"; }
  bool is_conflict() const { return code == 409 && reason != "AlreadyExists"; }
  bool is_gone() const { return code == 410; }  // the resourceVersion is too old: list again
  bool is_forbidden() const { return code == 403; }
  bool is_too_many_requests() const { return code == 429; }
  /// One that may well go away by itself.
  bool is_transient() const {
    return kind == Kind::kConnection || kind == Kind::kDeadline || code == 429 || code >= 500;
  }
  /// "GET /api/v1/...: 403 Forbidden: ..." and the like, on one line.
  std::string to_string() const;
};

template <class T>
using ApiResult = std::expected<T, ApiError>;

}  // namespace modelgate::kube
