// SPDX-License-Identifier: Apache-2.0
#include "webhook/admission_handler.h"

#include <algorithm>
#include <stdexcept>
#include <utility>
#include <variant>

#include "http/timeout.h"
#include "process/log.h"
#include "spec/lookup_rounds.h"
#include "spec/text/ascii.h"
#include "webhook/paths.h"

namespace modelgate::webhook {
namespace {

using std::chrono::steady_clock;

/// "application/json", in any case; parameters are ignored: the only one is a charset, and JSON is UTF-8.
bool is_json(std::string_view content_type) {
  static constexpr std::string_view kJson = "application/json";
  std::string_view type = content_type.substr(0, content_type.find(';'));
  while (type.ends_with(' ') || type.ends_with('\t')) type.remove_suffix(1);
  return text::equal_ignoring_case(type, kJson);
}

/// The deadline for lookups: a tenth of the API server's timeout remains for sending the answer.
http::SteadyTime deadline_of(const http::Request& request, http::SteadyTime started) {
  const std::chrono::nanoseconds longest = kMaxReviewTime;
  const auto timeout = http::timeout_of_query(request.query);
  return started - request.taken + (timeout ? std::min(longest, *timeout - *timeout / 10) : longest);
}

/// The reply to a request that cannot contain a review; nothing if it can.
std::optional<http::Reply> refuse(const http::Request& request) {
  if (request.method != "POST") {
    http::Reply reply = http::text_reply(405, "only POST is allowed here");
    reply.allow = "POST";
    return reply;
  }
  if (!is_json(request.content_type)) return http::text_reply(415, "content type must be application/json");
  if (request.body.empty()) return http::text_reply(400, "body is empty: an AdmissionReview is expected");
  return std::nullopt;
}

std::string_view verdict_of(const admission::Response& response) {
  if (!response.allowed) return "denied";
  return response.patch.empty() ? "allowed" : "patched";
}

}  // namespace

/// One request.
struct AdmissionHandler::Call {
  std::size_t path;  // index into admission_paths()
  http::SteadyTime started;
  spec::LookupRounds lookups{};
};

/// A request that waits for facts while others are answered, so it has its own arena.
struct AdmissionHandler::Pending {
  Call call;
  http::Request request;
  http::SteadyTime deadline;
  http::ReplyLater* later;
  std::shared_ptr<const spec::Catalog> catalog;
  std::shared_ptr<FactSource> source;
  admission::Needs needs;
  admission::Facts facts;
  std::vector<std::shared_ptr<const void>> objects;  // what the facts point to
};

AdmissionHandler::AdmissionHandler(std::shared_ptr<const spec::Catalog> catalog,
                                   std::shared_ptr<FactSource> facts, AdmissionCounters& counters,
                                   Admit admit)
    : catalog_(std::move(catalog)),
      facts_(std::move(facts)),
      counters_(counters),
      admit_(admit),
      arena_memory_(std::make_unique_for_overwrite<char[]>(kArenaBytes)),
      arena_(arena_memory_.get(), kArenaBytes) {}

std::optional<http::Reply> AdmissionHandler::handle(const http::Request& request, http::ReplyLater& later) {
  const auto path = find_admission_path(request.path);
  if (!path) {
    counters_.not_found.add();
    return http::text_reply(404, "no such path");
  }
  PathCounters& counters = counters_.paths[*path];
  if (auto refused = refuse(request)) {
    counters.count_code(refused->status);
    return refused;
  }
  Call call{.path = *path, .started = steady_clock::now()};
  counters.in_flight.add();
  std::optional<http::Reply> reply = review(call, request, later);
  arena_.Clear();
  return reply;
}

/// Most requests need no facts: everything is in the thread's arena, and uses the thread's catalog, which is not
/// replaced before this returns.
std::optional<http::Reply> AdmissionHandler::review(Call& call, const http::Request& request,
                                                    http::ReplyLater& later) {
  std::string_view uid;  // in the arena
  try {
    auto review = admission::decode_review(request.body, arena_);
    if (!review) {
      PathCounters& counters = counters_.paths[call.path];
      counters.count_code(400);
      counters.in_flight.subtract();
      return http::text_reply(400, review.error().message);
    }
    uid = review->uid;
    const admission::Endpoint endpoint = admission_paths()[call.path].endpoint;
    admission::Outcome outcome = admit_(endpoint, *review, *catalog_, admission::Facts(), arena_);
    if (const auto* response = std::get_if<admission::Response>(&outcome))
      return finish(call, *review, *response);
    if (!later.may_wait()) {
      PathCounters& counters = counters_.paths[call.path];
      counters.count_code(429);
      counters.in_flight.subtract();
      return http::overloaded_reply("too many requests wait for the API server");
    }
    const auto pending =
        std::make_shared<Pending>(Pending{.call = call,
                                          .request = request,
                                          .deadline = deadline_of(request, call.started),
                                          .later = &later,
                                          .catalog = catalog_,
                                          .source = facts_,
                                          .needs = std::get<admission::Needs>(std::move(outcome)),
                                          .facts = {},
                                          .objects = {}});
    return resume(pending);
  } catch (const std::exception& bug) {
    return fail(call, uid, bug.what());
  }
}

/// Looks up facts and reviews again, until there is an answer. Nothing while a lookup is running: then this is
/// called again.
std::optional<http::Reply> AdmissionHandler::resume(const std::shared_ptr<Pending>& pending) {
  const auto add = [pending](LookedUpFacts found) {
    for (auto& [key, fact] : found.facts) pending->facts.add(std::move(key), fact);
    pending->objects.push_back(std::move(found.objects));
  };
  std::string uid;
  try {
    while (true) {
      using Next = spec::LookupRounds::Next;
      const Next next = pending->call.lookups.next(pending->needs.objects);
      if (next == Next::kGiveUp) throw std::logic_error("the review needs facts again after the last round");
      if (next != Next::kDone) {
        counters_.paths[pending->call.path].lookups.add();
        auto found =
            next == Next::kLeaveUnknown
                ? std::optional(all_unknown(pending->needs))
                : pending->source->look_up(pending->needs, pending->deadline, pending->later->thread(),
                                           [this, pending, add](LookedUpFacts facts) {
                                             add(std::move(facts));
                                             pending->needs.objects.clear();
                                             if (auto reply = resume(pending))
                                               pending->later->reply(std::move(*reply));
                                           });
        if (!found) return std::nullopt;
        add(std::move(*found));
      }
      spec::Arena arena;
      auto review =
          admission::decode_review(pending->request.body, arena);  // a mutation changed the previous one
      if (!review) throw std::logic_error("a review that was decoded once cannot be decoded again");
      uid = review->uid;
      const admission::Endpoint endpoint = admission_paths()[pending->call.path].endpoint;
      admission::Outcome outcome = admit_(endpoint, *review, *pending->catalog, pending->facts, arena);
      if (const auto* response = std::get_if<admission::Response>(&outcome)) {
        return finish(pending->call, *review, *response);
      }
      pending->needs = std::get<admission::Needs>(std::move(outcome));
    }
  } catch (const std::exception& bug) {
    return fail(pending->call, uid, bug.what());
  }
}

http::Reply AdmissionHandler::finish(const Call& call, const admission::Review& review,
                                     const admission::Response& response) {
  http::Reply reply{.body = admission::encode_response(review, response)};
  const auto latency = steady_clock::now() - call.started;
  PathCounters& counters = counters_.paths[call.path];
  counters.count_code(200);
  counters.latencies.observe(latency);
  counters.in_flight.subtract();
  if (!response.allowed) counters.denied.add();
  if (response.strict_would_deny) counters.strict_would_deny.add();
  if (log::enabled(log::Level::kDebug)) {
    log::debug("reviewed", {{"webhook", admission_paths()[call.path].path},
                            {"uid", review.uid},
                            {"operation", admission::name_of(review.operation)},
                            {"kind", review.kind},
                            {"namespace", review.namespace_},
                            {"name", review.name},
                            {"dryRun", review.dry_run},
                            {"verdict", verdict_of(response)},
                            {"errors", response.causes.size()},
                            {"warnings", response.warnings.size()},
                            {"lookups", call.lookups.rounds()},
                            {"us", std::chrono::duration_cast<std::chrono::microseconds>(latency).count()}});
  }
  return reply;
}

http::Reply AdmissionHandler::fail(const Call& call, std::string_view uid, std::string_view error) {
  PathCounters& counters = counters_.paths[call.path];
  counters.count_code(500);
  counters.latencies.observe(steady_clock::now() - call.started);
  counters.in_flight.subtract();
  log::error("review failed",
             {{"webhook", admission_paths()[call.path].path}, {"uid", uid}, {"error", error}});
  return http::text_reply(500, "internal error; see the log of the webhook");
}

}  // namespace modelgate::webhook
