// SPDX-License-Identifier: Apache-2.0
//
// Reads HTTP/1.1 answers from bytes as they come (RFC 9112): head, then a body by length, in chunks, or up to
// the connection's end. Beast's parser behind a small face; no I/O. Used by kube/client/http_connection.cc.
//
//   reader.start();
//   while (!reader.head_done() && !reader.bad()) { read n bytes into reader.room(); reader.received(n); }
//   while (!reader.done() && !reader.bad()) { use(reader.body()); reader.body().clear(); ... }
//
// Interim answers (1xx) are passed over.
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
  std::optional<std::chrono::seconds> retry_after;  // of its two forms, the one in seconds
  std::vector<std::string> warnings;                // values of Warning headers, as they came
};

/// What is read at once, a TLS record, and the bound on an answer's headers and on one chunk's header: the
/// API server's headers are below 1 KiB.
inline constexpr std::size_t kReadBytes = std::size_t{16} << 10;

class HttpResponseReader {
 public:
  HttpResponseReader();
  ~HttpResponseReader();
  HttpResponseReader(const HttpResponseReader&) = delete;
  HttpResponseReader& operator=(const HttpResponseReader&) = delete;

  /// The next answer begins.
  void start();
  /// Gives the buffer back until the next start(): an idle connection needs none.
  void rest();

  /// Where the next bytes go; never empty while neither done nor bad.
  std::span<char> room();
  /// `count` bytes were written to room().
  void received(std::size_t count);
  /// The connection has ended: the end of a body without a length, else an error.
  void ended();

  bool started() const { return started_; }  // a byte of the answer came
  bool head_done() const { return head_done_; }
  bool done() const { return done_; }
  bool bad() const { return !problem_.empty(); }
  const std::string& problem() const { return problem_; }

  const HttpHead& head() const { return head_; }
  /// What came of the body and was not taken yet. For the caller to take and clear.
  std::string& body() { return body_; }
  /// True where another answer may follow on this connection. After done().
  bool keep_alive() const;

 private:
  class Parser;

  void advance();
  bool parse_some();

  std::unique_ptr<char[]> buffer_;
  std::size_t begin_ = 0;  // of what was received and not parsed yet
  std::size_t end_ = 0;
  std::unique_ptr<Parser> parser_;
  HttpHead head_;
  std::string body_;
  std::string problem_;
  bool started_ = false, head_done_ = false, done_ = false;
};

}  // namespace modelgate::kube
