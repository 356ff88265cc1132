// SPDX-License-Identifier: Apache-2.0
#pragma once

// A request and its reply as handlers see them, and what a handler is. Between http/session.cc, which
// speaks HTTP, and webhook/admission_handler.h and http/probes.h, which answer.
//
//   class Echo final : public Handler {
//     std::optional<Reply> handle(const Request& request, ReplyLater&) override {
//       return Reply{.body = std::string(request.body)};
//     }
//   };
//
// Each thread of a server has a handler of its own (HandlerFactory), so a handler needs no locks and may keep
// buffers between requests.

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace modelgate::http {

using SteadyTime = std::chrono::steady_clock::time_point;

// A request that was read whole. The views end with the reply.
struct Request {
  std::string_view method;        // "POST"
  std::string_view path;          // "/mutate-pods", without the query; not percent-decoded
  std::string_view query;         // "timeout=5s", without the "?"
  std::string_view content_type;  // the header's value, "" where there is none
  std::string_view body;
  std::chrono::milliseconds taken{0};  // since its first byte; what is less than a tick counts as none
};

struct Reply {
  int status = 200;
  std::string_view content_type = "application/json";  // a literal
  std::string_view allow = {};                         // the Allow header of a 405; a literal
  bool retry_after = false;                            // adds "Retry-After: 1", which the API server obeys
  bool close = false;                                  // ends the connection behind this reply
  std::string body = {};
};

// A reply of plain text: what went wrong, on one line.
Reply text_reply(int status, std::string_view text);

// 429, and when to come again: the API server does.
Reply overloaded_reply(std::string_view text);

// Runs a function on one thread of a server, soon. May be called from any thread, as long as the server is
// there; what a server did not come to run when it stops is dropped.
using RunOnThread = std::function<void(std::function<void()>)>;

// Where a handler that could not answer at once sends its reply.
class ReplyLater {
 public:
  virtual ~ReplyLater() = default;
  // False where too many wait already: then the handler answers at once. Asked before it begins to wait.
  virtual bool may_wait() { return true; }
  // To be called exactly once, on the thread that called Handler::handle, and not from within it.
  virtual void reply(Reply reply) = 0;
  // The way back to that thread, for what is found out on another one.
  virtual RunOnThread thread() = 0;
};

class Handler {
 public:
  virtual ~Handler() = default;

  // Answers at once, or returns nothing and calls `later.reply` when it can; until then request and `later`
  // stay valid, and no other request of this connection comes. The handler keeps its own deadline. An
  // exception becomes HTTP 500 and a line in the log.
  virtual std::optional<Reply> handle(const Request& request, ReplyLater& later) = 0;
};

using HandlerFactory = std::function<std::unique_ptr<Handler>()>;

// Writes status line, headers and body behind `out`, as one block for one write.
void append_reply(const Reply& reply, bool keep_alive, std::string& out);

}  // namespace modelgate::http
