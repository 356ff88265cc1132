// SPDX-License-Identifier: Apache-2.0
#include "http/session.h"

#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <limits>
#include <utility>

#include "http/request_reader.h"
#include "http/timeout.h"
#include "process/log.h"

namespace modelgate::http {
namespace {

using ErrorCode = boost::system::error_code;
using TlsStream = asio::ssl::stream<Tcp::socket>;

constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();

// How much we read and discard after rejecting a request, so that the client reads our answer before the
// connection closes: a body of twice the limit.
constexpr std::size_t kMaxDiscarded = std::size_t{14} << 20;

struct PhaseRow {
  Phase phase;
  std::chrono::milliseconds Limits::* limit;  // null: the session has no deadline
  Counter SessionCounters::* timeouts;        // null: not counted
};

constexpr std::array kPhases{
    PhaseRow{Phase::kHandshake, &Limits::handshake, &SessionCounters::timeouts_handshake},
    PhaseRow{Phase::kIdle, &Limits::idle, &SessionCounters::timeouts_idle},
    PhaseRow{Phase::kHeader, &Limits::header, &SessionCounters::timeouts_header},
    PhaseRow{Phase::kBody, &Limits::body, &SessionCounters::timeouts_body},
    PhaseRow{Phase::kClientBoundBody, &Limits::body, &SessionCounters::given_up},
    PhaseRow{Phase::kAnswer, nullptr, nullptr},  // the handler has a deadline
    PhaseRow{Phase::kWrite, &Limits::write, &SessionCounters::timeouts_write},
    PhaseRow{Phase::kClose, &Limits::close, nullptr},
};

const PhaseRow& row_of(Phase phase) {
  return kPhases[static_cast<std::size_t>(phase)];
}

SSL_CTX* share(SSL_CTX* context) {
  SSL_CTX_up_ref(context);
  return context;
}

// Stream is a TlsStream, or a Tcp::socket without TLS.
template <class Stream>
class Session final : public TimedSession, public ReplyLater {
 public:
  static constexpr bool kTls = std::is_same_v<Stream, TlsStream>;

  Session(Worker& worker, Stream stream, bool turn_away)
      : worker_(worker),
        stream_(std::move(stream)),
        reader_(worker.limits),
        wake_(worker.context),
        turn_away_(turn_away) {
    place_ = worker_.sessions.insert(worker_.sessions.end(), this);
  }

  ~Session() override {
    release_body();
    if (waits_) worker_.budgets.waiting.give_back(1);
    worker_.sessions.erase(place_);
    worker_.open.fetch_sub(1, std::memory_order_relaxed);
  }

  asio::awaitable<void> run() {
    if constexpr (kTls) {
      enter(Phase::kHandshake);
      co_await stream_.async_handshake(asio::ssl::stream_base::server, token());
      if (error_) {
        if (!expired) worker_.counters.handshake_failures.add();
        log::debug("handshake failed", {{"reason", error_.message()}});
        co_return;
      }
    }
    bool open = true;
    while (open) {
      co_await read_request();
      if (error_ && !expired) co_return;  // the client has closed
      if (expired && phase == Phase::kIdle) break;
      // The API server timed out and closed the connection: it would not receive an answer.
      if (given_up()) co_return;
      if (!refuse()) co_await answer();
      const bool whole = reader_.state() == RequestReader::State::kDone;
      if (whole && reader_.request().method == "HEAD") reply_.body.clear();  // RFC 9110 9.3.2: no content
      open = whole && reader_.keep_alive() && !reply_.close &&
             !worker_.draining->load(std::memory_order_relaxed);
      out_.clear();
      append_reply(reply_, open, out_);
      co_await write_out();
      if (error_) co_return;
      release_body();
      if (open) reader_.next();
      if (!whole) co_await discard();
    }
    co_await close();
  }

  // Called by the tick while the coroutine waits.
  void cancel() override {
    ErrorCode ignored;
    stream_.lowest_layer().cancel(ignored);
  }

  bool may_wait() override {
    if (!waits_) waits_ = worker_.budgets.waiting.take(1);
    if (!waits_) worker_.counters.requests_refused.add();
    return waits_;
  }

  void reply(Reply reply) override {
    later_ = std::move(reply);
    wake_.cancel();
  }

  RunOnThread thread() override {
    return [&context = worker_.context](std::function<void()> task) { asio::post(context, std::move(task)); };
  }

 private:
  auto token() { return asio::redirect_error(asio::use_awaitable, error_); }

  void enter(Phase next) {
    phase = next;
    expired = false;
    due = worker_.due_after(next);
  }

  // Reads until the request is complete or bad, the client has closed (error_), or a deadline has passed
  // (expired).
  asio::awaitable<void> read_request() {
    using State = RequestReader::State;
    error_ = {};
    enter(Phase::kIdle);
    started_at_ = worker_.now;
    client_due_ = kNever;
    while (true) {
      const State state = reader_.state();
      if (state == State::kDone || state == State::kBad) co_return;
      if (state == State::kHeader && phase == Phase::kIdle) enter(Phase::kHeader);
      if (state == State::kBody && (phase == Phase::kIdle || phase == Phase::kHeader)) {
        enter_body();
        if (!admit_body()) co_return;
        if (reader_.expects_continue()) co_await write_continue();
        if (error_) co_return;
        reader_.received(0);
        continue;
      }
      const std::span<char> room = reader_.room();
      const asio::mutable_buffer buffer(room.data(), room.size());
      std::size_t count = 0;
      count = co_await stream_.async_read_some(buffer, token());
      if (error_) co_return;
      if (phase == Phase::kIdle) started_at_ = worker_.now;
      reader_.received(count);
    }
  }

  void enter_body() {
    enter(Phase::kBody);
    const auto timeout = timeout_of_query(reader_.query());
    if (!timeout) return;
    client_due_ = worker_.due_after(*timeout, started_at_);
    if (client_due_ >= due) return;
    enter(Phase::kClientBoundBody);
    due = client_due_;
  }

  // True if the client's timeout has passed.
  bool given_up() {
    if (worker_.now < client_due_) return false;
    if (!expired) worker_.counters.given_up.add();  // else the tick has counted it
    return true;
  }

  // False if too many large bodies are in memory.
  bool admit_body() {
    const auto size = static_cast<std::size_t>(reader_.declared_body());
    if (size <= worker_.limits.counted_body_bytes) return true;
    overloaded_ = !worker_.budgets.bodies_bytes.take(size);
    if (!overloaded_) counted_body_ = size;
    return !overloaded_;
  }

  void release_body() {
    if (counted_body_ > 0) worker_.budgets.bodies_bytes.give_back(std::exchange(counted_body_, 0));
  }

  // Sets reply_ if the request needs no handler, else returns false.
  bool refuse() {
    SessionCounters& counters = worker_.counters;
    if (expired) {
      reply_ = text_reply(408, "the request did not arrive in time");
      return true;
    }
    if (overloaded_) {
      counters.bodies_refused.add();
      reply_ = overloaded_reply("too many large requests at once");
      return true;
    }
    if (reader_.state() == RequestReader::State::kBad) {
      count_bad(reader_.bad_status());
      reply_ = text_reply(reader_.bad_status(), reader_.bad_reason());
      return true;
    }
    if (!turn_away_) return false;
    reply_ = overloaded_reply("too many connections");
    reply_.close = true;
    return true;
  }

  void count_bad(int status) {
    SessionCounters& counters = worker_.counters;
    if (status == 413) {
      counters.bodies_too_large.add();
    } else if (status == 431) {
      counters.headers_too_large.add();
    } else {
      counters.bad_requests.add();
    }
  }

  // Sets reply_ to the handler's reply.
  asio::awaitable<void> answer() {
    worker_.counters.requests.add();
    enter(Phase::kAnswer);
    later_.reset();
    const bool answered = ask_handler();
    while (!answered && !later_) {
      wake_.expires_at(std::chrono::steady_clock::time_point::max());
      ErrorCode woken;
      co_await wake_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
    }
    if (std::exchange(waits_, false)) worker_.budgets.waiting.give_back(1);
    if (!answered) reply_ = std::move(*later_);
  }

  // False if the handler will reply later.
  bool ask_handler() {
    try {
      Request request = reader_.request();
      request.taken = (worker_.now - started_at_) * worker_.limits.tick;
      std::optional<Reply> now = worker_.handler->handle(request, *this);
      if (!now) return false;
      reply_ = std::move(*now);
    } catch (const std::exception& bug) {
      worker_.counters.handler_errors.add();
      log::error("request failed", {{"path", reader_.request().path}, {"error", bug.what()}});
      reply_ = text_reply(500, "internal error; see the log of the webhook");
    }
    return true;
  }

  asio::awaitable<void> write_out() {
    enter(Phase::kWrite);
    const asio::const_buffer buffer(out_.data(), out_.size());
    co_await asio::async_write(stream_, buffer, token());
  }

  asio::awaitable<void> write_continue() {
    static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    const asio::const_buffer buffer(kContinue.data(), kContinue.size());
    co_await asio::async_write(stream_, buffer, token());
  }

  // Reads and discards what the client still sends. Closing with unread data would reset the connection, and
  // the client might lose our answer.
  asio::awaitable<void> discard() {
    enter(Phase::kClose);
    std::array<char, 4096> bytes;
    const asio::mutable_buffer buffer(bytes.data(), bytes.size());
    std::size_t discarded = 0;
    std::size_t count = 0;
    while (!error_ && !expired && discarded < kMaxDiscarded) {
      count = co_await stream_.async_read_some(buffer, token());
      discarded += count;
    }
  }

  asio::awaitable<void> close() {
    enter(Phase::kClose);
    if constexpr (kTls) {
      co_await stream_.async_shutdown(token());  // sends close_notify and waits for the client's
    }
    ErrorCode ignored;
    stream_.lowest_layer().shutdown(Tcp::socket::shutdown_both, ignored);
  }

  Worker& worker_;
  Stream stream_;
  RequestReader reader_;
  asio::steady_timer wake_;  // never expires; cancelled by reply()
  std::list<TimedSession*>::iterator place_;
  Reply reply_;
  std::optional<Reply> later_;
  std::string out_;
  std::size_t counted_body_ = 0;
  ErrorCode error_;
  std::uint64_t started_at_ = 0;       // tick of the request's first byte
  std::uint64_t client_due_ = kNever;  // tick at which the client's timeout has passed
  bool waits_ = false;                 // has taken its part of Budgets::waiting
  bool overloaded_ = false;
  bool turn_away_ = false;
};

template <class Stream>
asio::awaitable<void> own_and_run(std::unique_ptr<Session<Stream>> session) {
  co_await session->run();
}

template <class Stream>
void spawn(Worker& worker, Stream stream, bool turn_away) {
  auto session = std::make_unique<Session<Stream>>(worker, std::move(stream), turn_away);
  asio::co_spawn(worker.context, own_and_run(std::move(session)), [](const std::exception_ptr& failure) {
    if (!failure) return;
    try {
      std::rethrow_exception(failure);
    } catch (const std::exception& bug) {
      log::error("connection failed", {{"error", bug.what()}});
    }
  });
}

}  // namespace

std::uint64_t Worker::due_after(Phase phase) const {
  const auto limit = row_of(phase).limit;
  return limit == nullptr ? kNever : due_after(limits.*limit, now);
}

std::uint64_t Worker::due_after(std::chrono::nanoseconds time, std::uint64_t since) const {
  // One more than the quotient: the current tick started before now.
  return since + 1 + static_cast<std::uint64_t>(time / limits.tick);
}

void Worker::begin_ticks() {
  if (ticking) return;
  ticking = true;
  tick.expires_after(limits.tick);
  tick.async_wait([this](const ErrorCode& error) {
    if (!error) on_tick();
  });
}

void Worker::on_tick() {
  ++now;
  for (TimedSession* session : sessions) {
    if (now < session->due) continue;
    const auto counter = row_of(session->phase).timeouts;
    if (!session->expired && counter != nullptr) (counters.*counter).add();
    session->expired = true;
    session->cancel();
  }
  ticking = false;
  if (!sessions.empty()) begin_ticks();
}

void start_session(Worker& worker, Tcp::socket socket, bool turn_away) {
  ErrorCode ignored;
  socket.set_option(Tcp::no_delay(true), ignored);
  worker.counters.connections.add();
  if (turn_away) worker.counters.turned_away.add();
  if (worker.tls) {
    asio::ssl::context context(share(worker.tls.get()));
    spawn(worker, TlsStream(std::move(socket), context), turn_away);
  } else {
    spawn(worker, std::move(socket), turn_away);
  }
  worker.begin_ticks();
}

}  // namespace modelgate::http
