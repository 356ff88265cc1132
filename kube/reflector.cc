// SPDX-License-Identifier: Apache-2.0
#include "kube/reflector.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "process/log.h"

namespace modelgate::kube {
namespace {

using std::chrono::steady_clock;

/// A problem that persists is logged again after this time.
constexpr std::chrono::minutes kLogAgain{1};

/// A watch that ends without error or event within this time was probably answered by a proxy. Then the next
/// watch waits for the backoff.
constexpr std::chrono::seconds kShortestWatch{1};

/// After this many rejected watches in a row, list again.
constexpr int kWatchesBeforeList = 5;

/// "clusterservingruntimes.serving.kserve.io", as in RBAC's messages.
std::string full_name(const Resource& resource) {
  if (resource.group.empty()) return std::string(resource.plural);
  return fmt::format("{}.{}", resource.plural, resource.group);
}

/// The API server has no such path: for a kind that exists, an empty list is 200.
bool is_unknown_kind(const ApiError& error) {
  return error.is_not_found();
}

}  // namespace

void Store::replace_page(std::vector<Object> page, bool first, bool last) {
  if (first) gathered_.clear();
  std::ranges::move(page, std::back_inserter(gathered_));
  if (last) replace(std::exchange(gathered_, {}));
}

Reflector::Reflector(Client& client, const Resource& resource, ReflectorOptions options, Store& store)
    : client_(client),
      resource_(resource),
      options_(std::move(options)),
      store_(store),
      backoff_(options_.first_backoff, options_.longest_backoff) {}

Task<void> Reflector::run() {
  while (true) {
    Next next = Next::kAtOnce;
    if (version_.empty()) {
      next = co_await list();
    } else {
      next = co_await watch();
    }
    if (next == Next::kAtOnce) continue;
    const auto pause = next == Next::kMuchLater ? options_.longest_backoff : backoff_.next();
    const bool slept = co_await sleep_for(pause);
    if (!slept) co_return;
  }
}

Task<Reflector::Next> Reflector::list() {
  ++counts_.lists;
  PageTaker take = [this](std::vector<Object> page, bool first, bool last) {
    if (last) {  // before the store is called, which may use these
      kind_absent_ = false;
      synced_ = true;
      succeeded();
    }
    store_.replace_page(std::move(page), first, last);
  };
  auto version = co_await client_.list_by_page(resource_, options_.ns, options_.list, std::move(take));
  if (!version && is_unknown_kind(version.error())) co_return absent();
  if (!version) co_return failed("list", version.error());
  version_ = std::move(*version);
  co_return Next::kAtOnce;
}

Task<Reflector::Next> Reflector::watch() {
  ++counts_.watches;
  const auto started = steady_clock::now();
  const std::uint64_t events = counts_.events;
  auto watch = co_await client_.watch(resource_, options_.ns, options_.list, version_);
  if (!watch && watch.error().is_gone()) co_return start_over("the version is too old");
  if (!watch && is_unknown_kind(watch.error())) co_return start_over("the kind is gone");
  // A cluster restored from a backup does not have our resourceVersion yet, and may never have it.
  if (!watch && ++failed_watches_ % kWatchesBeforeList == 0) version_.clear();
  if (!watch) co_return failed("watch", watch.error());
  const std::unique_ptr<Watch> stream = std::move(*watch);
  succeeded();
  const Next next = co_await follow(*stream);
  const bool lived = counts_.events != events || steady_clock::now() - started >= kShortestWatch;
  if (lived) backoff_.reset();
  if (lived) failed_watches_ = 0;
  co_return next == Next::kAtOnce && !lived ? Next::kAfterPause : next;
}

/// Handles events until the stream ends.
Task<Reflector::Next> Reflector::follow(Watch& watch) {
  while (true) {
    auto event = co_await watch.next();
    if (!event && event.error().is_gone()) co_return start_over("the version is too old");
    if (!event) co_return failed("watch", event.error());
    if (!*event) co_return Next::kAtOnce;
    take(std::move(**event));
  }
}

void Reflector::take(WatchEvent event) {
  const std::string_view version = event.object.resource_version();
  // Skip an object that was delivered before: a stream starts after the requested version.
  if (version == version_) return;
  if (!version.empty()) version_ = version;
  if (event.type == WatchEvent::Type::kBookmark) return;
  ++counts_.events;
  if (event.type == WatchEvent::Type::kDeleted) {
    store_.remove(std::move(event.object));
  } else {
    store_.upsert(std::move(event.object));
  }
}

void Reflector::succeeded() {
  if (!problem_.empty()) log::info("the API server answers again", {{"resource", full_name(resource_)}});
  connected_ = true;
  problem_.clear();
  logged_at_ = {};
}

Reflector::Next Reflector::failed(std::string_view verb, const ApiError& error) {
  ++counts_.failures;
  connected_ = false;
  std::string problem = error.to_string();
  if (error.is_forbidden()) {
    problem =
        fmt::format("not permitted to {} {}{}: get, list and watch are needed; {}", verb,
                    full_name(resource_), options_.ns.empty() ? "" : " in namespace " + options_.ns, problem);
  }
  const auto now = steady_clock::now();
  if (problem != problem_ || now - logged_at_ >= kLogAgain) {
    logged_at_ = now;
    log::warn("list or watch failed; using the last known state",
              {{"resource", full_name(resource_)}, {"reason", problem}});
  }
  problem_ = std::move(problem);
  return Next::kAfterPause;
}

Reflector::Next Reflector::absent() {
  const bool changed = !kind_absent_;
  kind_absent_ = true;
  synced_ = true;
  succeeded();
  if (changed) {
    log::info("the kind is not installed; treated as empty", {{"resource", full_name(resource_)}});
    store_.replace({});
  }
  return Next::kMuchLater;
}

Reflector::Next Reflector::start_over(std::string_view why) {
  log::debug("listing again", {{"resource", full_name(resource_)}, {"reason", why}});
  version_.clear();
  const auto now = steady_clock::now();
  const bool again = now - started_over_at_ < kShortestWatch;  // the version of a new list is already too old
  started_over_at_ = now;
  return again ? Next::kAfterPause : Next::kAtOnce;
}

}  // namespace modelgate::kube
