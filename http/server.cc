// SPDX-License-Identifier: Apache-2.0
#include "http/server.h"

#include <pthread.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <thread>
#include <utility>
#include <vector>

#include "http/session.h"
#include "process/log.h"

namespace modelgate::http {
namespace {

using ErrorCode = boost::system::error_code;

// Pauses after errors of accept(2), such as too many open files: doubled with each error, up to the second
// one.
constexpr std::chrono::milliseconds kFirstPause{20};
constexpr std::chrono::milliseconds kLongestPause{1000};

Tcp::endpoint to_endpoint(const process::Address& address, ErrorCode& error) {
  if (address.host.empty()) return {Tcp::v6(), address.port};
  return {asio::ip::make_address(address.host, error), address.port};
}

}  // namespace

class Server::Impl {
 public:
  Impl(ServerOptions options, HandlerFactory factory)
      : options_(std::move(options)), factory_(std::move(factory)), workers_(make_workers()) {}

  ~Impl() { stop(); }

  std::expected<void, std::string> bind() {
    ErrorCode error;
    Tcp::endpoint endpoint = to_endpoint(options_.address, error);
    const auto failed = [&] { return std::unexpected(options_.address.to_text() + ": " + error.message()); };
    if (error) return failed();
    acceptor_.open(endpoint.protocol(), error);
    if (error && options_.address.host.empty()) {  // a machine without IPv6
      endpoint = {Tcp::v4(), options_.address.port};
      acceptor_.open(endpoint.protocol(), error);
    }
    if (error) return failed();
    acceptor_.set_option(Tcp::acceptor::reuse_address(true), error);
    if (!error && options_.address.host.empty() && endpoint.protocol() == Tcp::v6()) {
      acceptor_.set_option(asio::ip::v6_only(false), error);
    }
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(options_.limits.backlog, error);
    if (error) return failed();
    const Tcp::endpoint bound = acceptor_.local_endpoint(error);
    bound_ = {options_.address.host.empty() ? "" : bound.address().to_string(), bound.port()};
    return {};
  }

  std::expected<void, std::string> use_certificate(const certs::KeyPair& pair) {
    auto context = make_tls_context(pair, *options_.tls);
    if (!context) return std::unexpected(context.error());
    for (const auto& worker : workers_) {
      if (threads_.empty()) {
        worker->tls = *context;
      } else {
        asio::post(worker->context, [&mine = *worker, theirs = *context] { mine.tls = theirs; });
      }
    }
    return {};
  }

  std::expected<void, std::string> use_clients(std::shared_ptr<const TrustedClients> clients,
                                               const certs::KeyPair& pair) {
    const auto before = std::exchange(options_.tls->clients, std::move(clients));
    auto used = use_certificate(pair);
    if (!used) options_.tls->clients = before;
    return used;
  }

  void start() {
    listening_ = true;
    asio::co_spawn(workers_.front()->context, accept_connections(),
                   [this](const std::exception_ptr& failure) {
                     listening_ = false;
                     if (failure) log::error("the listener is lost", {{"address", bound_.to_text()}});
                   });
    for (const auto& worker : workers_) {
      threads_.emplace_back([this, &mine = *worker] { run(mine); });
    }
  }

  void on_each_thread(const std::function<void(Handler&)>& task) {
    for (const auto& worker : workers_) {
      asio::post(worker->context, [&mine = *worker, task] { task(*mine.handler); });
    }
  }

  void stop() {
    for (const auto& worker : workers_) worker->context.stop();
    threads_.clear();  // joins
    listening_ = false;
    ErrorCode ignored;
    acceptor_.close(ignored);
  }

  std::size_t open_connections() const {
    std::size_t open = 0;
    for (const auto& worker : workers_) open += worker->open.load(std::memory_order_relaxed);
    return open;
  }

  std::vector<std::size_t> connections_by_thread() const {
    std::vector<std::size_t> open;
    for (const auto& worker : workers_) open.push_back(worker->open.load(std::memory_order_relaxed));
    return open;
  }

  ServerCounts counts() const {
    ServerCounts sum;
    for (const auto& worker : workers_) {
      sum.each(worker->counters, [](std::uint64_t& total, const Counter& part) { total += part.get(); });
    }
    return sum;
  }

  void drain() { draining_ = true; }
  bool draining() const { return draining_; }
  bool listening() const { return listening_; }
  const process::Address& bound() const { return bound_; }

 private:
  std::vector<std::unique_ptr<Worker>> make_workers() {
    std::vector<std::unique_ptr<Worker>> workers;
    for (int i = 0; i < std::max(1, options_.threads); ++i) {
      workers.push_back(std::make_unique<Worker>(options_.limits, budgets_));
      workers.back()->draining = &draining_;
    }
    return workers;
  }

  void run(Worker& worker) {
    pthread_setname_np(pthread_self(), options_.tls ? "https" : "http");
    worker.handler = factory_();
    const auto work = asio::make_work_guard(worker.context);
    while (!worker.context.stopped()) {
      try {
        worker.context.run();
      } catch (const std::exception& bug) {
        log::error("task failed", {{"error", bug.what()}});
      }
    }
  }

  Worker& least_busy() {
    return **std::ranges::min_element(workers_, {}, [](const std::unique_ptr<Worker>& worker) {
      return worker->open.load(std::memory_order_relaxed);
    });
  }

  asio::awaitable<void> accept_connections() {
    SessionCounters& counters = workers_.front()->counters;
    asio::steady_timer timer(workers_.front()->context);
    std::chrono::milliseconds pause = kFirstPause;
    while (true) {
      Worker& worker = least_busy();
      Tcp::socket socket(worker.context);
      ErrorCode error;
      co_await acceptor_.async_accept(socket, asio::redirect_error(asio::use_awaitable, error));
      if (error == asio::error::operation_aborted || error == asio::error::bad_descriptor) co_return;
      if (error) {
        counters.accept_errors.add();
        log::error("connection not accepted", {{"address", bound_.to_text()}, {"reason", error.message()}});
        timer.expires_after(pause);
        co_await timer.async_wait(asio::use_awaitable);
        pause = std::min(pause * 2, kLongestPause);
        continue;
      }
      pause = kFirstPause;
      hand_over(worker, std::move(socket));
    }
  }

  void hand_over(Worker& worker, Tcp::socket socket) {
    const std::size_t open = open_connections();
    const Limits& limits = options_.limits;
    if (open >= limits.connections + limits.turned_away) {
      workers_.front()->counters.closed_at_accept.add();
      return;
    }
    const bool turn_away = open >= limits.connections;
    worker.open.fetch_add(1, std::memory_order_relaxed);
    asio::post(worker.context, [&worker, turn_away, socket = std::move(socket)]() mutable {
      start_session(worker, std::move(socket), turn_away);
    });
  }

  ServerOptions options_;
  Budgets budgets_{options_.limits};
  HandlerFactory factory_;
  process::Address bound_;
  std::atomic<bool> draining_ = false;
  std::atomic<bool> listening_ = false;
  std::vector<std::unique_ptr<Worker>> workers_;
  Tcp::acceptor acceptor_{workers_.front()->context};
  std::vector<std::jthread> threads_;
};

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() = default;

std::expected<std::unique_ptr<Server>, std::string> Server::listen(ServerOptions options,
                                                                   HandlerFactory factory,
                                                                   const certs::KeyPair* pair) {
  auto impl = std::make_unique<Impl>(std::move(options), std::move(factory));
  if (pair != nullptr) {
    if (auto used = impl->use_certificate(*pair); !used) return std::unexpected(used.error());
  }
  if (auto bound = impl->bind(); !bound) return std::unexpected(bound.error());
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

process::Address Server::address() const {
  return impl_->bound();
}
void Server::start() {
  impl_->start();
}
void Server::drain() {
  impl_->drain();
}
void Server::stop() {
  impl_->stop();
}
std::expected<void, std::string> Server::use_certificate(const certs::KeyPair& pair) {
  return impl_->use_certificate(pair);
}
std::expected<void, std::string> Server::use_clients(std::shared_ptr<const TrustedClients> clients,
                                                     const certs::KeyPair& pair) {
  return impl_->use_clients(std::move(clients), pair);
}
void Server::on_each_thread(const std::function<void(Handler&)>& task) {
  impl_->on_each_thread(task);
}
std::size_t Server::open_connections() const {
  return impl_->open_connections();
}
std::vector<std::size_t> Server::connections_by_thread() const {
  return impl_->connections_by_thread();
}
ServerCounts Server::counts() const {
  return impl_->counts();
}
bool Server::draining() const {
  return impl_->draining();
}
bool Server::listening() const {
  return impl_->listening();
}

}  // namespace modelgate::http
