// SPDX-License-Identifier: Apache-2.0
#include "kube/client/api_answer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "spec/text/utf8.h"
#include "spec/view.h"

namespace modelgate::kube {
namespace {

/// How much of a body that is not a Status becomes the error message, in bytes.
constexpr std::size_t kMaxForeignText = 256;

/// Reasons for answers without one, the same as in apimachinery.
constexpr std::array<std::pair<int, std::string_view>, 13> kReasons{{{400, "BadRequest"},
                                                                     {401, "Unauthorized"},
                                                                     {403, "Forbidden"},
                                                                     {404, "NotFound"},
                                                                     {405, "MethodNotAllowed"},
                                                                     {406, "NotAcceptable"},
                                                                     {409, "Conflict"},
                                                                     {410, "Gone"},
                                                                     {413, "RequestEntityTooLarge"},
                                                                     {415, "UnsupportedMediaType"},
                                                                     {422, "Invalid"},
                                                                     {429, "TooManyRequests"},
                                                                     {503, "ServiceUnavailable"}}};

std::string reason_of(int code) {
  for (const auto& [known, reason] : kReasons) {
    if (known == code) return std::string(reason);
  }
  return {};
}

}  // namespace

spec::Result<spec::Value, spec::JsonError> parse_answer(std::string_view text, spec::Arena& arena,
                                                        bool managed_fields) {
  spec::ParseOptions options;
  options.skip_managed_fields = !managed_fields;
  options.limits.max_values = std::max(options.limits.max_values, text.size());
  return spec::parse_json(text, arena, options);
}

ApiError error_of_status(const spec::Value& status, int code) {
  const spec::ObjectView view(status);
  const auto named = view.integer("code");
  if (named && *named >= 400 && *named < 600) code = static_cast<int>(*named);
  ApiError error{.kind = ApiError::Kind::kStatus, .code = code};
  error.reason = view.string("reason").empty() ? reason_of(code) : std::string(view.string("reason"));
  error.message = view.string("message").empty() ? "no reason given" : std::string(view.string("message"));
  const auto seconds = view.object("details").integer("retryAfterSeconds");
  if (seconds && *seconds > 0) error.retry_after = std::chrono::seconds(*seconds);
  return error;
}

ApiError error_of_answer(const HttpHead& head, std::string_view body) {
  spec::Arena arena;
  const auto value = spec::parse_json(body, arena);
  ApiError error;
  if (value && spec::ObjectView(*value).string("kind") == "Status") {
    error = error_of_status(*value, head.status);
  } else {
    std::string_view line = body.substr(0, body.find_first_of("\r\n"));
    const bool readable =
        head.content_type.starts_with("text/plain") && !line.empty() && text::is_valid_utf8(line);
    error = {.kind = ApiError::Kind::kStatus, .code = head.status, .reason = reason_of(head.status)};
    error.message = readable ? std::string(text::front_of(line, kMaxForeignText))
                             : "an answer that is not the API server's";
  }
  if (head.retry_after) error.retry_after = head.retry_after;
  return error;
}

}  // namespace modelgate::kube
