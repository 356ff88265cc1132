// SPDX-License-Identifier: Apache-2.0
#include "kube/client/client_transport.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <optional>
#include <utility>

#include "kube/client/api_answer.h"
#include "kube/client/fault_injector.h"
#include "kube/client/server_url.h"
#include "process/log.h"

namespace modelgate::kube {
namespace {

using Kind = ApiError::Kind;
using Clock = std::chrono::steady_clock;

/// Enough for a rolling restart of API servers with a load balancer. The caller handles longer outages.
constexpr int kReconnects = 3;
constexpr std::chrono::milliseconds kReconnectPause{100};
constexpr std::chrono::milliseconds kLongestReconnectPause{1000};

/// The same as in client-go.
constexpr int kMaxRetryAfterRetries = 10;

/// Longer waits for the rate limit are logged, as in client-go.
constexpr std::chrono::seconds kNoticeableWait{1};

ApiError too_late(std::string_view what) {
  return {.kind = Kind::kDeadline, .message = fmt::format("the deadline passed while waiting for {}", what)};
}

ApiError stopping() {
  return {.kind = Kind::kCancelled, .message = "the client is stopping"};
}

std::chrono::milliseconds rounded_up(Clock::duration time) {
  return std::chrono::ceil<std::chrono::milliseconds>(time);
}

}  // namespace

// ---- connections in use

LiveConnection::LiveConnection(Transport transport, std::shared_ptr<HttpConnection> connection)
    : transport_(std::move(transport)), connection_(std::move(connection)) {
  place_ = transport_->live_.insert(transport_->live_.end(), connection_.get());
}

LiveConnection::~LiveConnection() {
  transport_->live_.erase(place_);
}

// One of the connections that may be in use at once; returned on destruction.
class ClientTransport::Slot {
 public:
  Slot() = default;
  ~Slot() {
    if (!transport_) return;
    --transport_->in_use_;
    transport_->free_.wake_one();
  }
  Slot(const Slot&) = delete;
  Slot& operator=(const Slot&) = delete;

  void take(Transport transport) {
    transport_ = std::move(transport);
    ++transport_->in_use_;
  }

 private:
  Transport transport_;
};

struct ClientTransport::Idle {
  std::shared_ptr<HttpConnection> connection;
  std::uint64_t generation;
  SteadyTime since;
};

class ClientTransport::IdleTimer {
 public:
  explicit IdleTimer(asio::io_context& context) : timer_(context) {}

  void start(ClientTransport& transport) {
    if (running_) return;
    running_ = true;
    timer_.expires_after(kIdleConnection);
    timer_.async_wait([weak = transport.weak_from_this()](const boost::system::error_code& error) {
      const auto self = error ? nullptr : weak.lock();
      if (!self) return;
      self->idle_timer_->running_ = false;
      self->drop_idle(Clock::now() - kIdleConnection);
      if (!self->idle_.empty()) self->idle_timer_->start(*self);
    });
  }

 private:
  asio::steady_timer timer_;
  bool running_ = false;
};

// ---- one attempt

struct ClientTransport::Attempt {
  ApiResult<HttpHead> head = std::unexpected(ApiError{});
  std::string body;  // complete, unless it is streamed
  std::unique_ptr<LiveConnection> connection;
  std::shared_ptr<const CredentialSet> credentials;
  bool reused = false;    // the connection was used before
  bool sent = false;      // the request was sent completely
  bool answered = false;  // the first byte of the answer arrived
};

ClientTransport::ClientTransport(asio::io_context& context, ClientConfig config, ClientOptions options)
    : context_(context),
      options_(std::move(options)),
      credentials_(std::move(config)),
      endpoint_{.host = this->config().host,
                .port = this->config().port,
                .tls = this->config().tls,
                .server_name = this->config().tls_server_name},
      rate_(options_.qps, options_.burst),
      idle_timer_(std::make_unique<IdleTimer>(context)) {}

ClientTransport::~ClientTransport() = default;

void ClientTransport::close() {
  closed_ = true;
  idle_.clear();
  idle_timer_ = std::make_unique<IdleTimer>(context_);
  for (HttpConnection* const connection : live_) connection->cancel();
  free_.wake_all();
}

std::string ClientTransport::text_of(const ApiRequest& request, const CredentialSet& credentials) const {
  std::string out =
      fmt::format("{} {}{}{}{} HTTP/1.1\r\nHost: {}\r\nUser-Agent: {}\r\nAccept: application/json\r\n",
                  request.method, config().base_path, request.path, request.query.empty() ? "" : "?",
                  request.query, host_and_port(endpoint_.host, endpoint_.port), options_.user_agent);
  if (!credentials.authorization.empty()) out += "Authorization: " + credentials.authorization + "\r\n";
  if (!request.content_type.empty()) out += "Content-Type: " + request.content_type + "\r\n";
  if (request.method != "GET") out += fmt::format("Content-Length: {}\r\n", request.body.size());
  out += "\r\n";
  out += request.body;
  return out;
}

std::shared_ptr<HttpConnection> ClientTransport::idle_connection(std::uint64_t generation) {
  drop_idle(Clock::now() - kIdleConnection);
  while (!idle_.empty()) {
    const Idle first = std::move(idle_.front());
    idle_.pop_front();
    if (first.generation == generation && first.connection->reusable()) return first.connection;
  }
  return nullptr;
}

void ClientTransport::keep(std::shared_ptr<HttpConnection> connection, std::uint64_t generation) {
  if (closed_ || idle_.size() >= options_.connections || !connection->reusable()) return;
  connection->rest();
  idle_.push_front({std::move(connection), generation, Clock::now()});
  idle_timer_->start(*this);
}

void ClientTransport::drop_idle(SteadyTime older_than) {
  while (!idle_.empty() && idle_.back().since <= older_than) idle_.pop_back();
}

Task<ClientTransport::Attempt> ClientTransport::attempt(Transport self, const ApiRequest& request) {
  Attempt out;
  auto credentials = co_await self->credentials_.current(request.deadline);
  if (!credentials || self->closed_) {
    out.head = std::unexpected(self->closed_ ? stopping() : std::move(credentials).error());
    co_return out;
  }
  out.credentials = std::move(*credentials);
  auto connection = request.stream ? nullptr : self->idle_connection(out.credentials->generation);
  out.reused = connection != nullptr;
  if (!connection) connection = HttpConnection::make(self->context_, self->endpoint_, out.credentials->tls);
  out.connection = std::make_unique<LiveConnection>(self, connection);
  connection->set_deadline(request.deadline);
  if (!out.reused) {
    ++self->counts_.connections_opened;
    auto opened = co_await connection->open();
    if (!opened) {
      out.head = std::unexpected(std::move(opened).error());
      co_return out;
    }
  }
  std::string text = self->text_of(request, *out.credentials);
  out.head = co_await connection->exchange(std::move(text));
  out.sent = connection->sent();
  out.answered = connection->answered();
  if (!out.head) co_return out;
  for (const std::string& warning : out.head->warnings) {
    log::debug("the API server warns", {{"path", request.path}, {"warning", warning}});
  }
  if (request.stream && out.head->status == 200) co_return out;
  bool more = true;
  while (more) {
    auto part = co_await connection->read_body(out.body);
    more = part.value_or(false);
    if (!part) out.head = std::unexpected(std::move(part).error());
    if (out.body.size() <= kMaxResponseBytes) continue;
    out.head = std::unexpected(
        ApiError{.kind = Kind::kMalformed,
                 .message = fmt::format("the answer is larger than {} bytes", kMaxResponseBytes)});
    more = false;
  }
  if (out.head) self->keep(connection, out.credentials->generation);
  out.connection.reset();
  co_return out;
}

// The injected fault replaces the answer; the connection is not used again.
ClientTransport::Attempt ClientTransport::injected(const Fault& fault, bool sent) {
  Attempt out;
  out.sent = sent;
  if (fault.lost) {
    out.head = std::unexpected(ApiError{.kind = Kind::kConnection, .message = "the connection was lost"});
    return out;
  }
  out.answered = true;
  out.head = HttpHead{.status = fault.status,
                      .content_type = "application/json",
                      .content_length = {},
                      .retry_after = fault.retry_after,
                      .warnings = {}};
  out.body = fmt::format(
      R"({{"kind":"Status","apiVersion":"v1","status":"Failure","message":"injected fault","reason":"{}","code":{}}})",
      fault.reason, fault.status);
  return out;
}

Task<ClientTransport::Attempt> ClientTransport::attempt_under_faults(Transport self,
                                                                     const ApiRequest& request) {
  FaultInjector& faults = *self->options_.faults;
  const FaultInjector::Call call{request.method, request.path, request.query, request.stream};
  Fault fault = faults.before(call);
  if (fault.delay.count() > 0) co_await sleep_for(fault.delay);
  if (fault.any()) co_return injected(fault, false);
  Attempt out = co_await attempt(self, request);
  fault = faults.after(call, out.head ? out.head->status : 0);
  if (fault.delay.count() > 0) co_await sleep_for(fault.delay);
  if (!fault.any()) co_return out;
  const auto credentials = out.credentials;
  out = injected(fault, true);
  out.credentials = credentials;
  co_return out;
}

// ---- rate limit and retries

Task<ApiResult<void>> ClientTransport::take_place(Transport self, const ApiRequest& request) {
  if (request.urgent || request.stream) co_return ApiResult<void>();
  const auto wait = self->rate_.reserve(Clock::now(), request.deadline);
  if (!wait)
    co_return std::unexpected(too_late("the client's rate limit (--kube-api-qps, --kube-api-burst)"));
  if (*wait <= Clock::duration::zero()) co_return ApiResult<void>();
  self->counts_.rate_limited_microseconds +=
      static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(*wait).count());
  if (*wait >= kNoticeableWait) {
    log::info(
        "waiting for the client's rate limit",
        {{"method", request.method}, {"path", request.path}, {"milliseconds", rounded_up(*wait).count()}});
  }
  co_await sleep_for(rounded_up(*wait));
  co_return ApiResult<void>();
}

// Urgent calls may use as many connections again, so that hanging calls do not block them.
Task<ApiResult<void>> ClientTransport::take_slot(Transport self, const ApiRequest& request, Slot& slot) {
  if (request.stream) co_return ApiResult<void>();
  const std::size_t places = self->options_.connections * (request.urgent ? 2 : 1);
  while (self->in_use_ >= places && !self->closed_) {
    const bool woken = co_await self->free_.wait(request.deadline);
    if (!woken) co_return std::unexpected(too_late("a free connection"));
  }
  slot.take(self);
  co_return ApiResult<void>();
}

Task<ApiResult<ClientTransport::Attempt>> ClientTransport::send(Transport self, ApiRequest request) {
  const bool read = request.method == "GET";
  Backoff pauses(kReconnectPause, kLongestReconnectPause);
  int reconnects = 0;
  int retry_after_retries = 0;
  bool renewed = false;
  while (!self->closed_) {
    Attempt attempt;
    {
      Slot slot;
      auto placed = co_await take_place(self, request);
      if (placed) placed = co_await take_slot(self, request, slot);
      if (!placed) co_return std::unexpected(std::move(placed).error());
      if (self->options_.faults == nullptr) {
        attempt = co_await ClientTransport::attempt(self, request);
      } else {
        attempt = co_await attempt_under_faults(self, request);
      }
    }
    const int status = attempt.head ? attempt.head->status : 0;
    ++self->counts_.requests[{request.method, status}];
    std::chrono::milliseconds pause{0};
    if (!attempt.head) {
      if (attempt.head.error().kind == Kind::kTls) self->credentials_.doubted();
      const bool safe = !attempt.sent || (read && !attempt.answered);
      if (attempt.head.error().kind != Kind::kConnection || !safe || ++reconnects > kReconnects) {
        co_return std::unexpected(std::move(attempt.head).error());
      }
      if (!attempt.reused) pause = pauses.next();
    } else if (status == 401 && !renewed && attempt.credentials && self->credentials_.may_change()) {
      renewed = true;
      self->credentials_.refused(*attempt.credentials);
    } else {
      const bool not_processed = status == 429 || status == 503 || (read && status >= 500);
      const auto retry_after = attempt.head->retry_after;
      if (!not_processed || !retry_after || ++retry_after_retries > kMaxRetryAfterRetries) co_return attempt;
      pause = *retry_after;
    }
    if (Clock::now() + pause >= request.deadline) {
      if (!attempt.head) co_return std::unexpected(std::move(attempt.head).error());
      co_return attempt;
    }
    ++self->counts_.retries;
    if (pause.count() > 0) co_await sleep_for(pause);
  }
  co_return std::unexpected(stopping());
}

namespace {

void give_deadline(ApiRequest& request) {
  if (request.deadline == SteadyTime()) request.deadline = Clock::now() + kDefaultDeadline;
}

ApiError about(ApiError error, const std::string& request) {
  error.request = request;
  return error;
}

}  // namespace

Task<ApiResult<std::string>> ClientTransport::call(Transport self, ApiRequest request) {
  give_deadline(request);
  const std::string name = request.method + " " + request.path;
  auto answer = co_await send(self, std::move(request));
  if (!answer) co_return std::unexpected(about(std::move(answer).error(), name));
  if (answer->head->status / 100 == 2) co_return std::move(answer->body);
  co_return std::unexpected(about(error_of_answer(*answer->head, answer->body), name));
}

Task<ApiResult<std::unique_ptr<LiveConnection>>> ClientTransport::stream(Transport self, ApiRequest request) {
  give_deadline(request);
  const std::string name = request.method + " " + request.path;
  auto answer = co_await send(self, std::move(request));
  if (!answer) co_return std::unexpected(about(std::move(answer).error(), name));
  if (answer->connection) co_return std::move(answer->connection);
  co_return std::unexpected(about(error_of_answer(*answer->head, answer->body), name));
}

}  // namespace modelgate::kube
