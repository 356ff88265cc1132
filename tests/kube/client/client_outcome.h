// SPDX-License-Identifier: Apache-2.0
//
// Calls of a client to a fake API server, with the result as one word. For the client's tests.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <functional>
#include <string>
#include <string_view>

#include "kube/client/client.h"
#include "tests/kube/client/fake_api_server.h"

namespace modelgate::kube {

inline constexpr const char* kMapPath = "/api/v1/namespaces/ns/configmaps/a";
inline constexpr const char* kMapsPath = "/api/v1/namespaces/ns/configmaps";
inline constexpr std::string_view kMap =
    R"({"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"a","uid":"u"}})";

inline CallOptions within(std::chrono::milliseconds time) {
  return {.deadline = std::chrono::steady_clock::now() + time};
}

inline std::string name_of(ApiError::Kind kind) {
  constexpr std::array kNames{"Status",      "Connection", "Tls",      "Deadline",
                              "Credentials", "Malformed",  "Cancelled"};
  return kNames[static_cast<std::size_t>(kind)];
}

/// "ok", "404 NotFound", or the kind of the error.
template <class T>
std::string outcome(const ApiResult<T>& result) {
  if (result) return "ok";
  if (result.error().kind != ApiError::Kind::kStatus) return name_of(result.error().kind);
  return std::to_string(result.error().code) + " " + result.error().reason;
}

/// Runs `task`, and fails the test if it throws.
inline void with_client(const FakeApiServer& server, std::function<Task<void>(Client&)> task,
                        ClientOptions options = {}) {
  EXPECT_NO_THROW(run_with_client(server.config(), options, std::move(task)));
}

/// The outcome of a GET of kMapPath.
inline std::string get_outcome(const FakeApiServer& server,
                               CallOptions options = within(std::chrono::seconds(5))) {
  std::string out;
  with_client(server, [&](Client& client) -> Task<void> {
    auto result = co_await client.get(kConfigMaps, "ns", "a", options);
    out = outcome(result);
  });
  return out;
}

}  // namespace modelgate::kube
