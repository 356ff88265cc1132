// SPDX-License-Identifier: Apache-2.0
#include "kube/client/http_response.h"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <charconv>
#include <cstring>
#include <string_view>
#include <utility>

namespace modelgate::kube {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

namespace {

using ErrorCode = boost::system::error_code;
using View = beast::string_view;

std::optional<std::chrono::seconds> seconds_of(std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return std::chrono::seconds(value);
}

}  // namespace

// Beast's parser without its message type: we need four headers, and the body goes directly into our string.
class HttpResponseReader::Parser final : public http::basic_parser<false> {
 public:
  Parser(HttpHead& head, std::string& body) : head_(head), body_(body) { head_ = {}; }

 private:
  void on_response_impl(int status, View, int, ErrorCode& error) override {
    error = {};
    head_.status = status;
  }

  void on_field_impl(http::field name, View, View value, ErrorCode& error) override {
    error = {};
    const std::string_view text(value.data(), value.size());
    if (name == http::field::content_type) head_.content_type = text;
    if (name == http::field::retry_after) head_.retry_after = seconds_of(text);
    if (name == http::field::warning) head_.warnings.emplace_back(text);
  }

  void on_body_init_impl(const boost::optional<std::uint64_t>& length, ErrorCode& error) override {
    error = {};
    if (length) head_.content_length = *length;
  }

  std::size_t on_body_impl(View part, ErrorCode& error) override { return append(part, error); }
  std::size_t on_chunk_body_impl(std::uint64_t, View part, ErrorCode& error) override {
    return append(part, error);
  }
  std::size_t append(View part, ErrorCode& error) {
    error = {};
    body_.append(part.data(), part.size());
    return part.size();
  }

  void on_request_impl(http::verb, View, View, int, ErrorCode& error) override { error = {}; }
  void on_header_impl(ErrorCode& error) override { error = {}; }
  void on_chunk_header_impl(std::uint64_t, View, ErrorCode& error) override { error = {}; }
  void on_finish_impl(ErrorCode& error) override { error = {}; }

  HttpHead& head_;
  std::string& body_;
};

HttpResponseReader::HttpResponseReader() = default;
HttpResponseReader::~HttpResponseReader() = default;

void HttpResponseReader::start() {
  if (!buffer_) buffer_ = std::make_unique_for_overwrite<char[]>(kReadBytes);
  begin_ = end_ = 0;
  body_.clear();
  problem_.clear();
  started_ = head_done_ = done_ = false;
  parser_ = std::make_unique<Parser>(head_, body_);
  parser_->header_limit(kReadBytes);
  parser_->body_limit(boost::none);  // the caller limits the body
}

void HttpResponseReader::rest() {
  buffer_.reset();
  parser_.reset();
  body_ = std::string();
}

std::span<char> HttpResponseReader::room() {
  if (begin_ > 0) {
    std::memmove(buffer_.get(), buffer_.get() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  return {buffer_.get() + end_, kReadBytes - end_};
}

void HttpResponseReader::received(std::size_t count) {
  started_ = started_ || count > 0;
  end_ += count;
  advance();
}

void HttpResponseReader::advance() {
  while (begin_ < end_ && !done_ && !bad()) {
    if (!parse_some()) break;
  }
  if (!done_ && !bad() && end_ - begin_ == kReadBytes) problem_ = "its headers are larger than 16 KiB";
}

// False if more bytes are needed.
bool HttpResponseReader::parse_some() {
  const asio::const_buffer unread(buffer_.get() + begin_, end_ - begin_);
  ErrorCode error;
  begin_ += parser_->put(unread, error);
  if (error && error != http::error::need_more) {
    problem_ = error.message();
    return false;
  }
  if (!head_done_ && parser_->is_header_done()) {
    const bool interim = head_.status < 200 && head_.status != 101;
    if (interim) parser_ = std::make_unique<Parser>(head_, body_);
    head_done_ = !interim;
    parser_->eager(!interim);
    if (interim) return true;
  }
  done_ = parser_->is_done();
  return !error;
}

void HttpResponseReader::ended() {
  if (done_ || bad()) return;
  ErrorCode error;
  if (parser_->got_some()) parser_->put_eof(error);
  done_ = !error && parser_->is_done();
  if (!done_)
    problem_ = started_ ? "the connection was closed before the end of the answer"
                        : "the connection was closed before the answer";
}

bool HttpResponseReader::keep_alive() const {
  return done_ && begin_ == end_ && !parser_->need_eof() && parser_->keep_alive();
}

}  // namespace modelgate::kube
