// SPDX-License-Identifier: Apache-2.0
//
// Parses HTTP/1.1 answers incrementally (RFC 9112): head, then a body with a length, in chunks, or up to the
// end of the connection. Wraps Beast's parser; no I/O. Used by kube/client/http_connection.cc.
//
//   reader.start();
//   while (!reader.head_done() && !reader.bad()) { read n bytes into reader.room(); reader.received(n); }
//   while (!reader.done() && !reader.bad()) { use(reader.body()); reader.body().clear(); ... }
//
// Skips interim answers (1xx).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace modelgate::kube {

struct HttpHead {
  int status = 0;
  std::string content_type;
  std::optional<std::uint64_t> content_length;
  std::optional<std::chrono::seconds> retry_after;  // only the form in seconds
  std::vector<std::string> warnings;                // values of Warning headers
};

/// The size of one read, a TLS record, and the limit for an answer's headers and for a chunk's header. The
/// API server's headers take less than 1 KiB.
inline constexpr std::size_t kReadBytes = std::size_t{16} << 10;

class HttpResponseReader {
 public:
  HttpResponseReader();
  ~HttpResponseReader();
  HttpResponseReader(const HttpResponseReader&) = delete;
  HttpResponseReader& operator=(const HttpResponseReader&) = delete;

  /// Starts the next answer.
  void start();
  /// Frees the buffer until the next start(): an idle connection needs none.
  void rest();

  /// Where to read the next bytes into; not empty unless done() or bad().
  std::span<char> room();
  /// Parses `count` bytes that were read into room().
  void received(std::size_t count);
  /// The connection was closed: the end of a body without a length, else an error.
  void ended();

  bool started() const { return started_; }  // the first byte of the answer arrived
  bool head_done() const { return head_done_; }
  bool done() const { return done_; }
  bool bad() const { return !problem_.empty(); }
  const std::string& problem() const { return problem_; }

  const HttpHead& head() const { return head_; }
  /// The parsed part of the body. The caller takes and clears it.
  std::string& body() { return body_; }
  /// After done(): whether another answer may follow on this connection.
  bool keep_alive() const;

 private:
  class Parser;

  void advance();
  bool parse_some();

  std::unique_ptr<char[]> buffer_;
  std::size_t begin_ = 0;  // of the received bytes that are not parsed yet
  std::size_t end_ = 0;
  std::unique_ptr<Parser> parser_;
  HttpHead head_;
  std::string body_;
  std::string problem_;
  bool started_ = false, head_done_ = false, done_ = false;
};

}  // namespace modelgate::kube
