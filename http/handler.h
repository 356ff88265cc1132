// SPDX-License-Identifier: Apache-2.0
//
// The interface between http/session.cc, which implements HTTP, and the handlers of requests:
// webhook/admission_handler.h and http/probes.h.
//
//   class Echo final : public Handler {
//     std::optional<Reply> handle(const Request& request, ReplyLater&) override {
//       return Reply{.body = std::string(request.body)};
//     }
//   };
//
// Each thread of a server has its own handler (HandlerFactory), so a handler needs no locks and may reuse
// buffers.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace modelgate::http {

using SteadyTime = std::chrono::steady_clock::time_point;

/// A complete request. The views are valid until the reply.
struct Request {
  std::string_view method;        // "POST"
  std::string_view path;          // "/mutate-pods", without the query; not percent-decoded
  std::string_view query;         // "timeout=5s", without the "?"
  std::string_view content_type;  // the header's value, "" if it is missing
  std::string_view body;
  std::chrono::milliseconds taken{0};  // since its first byte; less than a tick counts as 0
};

struct Reply {
  int status = 200;
  std::string_view content_type = "application/json";  // a literal
  std::string_view allow = {};                         // the Allow header of a 405; a literal
  bool retry_after = false;  // adds "Retry-After: 1", which makes the API server retry
  bool close = false;        // closes the connection after this reply
  std::string body = {};
};

/// A reply with one line of plain text, for errors.
Reply text_reply(int status, std::string_view text);

/// 429 with Retry-After: the API server retries.
Reply overloaded_reply(std::string_view text);

/// Posts a function to a thread of a server. From any thread, while the server exists. Functions that have
/// not run when the server stops are dropped.
using RunOnThread = std::function<void(std::function<void()>)>;

/// Receives the reply of a handler that does not answer immediately.
class ReplyLater {
 public:
  virtual ~ReplyLater() = default;
  /// False if too many requests are waiting: the handler must then answer immediately. Call it before
  /// waiting.
  virtual bool may_wait() { return true; }
  /// Call it exactly once, on the thread that called Handler::handle, after handle() has returned.
  virtual void reply(Reply reply) = 0;
  /// Posts to that thread, from another one.
  virtual RunOnThread thread() = 0;
};

class Handler {
 public:
  virtual ~Handler() = default;

  /// Returns a reply, or returns nothing and calls `later.reply` later. Until then `request` and `later` stay
  /// valid, and the connection reads no further request. The handler must observe a deadline. An exception
  /// becomes HTTP 500 and is logged.
  virtual std::optional<Reply> handle(const Request& request, ReplyLater& later) = 0;
};

using HandlerFactory = std::function<std::unique_ptr<Handler>()>;

/// Appends status line, headers and body to `out`.
void append_reply(const Reply& reply, bool keep_alive, std::string& out);

}  // namespace modelgate::http
