// SPDX-License-Identifier: Apache-2.0
#pragma once

// Reads HTTP/1.1 requests from bytes as they come, one after the other: Beast's parser with our limits, no
// socket. Used by http/session.cc.
//
//   RequestReader reader(limits);
//   while (reader.state() == RequestReader::State::kIdle || ... kHeader || ... kBody) {
//     reader.received(socket.read_some(reader.room()));
//   }
//   if (reader.state() == kBad) reply(reader.bad_status()); else answer(reader.request());
//   reader.next();                       // what was pipelined behind it is read first
//
// Follows RFC 9112. Keeps its buffer (header_bytes) and its body's memory between requests; a body that was
// larger than 64 KiB is given back.

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
    kIdle,    // not one byte of a request yet
    kHeader,  // in the request line or the headers
    kBody,    // headers complete: declared_body() and expects_continue() are known
    kDone,    // request() is there
    kBad,     // bad_status() says why; nothing more is read
  };

  explicit RequestReader(const Limits& limits);
  ~RequestReader();
  RequestReader(const RequestReader&) = delete;
  RequestReader& operator=(const RequestReader&) = delete;

  State state() const { return state_; }

  // Where the next bytes go; never empty in kIdle, kHeader and kBody.
  std::span<char> room();

  // `count` bytes were written to room(). Stops at each of kBody and kDone once: call with 0 to go on from
  // kBody.
  void received(std::size_t count);

  // In kDone: forgets the request and begins with what is there behind it.
  void next();

  // In kDone: views into this reader, until next().
  Request request() const;
  bool keep_alive() const;

  // From kBody on: what stands behind the target's "?".
  std::string_view query() const;

  // From kBody on. A chunked body does not declare its size: it counts as the largest allowed.
  std::uint64_t declared_body() const;
  bool expects_continue() const;

  // In kBad: 400, 413 or 431, and the parser's words.
  int bad_status() const { return bad_status_; }
  std::string_view bad_reason() const { return bad_reason_; }

 private:
  class Parser;

  void advance();
  void settle(const boost::system::error_code& error);
  void fail(int status, std::string reason);

  const Limits& limits_;
  std::unique_ptr<char[]> buffer_;
  std::size_t begin_ = 0;  // of what was received and not parsed yet
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
