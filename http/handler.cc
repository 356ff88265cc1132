// SPDX-License-Identifier: Apache-2.0
#include "http/handler.h"

#include <array>
#include <charconv>

namespace modelgate::http {
namespace {

struct Status {
  int code;
  std::string_view line;
};

// All status codes of our replies.
constexpr std::array kStatuses{
    Status{200, "HTTP/1.1 200 OK\r\n"},
    Status{400, "HTTP/1.1 400 Bad Request\r\n"},
    Status{404, "HTTP/1.1 404 Not Found\r\n"},
    Status{405, "HTTP/1.1 405 Method Not Allowed\r\n"},
    Status{408, "HTTP/1.1 408 Request Timeout\r\n"},
    Status{413, "HTTP/1.1 413 Content Too Large\r\n"},
    Status{415, "HTTP/1.1 415 Unsupported Media Type\r\n"},
    Status{429, "HTTP/1.1 429 Too Many Requests\r\n"},
    Status{431, "HTTP/1.1 431 Request Header Fields Too Large\r\n"},
    Status{500, "HTTP/1.1 500 Internal Server Error\r\n"},
    Status{503, "HTTP/1.1 503 Service Unavailable\r\n"},
};

std::string_view status_line(int code) {
  for (const Status& status : kStatuses) {
    if (status.code == code) return status.line;
  }
  return "HTTP/1.1 500 Internal Server Error\r\n";
}

}  // namespace

Reply text_reply(int status, std::string_view text) {
  Reply reply{.status = status, .content_type = "text/plain; charset=utf-8", .body = std::string(text)};
  reply.body += '\n';
  return reply;
}

Reply overloaded_reply(std::string_view text) {
  Reply reply = text_reply(429, text);
  reply.retry_after = true;
  return reply;
}

void append_reply(const Reply& reply, bool keep_alive, std::string& out) {
  std::array<char, 20> length{};
  char* const end = std::to_chars(length.data(), length.data() + length.size(), reply.body.size()).ptr;
  out.reserve(out.size() + reply.body.size() + 256);
  out.append(status_line(reply.status));
  out.append("Content-Type: ").append(reply.content_type);
  out.append("\r\nContent-Length: ").append(std::string_view(length.data(), end)).append("\r\n");
  if (!reply.allow.empty()) out.append("Allow: ").append(reply.allow).append("\r\n");
  if (reply.retry_after) out.append("Retry-After: 1\r\n");
  if (!keep_alive) out.append("Connection: close\r\n");
  out.append("\r\n").append(reply.body);
}

}  // namespace modelgate::http
