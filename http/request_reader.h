// SPDX-License-Identifier: Apache-2.0
//
// Parses HTTP/1.1 requests incrementally, one after another: Beast's parser with our limits, no socket. Used
// by http/session.cc.
//
//   RequestReader reader(limits);
//   while (reader.state() == RequestReader::State::kIdle || ... kHeader || ... kBody) {
//     reader.received(socket.read_some(reader.room()));
//   }
//   if (reader.state() == kBad) reply(reader.bad_status()); else answer(reader.request());
//   reader.next();                       // continues with pipelined data
//
// Follows RFC 9112. Reuses its buffer (header_bytes) and the memory of the body; frees a body larger than 64
// KiB.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "http/handler.h"
#include "http/limits.h"

namespace boost::system {
class error_code;
}

namespace modelgate::http {

class RequestReader {
 public:
  enum class State : std::uint8_t {
    kIdle,    // no byte of a request yet
    kHeader,  // in the request line or the headers
    kBody,    // headers complete: declared_body() and expects_continue() are known
    kDone,    // request() is complete
    kBad,     // see bad_status(); reads no further
  };

  explicit RequestReader(const Limits& limits);
  ~RequestReader();
  RequestReader(const RequestReader&) = delete;
  RequestReader& operator=(const RequestReader&) = delete;

  State state() const { return state_; }

  /// Where to read the next bytes into; not empty in kIdle, kHeader and kBody.
  std::span<char> room();

  /// Parses `count` bytes that were read into room(). Stops once at kBody and at kDone: call it with 0 to
  /// continue from kBody.
  void received(std::size_t count);

  /// In kDone: starts the next request, with the data after this one.
  void next();

  /// In kDone: views into this reader, until next().
  Request request() const;
  bool keep_alive() const;

  /// From kBody on: the part of the target after "?".
  std::string_view query() const;

  /// From kBody on. A chunked body has no declared size: the limit is returned.
  std::uint64_t declared_body() const;
  bool expects_continue() const;

  /// In kBad: 400, 413 or 431, and the parser's message.
  int bad_status() const { return bad_status_; }
  std::string_view bad_reason() const { return bad_reason_; }

 private:
  class Parser;

  void advance();
  void settle(const boost::system::error_code& error);
  void fail(int status, std::string reason);

  const Limits& limits_;
  std::unique_ptr<char[]> buffer_;
  std::size_t begin_ = 0;  // of the received bytes that are not parsed yet
  std::size_t end_ = 0;
  std::size_t header_bytes_ = 0;  // parsed so far
  State state_ = State::kIdle;
  int bad_status_ = 0;
  std::string bad_reason_;
  std::string target_;
  std::string content_type_;
  std::string body_;
  std::unique_ptr<Parser> parser_;
};

}  // namespace modelgate::http
