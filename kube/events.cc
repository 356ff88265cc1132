// SPDX-License-Identifier: Apache-2.0
#include "kube/events.h"

#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <deque>
#include <utility>

#include "kube/event_correlator.h"
#include "process/log.h"
#include "spec/json.h"
#include "spec/text/rfc3339.h"

namespace modelgate::kube {
namespace {

using namespace std::chrono_literals;

/// How much of the object's name is in the Event's name: 253 bytes less a dot and sixteen digits.
constexpr std::size_t kMaxEventPrefix = 236;

/// Events that wait to be sent. While the API server is not reachable, further events are dropped.
constexpr std::size_t kMaxWaiting = 1000;

/// With the pauses about half a minute: longer than a restart of the API server.
constexpr int kTries = 6;
constexpr std::chrono::milliseconds kFirstPause = 500ms;
constexpr std::chrono::milliseconds kLongestPause = 15s;
constexpr std::chrono::seconds kCallDeadline{10};

struct Waiting {
  ObjectReference about;
  std::string type, reason;
  EventWrite write;
  std::string time;  // RFC 3339 with seconds
};

std::string json_quoted(std::string_view text) {
  std::string out;
  spec::append_json(text, out);
  return out;
}

/// Events about objects without a namespace are in `default`.
std::string namespace_of(const ObjectReference& about) {
  return about.ns.empty() ? "default" : about.ns;
}

std::string event_json(const Waiting& w, const EventSource& source, const std::string& name) {
  const Resource& resource = *w.about.resource;
  return fmt::format(
      R"({{"apiVersion":"v1","kind":"Event","metadata":{{"name":{},"namespace":{}}},)"
      R"("involvedObject":{{"apiVersion":{},"kind":{},"namespace":{},"name":{},"uid":{}}},)"
      R"("reason":{},"message":{},"type":{},"count":{},"firstTimestamp":{},"lastTimestamp":{},)"
      R"("source":{{"component":{}}},"reportingComponent":{},"reportingInstance":{}}})",
      json_quoted(name), json_quoted(namespace_of(w.about)), json_quoted(resource.api_version()),
      json_quoted(resource.kind), json_quoted(w.about.ns), json_quoted(w.about.name),
      json_quoted(w.about.uid), json_quoted(w.reason), json_quoted(w.write.message), json_quoted(w.type),
      w.write.count, json_quoted(w.write.first_seen), json_quoted(w.time), json_quoted(source.component),
      json_quoted(source.component), json_quoted(source.instance));
}

std::string patch_json(const Waiting& w) {
  return fmt::format(R"({{"count":{},"lastTimestamp":{},"message":{}}})", w.write.count, json_quoted(w.time),
                     json_quoted(w.write.message));
}

}  // namespace

class EventRecorder::Sender : public std::enable_shared_from_this<Sender> {
 public:
  Sender(Client& client, EventSource source) : client_(client), source_(std::move(source)) {}

  void record(const ObjectReference& about, std::string_view type, std::string_view reason,
              std::string_view message) {
    std::string time = text::format_rfc3339(std::chrono::system_clock::now());
    EventText text{
        .object = fmt::format("{}/{}/{}/{}", about.resource->kind, about.ns, about.name, about.uid),
        .type = std::string(type),
        .reason = std::string(reason),
        .message = std::string(message)};
    auto write = correlator_.take(std::move(text), std::chrono::steady_clock::now(), time);
    if (!write) return;
    if (waiting_.size() >= kMaxWaiting) return drop(about, reason, "too many events are waiting");
    waiting_.push_back({.about = about,
                        .type = std::string(type),
                        .reason = std::string(reason),
                        .write = std::move(*write),
                        .time = std::move(time)});
    if (!std::exchange(sending_, true)) {
      asio::co_spawn(client_.context(), send_all(shared_from_this()), asio::detached);
    }
  }

  void stop() { stopped_ = true; }

 private:
  /// Ends when all events are sent; `self` keeps this object alive until then.
  static Task<void> send_all(std::shared_ptr<Sender> self) {
    while (!self->stopped_ && !self->waiting_.empty()) {
      Waiting next = std::move(self->waiting_.front());
      self->waiting_.pop_front();
      co_await self->send(next);
    }
    self->sending_ = false;
  }

  Task<void> send(const Waiting& w) {
    Backoff backoff(kFirstPause, kLongestPause);
    for (int attempt = 1; !stopped_; ++attempt) {
      const ApiResult<void> sent = co_await try_once(w);
      if (sent) co_return;
      if (!sent.error().is_transient() || attempt == kTries) {
        drop(w.about, w.reason, sent.error().to_string());
        co_return;
      }
      const std::chrono::milliseconds pause = backoff.next();
      if (!co_await sleep_for(pause)) co_return;
    }
  }

  Task<ApiResult<void>> try_once(const Waiting& w) {
    const CallOptions call{.deadline = std::chrono::steady_clock::now() + kCallDeadline};
    const std::string ns = namespace_of(w.about);
    const std::string stored = names_[w.write.key];
    if (!stored.empty()) {
      const std::string patch = patch_json(w);
      const ApiResult<Object> patched = co_await client_.merge_patch(kEvents, ns, stored, patch, call);
      if (patched) co_return ApiResult<void>{};
      if (!patched.error().is_not_found()) co_return std::unexpected(patched.error());
      names_[w.write.key].clear();  // the API server deletes Events after an hour
    }
    const std::string name = new_name(w.about.name);
    const std::string body = event_json(w, source_, name);
    const ApiResult<Object> created = co_await client_.create(kEvents, ns, body, call);
    if (!created) co_return std::unexpected(created.error());
    names_[w.write.key] = name;
    co_return ApiResult<void>{};
  }

  /// "NAME.17a1b2c3d4e5f607": the time in nanoseconds, as in client-go.
  std::string new_name(std::string_view about) {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const auto nanos =
        static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
    last_name_ = std::max(last_name_ + 1, nanos);
    return fmt::format("{}.{:x}", about.substr(0, kMaxEventPrefix), last_name_);
  }

  static void drop(const ObjectReference& about, std::string_view reason, std::string_view why) {
    log::warn("an event was dropped", {{"kind", about.resource->kind},
                                       {"namespace", about.ns},
                                       {"name", about.name},
                                       {"reason", reason},
                                       {"error", why}});
  }

  Client& client_;
  EventSource source_;
  EventCorrelator correlator_;
  Remembered<std::string> names_;  // of stored Events, by key
  std::deque<Waiting> waiting_;
  std::uint64_t last_name_ = 0;
  bool sending_ = false;
  bool stopped_ = false;
};

EventRecorder::EventRecorder(Client& client, EventSource source)
    : sender_(std::make_shared<Sender>(client, std::move(source))) {}

EventRecorder::~EventRecorder() {
  sender_->stop();
}

void EventRecorder::normal(const ObjectReference& about, std::string_view reason, std::string_view message) {
  sender_->record(about, "Normal", reason, message);
}

void EventRecorder::warn(const ObjectReference& about, std::string_view reason, std::string_view message) {
  sender_->record(about, "Warning", reason, message);
}

}  // namespace modelgate::kube
