// SPDX-License-Identifier: Apache-2.0
#include "http/request_reader.h"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <cstring>
#include <utility>

namespace modelgate::http {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace beast_http = boost::beast::http;

// Beast's parser without its message type: we need two headers, and the body goes directly into our string.
class RequestReader::Parser final : public beast_http::basic_parser<true> {
 public:
  Parser(std::string& target, std::string& content_type, std::string& body)
      : target_(target), content_type_(content_type), body_(body) {
    target_.clear();
    content_type_.clear();
    body_.clear();
  }

  std::string_view method() const { return method_; }
  bool expects_continue() const { return expects_continue_; }

 private:
  using View = beast::string_view;

  void on_request_impl(beast_http::verb, View method, View target, int,
                       boost::system::error_code& error) override {
    error = {};
    method_.assign(method.data(), method.size());
    target_.assign(target.data(), target.size());
  }

  void on_field_impl(beast_http::field name, View, View value, boost::system::error_code& error) override {
    error = {};
    if (name == beast_http::field::content_type) content_type_.assign(value.data(), value.size());
    if (name == beast_http::field::expect) expects_continue_ = beast::iequals(value, "100-continue");
  }

  void on_body_init_impl(const boost::optional<std::uint64_t>& length,
                         boost::system::error_code& error) override {
    error = {};
    if (length) body_.reserve(static_cast<std::size_t>(*length));  // its limit was checked before
  }

  std::size_t on_body_impl(View part, boost::system::error_code& error) override {
    return append(part, error);
  }

  std::size_t on_chunk_body_impl(std::uint64_t, View part, boost::system::error_code& error) override {
    return append(part, error);
  }

  std::size_t append(View part, boost::system::error_code& error) {
    error = {};
    body_.append(part.data(), part.size());
    return part.size();
  }

  void on_response_impl(int, View, int, boost::system::error_code& error) override { error = {}; }
  void on_header_impl(boost::system::error_code& error) override { error = {}; }
  void on_chunk_header_impl(std::uint64_t, View, boost::system::error_code& error) override { error = {}; }
  void on_finish_impl(boost::system::error_code& error) override { error = {}; }

  std::string& target_;
  std::string& content_type_;
  std::string& body_;
  std::string method_;
  bool expects_continue_ = false;
};

RequestReader::RequestReader(const Limits& limits) : limits_(limits) {
  next();
}

RequestReader::~RequestReader() = default;

std::span<char> RequestReader::room() {
  if (!buffer_) buffer_ = std::make_unique_for_overwrite<char[]>(limits_.header_bytes);
  if (begin_ > 0) {
    std::memmove(buffer_.get(), buffer_.get() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  return {buffer_.get() + end_, limits_.header_bytes - end_};
}

void RequestReader::received(std::size_t count) {
  end_ += count;
  advance();
}

void RequestReader::next() {
  if (body_.capacity() > limits_.counted_body_bytes) body_ = std::string();
  parser_ = std::make_unique<Parser>(target_, content_type_, body_);
  parser_->header_limit(static_cast<std::uint32_t>(limits_.header_bytes + 1));  // advance() counts them
  parser_->body_limit(limits_.body_bytes);
  header_bytes_ = 0;
  state_ = State::kIdle;
  advance();
}

void RequestReader::advance() {
  if (state_ == State::kDone || state_ == State::kBad || begin_ == end_) return;
  const bool in_body = state_ == State::kBody;
  parser_->eager(in_body);  // without it, put() stops after the headers
  boost::system::error_code error;
  do {
    const asio::const_buffer unread(buffer_.get() + begin_, end_ - begin_);
    const std::size_t used = parser_->put(unread, error);
    begin_ += used;
    if (!in_body) header_bytes_ += used;
  } while (in_body && begin_ < end_ && !error && !parser_->is_done());
  settle(error);
}

// Handles the parser's result. Beast's header limit applies to the data of one call, ours to all headers.
void RequestReader::settle(const boost::system::error_code& error) {
  const bool need_more = error == beast_http::error::need_more;
  if (error && !need_more) {
    fail(error == beast_http::error::body_limit ? 413 : 400, error.message());
    return;
  }
  const std::size_t pending = end_ - begin_;
  const bool header_done = parser_->is_header_done();
  const std::size_t header_bytes =
      header_bytes_ + (header_done ? 0 : pending + 1);  // at least one more byte follows
  if (header_bytes > limits_.header_bytes) {
    fail(431, "headers are larger than allowed");
    return;
  }
  if (need_more && pending == limits_.header_bytes) {
    fail(400, "a chunk's header is larger than allowed");
    return;
  }
  if (pending == 0) begin_ = end_ = 0;
  state_ = header_done ? State::kBody : State::kHeader;
  if (parser_->is_done()) state_ = State::kDone;
}

void RequestReader::fail(int status, std::string reason) {
  state_ = State::kBad;
  bad_status_ = status;
  bad_reason_ = std::move(reason);
}

Request RequestReader::request() const {
  const std::string_view target = target_;
  return {.method = parser_->method(),
          .path = target.substr(0, target.find('?')),
          .query = query(),
          .content_type = content_type_,
          .body = body_};
}

std::string_view RequestReader::query() const {
  const std::string_view target = target_;
  const std::size_t mark = target.find('?');
  return mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1);
}

bool RequestReader::keep_alive() const {
  return parser_->keep_alive();
}

std::uint64_t RequestReader::declared_body() const {
  const auto length = parser_->content_length();
  if (length) return *length;
  return parser_->chunked() ? limits_.body_bytes : 0;
}

bool RequestReader::expects_continue() const {
  return parser_->expects_continue();
}

}  // namespace modelgate::http
