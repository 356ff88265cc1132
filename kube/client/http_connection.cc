// SPDX-License-Identifier: Apache-2.0
#include "kube/client/http_connection.h"

#include <fmt/format.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <cerrno>
#include <cstdlib>
#include <type_traits>
#include <utility>
#include <vector>

#include "kube/client/server_url.h"
#include "kube/client/tls_context.h"

namespace modelgate::kube {
namespace {

using Tcp = asio::ip::tcp;
using ErrorCode = boost::system::error_code;
using TlsStream = asio::ssl::stream<Tcp::socket>;
using Kind = ApiError::Kind;

/// TCP keepalive detects a lost peer within half a minute. A watch may have no events for longer.
constexpr int kKeepAliveIdleSeconds = 15;
constexpr int kKeepAliveIntervalSeconds = 5;
constexpr int kKeepAliveProbes = 3;
/// Each address gets an equal part of the remaining time, and at least this.
constexpr std::chrono::milliseconds kShortestConnect{250};

/// A name lookup cannot be cancelled: it continues after its caller has stopped waiting.
struct Lookup {
  explicit Lookup(const asio::any_io_executor& executor) : resolver(executor) {}
  Tcp::resolver resolver;
  Waiters waiters;
  ErrorCode error = asio::error::operation_aborted;
  std::vector<Tcp::endpoint> found;
  bool done = false;
};

void set_socket_options(Tcp::socket& socket) {
  ErrorCode ignored;
  socket.set_option(Tcp::no_delay(true), ignored);
  socket.set_option(asio::socket_base::keep_alive(true), ignored);
  const int handle = socket.native_handle();
  ::setsockopt(handle, IPPROTO_TCP, TCP_KEEPIDLE, &kKeepAliveIdleSeconds, sizeof(int));
  ::setsockopt(handle, IPPROTO_TCP, TCP_KEEPINTVL, &kKeepAliveIntervalSeconds, sizeof(int));
  ::setsockopt(handle, IPPROTO_TCP, TCP_KEEPCNT, &kKeepAliveProbes, sizeof(int));
}

/// True if a read would block: there are no data and the peer has not closed.
bool is_quiet(Tcp::socket& socket) {
  char byte = 0;
  const auto got = ::recv(socket.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

// Stream is a TlsStream, or a Tcp::socket without TLS.
template <class Stream>
class Connection final : public HttpConnection, public std::enable_shared_from_this<Connection<Stream>> {
 public:
  static constexpr bool kTls = std::is_same_v<Stream, TlsStream>;

  Connection(asio::io_context& context, HttpEndpoint endpoint, Stream stream)
      : context_(context), endpoint_(std::move(endpoint)), stream_(std::move(stream)), timer_(context) {
    if constexpr (kTls) {
      expect_server(stream_.native_handle(),
                    endpoint_.server_name.empty() ? endpoint_.host : endpoint_.server_name);
    }
  }

  void set_deadline(SteadyTime deadline) override {
    deadline_ = deadline;
    close_at(deadline);
  }

  Task<ApiResult<void>> open() override {
    auto endpoints = co_await look_up();
    if (!endpoints) co_return std::unexpected(std::move(endpoints).error());
    auto connected = co_await connect(*endpoints);
    if (!connected) co_return connected;
    set_socket_options(socket());
    if constexpr (kTls) {
      co_await stream_.async_handshake(asio::ssl::stream_base::client, token());
      if (error_) co_return std::unexpected(handshake_failed());
    }
    co_return ApiResult<void>();
  }

  Task<ApiResult<HttpHead>> exchange(std::string request) override {
    reader_.start();
    resting_ = sent_ = false;
    error_ = {};
    std::size_t written = 0;
    const auto buffer = asio::buffer(request);
    written = co_await asio::async_write(stream_, buffer, token());
    sent_ = written == request.size();
    // A server that rejects a request during the write answers and closes: its answer is more useful than our
    // error.
    const ErrorCode write_error = error_;
    while (!reader_.head_done()) {
      auto more = co_await receive();
      if (!more && write_error && !reader_.started()) error_ = write_error;
      if (!more) co_return std::unexpected(std::move(more).error());
    }
    co_return reader_.head();
  }

  Task<ApiResult<bool>> read_body(std::string& text) override {
    while (reader_.body().empty() && !reader_.done()) {
      auto more = co_await receive();
      if (!more) co_return std::unexpected(std::move(more).error());
    }
    if (reader_.body().empty()) co_return false;
    if (text.empty()) {
      std::swap(text, reader_.body());
    } else {
      text += reader_.body();
    }
    reader_.body().clear();
    co_return true;
  }

  bool sent() const override { return sent_; }
  bool answered() const override { return reader_.started(); }

  bool reusable() override {
    if (expired_ || cancelled_ || !socket().is_open()) return false;
    if (!resting_ && !reader_.keep_alive()) return false;
    if constexpr (kTls) {
      if (SSL_pending(stream_.native_handle()) > 0) return false;
    }
    return is_quiet(socket());
  }

  void rest() override {
    resting_ = true;
    deadline_ = SteadyTime::max();
    timer_.cancel();
    reader_.rest();
  }

  void cancel() override {
    cancelled_ = true;
    if (lookup_) lookup_->waiters.wake_all();
    close();
  }

 private:
  auto token() { return asio::redirect_error(asio::use_awaitable, error_); }

  Tcp::socket& socket() {
    if constexpr (kTls) {
      return stream_.next_layer();
    } else {
      return stream_;
    }
  }

  void close() {
    ErrorCode ignored;
    socket().close(ignored);
  }

  void close_at(SteadyTime time) {
    timer_.expires_at(time);
    timer_.async_wait([weak = this->weak_from_this()](const ErrorCode& error) {
      const auto self = error ? nullptr : weak.lock();
      const auto now = std::chrono::steady_clock::now();
      if (!self || now < self->timer_.expiry()) return;  // the deadline was moved
      self->expired_ = now >= self->deadline_;
      self->close();
    });
  }

  /// The error of the last failed operation. `where`: such as "connecting to".
  ApiError failed(std::string_view where) {
    const std::string server = host_and_port(endpoint_.host, endpoint_.port);
    if (cancelled_) return {.kind = Kind::kCancelled, .message = "the client is stopping"};
    if (expired_) {
      return {.kind = Kind::kDeadline,
              .message = fmt::format("no answer in time while {} {}", where, server)};
    }
    const bool tls = error_.category() == asio::error::get_ssl_category();
    return {.kind = tls ? Kind::kTls : Kind::kConnection,
            .message = fmt::format("{} {}: {}", where, server, error_.message())};
  }

  ApiError handshake_failed() {
    if constexpr (kTls) {
      const std::string problem = server_problem(stream_.native_handle());
      ERR_clear_error();
      if (!problem.empty() && !expired_ && !cancelled_) {
        return {.kind = Kind::kTls,
                .message = fmt::format("{}: {}", host_and_port(endpoint_.host, endpoint_.port), problem)};
      }
    }
    return failed("making the TLS handshake with");
  }

  Task<ApiResult<std::vector<Tcp::endpoint>>> look_up() {
    const auto address = asio::ip::make_address(endpoint_.host, error_);
    const auto port = static_cast<unsigned short>(std::strtoul(endpoint_.port.c_str(), nullptr, 10));
    if (!error_) co_return std::vector{Tcp::endpoint(address, port)};
    const auto lookup = std::make_shared<Lookup>(context_.get_executor());
    lookup_ = lookup;
    lookup->resolver.async_resolve(
        endpoint_.host, endpoint_.port,
        [lookup](const ErrorCode& error, const Tcp::resolver::results_type& results) {
          lookup->done = true;
          lookup->error = error;
          for (const auto& result : results) lookup->found.push_back(result.endpoint());
          lookup->waiters.wake_all();
        });
    while (!lookup->done && !cancelled_ && std::chrono::steady_clock::now() < deadline_) {
      co_await lookup->waiters.wait(deadline_);
    }
    expired_ = !lookup->done && !cancelled_;
    error_ = lookup->error;
    if (error_ || cancelled_) co_return std::unexpected(failed("looking up"));
    co_return std::move(lookup->found);
  }

  // One address after another, each with its part of the time.
  Task<ApiResult<void>> connect(const std::vector<Tcp::endpoint>& endpoints) {
    for (std::size_t i = 0; i < endpoints.size(); ++i) {
      const auto now = std::chrono::steady_clock::now();
      const auto left = static_cast<std::int64_t>(endpoints.size() - i);
      const auto share = std::max<SteadyTime::duration>((deadline_ - now) / left, kShortestConnect);
      close_at(std::min(deadline_, now + share));
      co_await socket().async_connect(endpoints[i], token());
      if (!error_ || cancelled_ || expired_) break;
      close();
    }
    close_at(deadline_);
    if (error_) co_return std::unexpected(failed("connecting to"));
    co_return ApiResult<void>();
  }

  Task<ApiResult<void>> receive() {
    const std::span<char> room = reader_.room();
    const asio::mutable_buffer buffer(room.data(), room.size());
    std::size_t count = 0;
    count = co_await stream_.async_read_some(buffer, token());
    if (count > 0) reader_.received(count);
    const bool end = error_ == asio::error::eof || error_ == asio::ssl::error::stream_truncated;
    if (end && !expired_ && !cancelled_) reader_.ended();
    if (error_ && !end) co_return std::unexpected(failed("reading from"));
    if (expired_ || cancelled_) co_return std::unexpected(failed("reading from"));
    if (!reader_.bad()) co_return ApiResult<void>();
    co_return std::unexpected(
        ApiError{.kind = end ? Kind::kConnection : Kind::kMalformed,
                 .message = fmt::format("the answer of {} cannot be read: {}",
                                        host_and_port(endpoint_.host, endpoint_.port), reader_.problem())});
  }

  asio::io_context& context_;
  HttpEndpoint endpoint_;
  Stream stream_;
  asio::steady_timer timer_;
  HttpResponseReader reader_;
  std::shared_ptr<Lookup> lookup_;
  SteadyTime deadline_ = SteadyTime::max();
  ErrorCode error_;
  bool sent_ = false, resting_ = false, expired_ = false, cancelled_ = false;
};

}  // namespace

std::shared_ptr<HttpConnection> HttpConnection::make(asio::io_context& context, const HttpEndpoint& endpoint,
                                                     const std::shared_ptr<SSL_CTX>& tls) {
  Tcp::socket socket(context);
  if (!endpoint.tls) return std::make_shared<Connection<Tcp::socket>>(context, endpoint, std::move(socket));
  SSL_CTX_up_ref(tls.get());
  asio::ssl::context held(tls.get());  // releases its reference; the stream has its own
  return std::make_shared<Connection<TlsStream>>(context, endpoint, TlsStream(std::move(socket), held));
}

}  // namespace modelgate::kube
