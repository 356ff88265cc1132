// SPDX-License-Identifier: Apache-2.0
#include "webhook/admission_handler.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <stdexcept>
#include <utility>
#include <variant>

#include "http/timeout.h"
#include "process/log.h"
#include "spec/lookup_rounds.h"
#include "spec/text/ascii.h"
#include "spec/text/printable.h"
#include "spec/text/utf8.h"
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

/// An answer without references to the review and its arena.
struct AdmissionHandler::Answer {
  /// For the log.
  struct Summary {
    std::string uid, kind, ns, name;
    std::string_view operation, verdict;
    bool dry_run = false;
    std::size_t errors = 0, warnings = 0;
  };

  std::string body;
  bool denied = false;
  bool strict_would_deny = false;
  std::optional<Summary> summary = {};  // if it is logged
};

/// A request that waits for facts while others are answered, so it has its own arena.
struct AdmissionHandler::Pending {
  Call call;
  http::Request request;
  http::SteadyTime deadline;
  http::ReplyLater* later;
  std::shared_ptr<const spec::Catalog> catalog;
  std::shared_ptr<FactSource> source;
  std::string ns;
  admission::Needs needs;
  admission::Facts facts;
  std::vector<UnreadFact> unread;
  std::vector<std::shared_ptr<const void>> objects;  // what the facts point to
  /// The answer, unless one of the objects `deciding` is present.
  std::optional<Answer> answer;
  std::vector<admission::ObjectKey> deciding;

  void decide(std::vector<admission::ObjectKey> keys, Answer unless_present) {
    needs.objects = keys;
    deciding = std::move(keys);
    answer = std::move(unless_present);
  }

  bool is_decided() const {
    return answer && std::ranges::none_of(deciding, [this](const admission::ObjectKey& key) {
             const admission::Fact* fact = facts.find(key);
             return fact && fact->state == admission::Fact::State::kPresent;
           });
  }

  void add(LookedUpFacts found) {
    const bool from_manifests = found.unread.empty();
    for (auto& [key, fact] : found.facts) {
      const bool unknown = fact.state == admission::Fact::State::kUnknown;
      if (unknown && from_manifests && admission_paths()[call.path].needs_all_facts)
        fact.state = admission::Fact::State::kAbsent;
      facts.add(std::move(key), fact);
    }
    std::ranges::move(found.unread, std::back_inserter(unread));
    objects.push_back(std::move(found.objects));
  }
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
    const auto* response = std::get_if<admission::Response>(&outcome);
    if (response && (response->unless_present.empty() || !later.may_wait()))
      return finish(call, *review, *response);
    if (!later.may_wait()) {
      PathCounters& counters = counters_.paths[call.path];
      counters.count_code(429);
      counters.in_flight.subtract();
      return http::overloaded_reply("too many requests wait for the API server");
    }
    const auto pending = std::make_shared<Pending>(Pending{.call = call,
                                                           .request = request,
                                                           .deadline = deadline_of(request, call.started),
                                                           .later = &later,
                                                           .catalog = catalog_,
                                                           .source = facts_,
                                                           .ns = std::string(review->namespace_),
                                                           .needs = {},
                                                           .facts = {},
                                                           .unread = {},
                                                           .objects = {},
                                                           .answer = {},
                                                           .deciding = {}});
    if (response) {
      pending->decide(response->unless_present, answer_of(*review, *response));
    } else {
      pending->needs = std::get<admission::Needs>(std::move(outcome));
    }
    return resume(pending);
  } catch (const std::exception& bug) {
    return fail(call, uid, bug.what());
  }
}

/// Other services are looked up for a warning only, about a host that one of them has. That does not delay a
/// write for long while the API server does not answer.
http::SteadyTime AdmissionHandler::lookup_deadline(const Pending& pending) {
  const bool for_a_warning = !admission_paths()[pending.call.path].needs_all_facts &&
                             std::ranges::all_of(pending.needs.objects, [](const auto& key) {
                               return key.kind == "InferenceService";
                             });
  return for_a_warning ? std::min(pending.deadline, steady_clock::now() + kMaxWarningLookupTime)
                       : pending.deadline;
}

/// The facts that are known without a wait; nothing while a lookup is running: then resume() is called again.
std::optional<LookedUpFacts> AdmissionHandler::look_up(const std::shared_ptr<Pending>& pending) {
  const auto later = [this, pending](LookedUpFacts facts) {
    pending->add(std::move(facts));
    pending->needs.objects.clear();
    if (auto reply = resume(pending)) pending->later->reply(std::move(*reply));
  };
  counters_.paths[pending->call.path].lookups.add();
  return pending->source->look_up(pending->needs, pending->ns, lookup_deadline(*pending),
                                  pending->later->thread(), later);
}

/// Adds facts for what is needed. False while a lookup is running.
bool AdmissionHandler::get_facts(const std::shared_ptr<Pending>& pending) {
  using Next = spec::LookupRounds::Next;
  admission::Needs& needs = pending->needs;
  const Next next = pending->call.lookups.next(needs.objects);
  if (next == Next::kDone) return true;
  if (next == Next::kGiveUp) throw std::logic_error("the review needs facts again after the last round");
  if (next == Next::kLeaveUnknown) {
    pending->add(all_unknown(needs, "too many objects refer to each other", false));
    return true;
  }
  if (!admission_paths()[pending->call.path].needs_all_facts) {
    const admission::Needs excess{pending->call.lookups.take_excess(needs.objects)};
    pending->add(all_unknown(excess, "the request needs too many objects", false));
    if (needs.objects.empty()) return true;
  }
  auto found = look_up(pending);
  if (!found) return false;
  pending->add(std::move(*found));
  return true;
}

/// Looks up facts and reviews again, until there is an answer. Nothing while a lookup is running: then this is
/// called again.
std::optional<http::Reply> AdmissionHandler::resume(const std::shared_ptr<Pending>& pending) {
  std::string uid;
  try {
    while (true) {
      if (!get_facts(pending)) return std::nullopt;
      if (pending->is_decided()) return send(pending->call, *std::move(pending->answer));
      pending->answer.reset();
      spec::Arena arena;
      auto review =
          admission::decode_review(pending->request.body, arena);  // a mutation changed the previous one
      if (!review) throw std::logic_error("a review that was decoded once cannot be decoded again");
      uid = review->uid;
      const AdmissionPath& path = admission_paths()[pending->call.path];
      admission::Outcome outcome = admit_(path.endpoint, *review, *pending->catalog, pending->facts, arena);
      if (const auto* response = std::get_if<admission::Response>(&outcome)) {
        if (path.needs_all_facts && !response->unread.empty()) return ask_again(*pending, *review, *response);
        if (response->unless_present.empty()) return finish(pending->call, *review, *response);
        pending->decide(response->unless_present, answer_of(*review, *response));
        continue;
      }
      pending->needs = std::get<admission::Needs>(std::move(outcome));
    }
  } catch (const std::exception& bug) {
    return fail(pending->call, uid, bug.what());
  }
}

/// 429 if it may succeed with fewer requests, else 500. The API server fails the write, and its author repeats it:
/// a ReplicaSet creates the Pod again, with a growing delay.
http::Reply AdmissionHandler::ask_again(const Pending& pending, const admission::Review& review,
                                        const admission::Response& response) {
  const admission::ObjectKey& key = response.unread.front();
  const auto why = std::ranges::find(pending.unread, key, &UnreadFact::key);
  const bool known = why != pending.unread.end();
  // Without quotes: the API server quotes the text. The names are DNS names.
  const std::string text = text::on_one_line(fmt::format(
      "{} {} could not be read, and the {} would start without it: {}", key.kind,
      key.name.empty() ? "list" : key.name, review.kind, known ? why->reason : "it was not looked up"));
  http::Reply reply = known && why->overloaded ? http::overloaded_reply(text) : http::text_reply(500, text);
  count_reply(pending.call, reply.status);
  log::warn("refused for now", {{"webhook", admission_paths()[pending.call.path].path},
                                {"uid", review.uid},
                                {"kind", review.kind},
                                {"namespace", review.namespace_},
                                {"name", review.name},
                                {"status", reply.status},
                                {"reason", text}});
  return reply;
}

void AdmissionHandler::count_reply(const Call& call, int status) {
  PathCounters& counters = counters_.paths[call.path];
  counters.count_code(status);
  counters.latencies.observe(steady_clock::now() - call.started);
  counters.in_flight.subtract();
}

AdmissionHandler::Answer AdmissionHandler::answer_of(const admission::Review& review,
                                                     const admission::Response& response) {
  Answer answer{.body = admission::encode_response(review, response),
                .denied = !response.allowed,
                .strict_would_deny = response.strict_would_deny};
  if (log::enabled(log::Level::kDebug)) {
    answer.summary = Answer::Summary{.uid = std::string(review.uid),
                                     .kind = std::string(review.kind),
                                     .ns = std::string(review.namespace_),
                                     .name = std::string(review.name),
                                     .operation = admission::name_of(review.operation),
                                     .verdict = verdict_of(response),
                                     .dry_run = review.dry_run,
                                     .errors = response.causes.size(),
                                     .warnings = response.warnings.size()};
  }
  return answer;
}

http::Reply AdmissionHandler::send(const Call& call, Answer answer) {
  const auto latency = steady_clock::now() - call.started;
  PathCounters& counters = counters_.paths[call.path];
  counters.count_code(200);
  counters.latencies.observe(latency);
  counters.in_flight.subtract();
  if (answer.denied) counters.denied.add();
  if (answer.strict_would_deny) counters.strict_would_deny.add();
  if (const auto& summary = answer.summary) {
    log::debug("reviewed", {{"webhook", admission_paths()[call.path].path},
                            {"uid", summary->uid},
                            {"operation", summary->operation},
                            {"kind", summary->kind},
                            {"namespace", summary->ns},
                            {"name", summary->name},
                            {"dryRun", summary->dry_run},
                            {"verdict", summary->verdict},
                            {"errors", summary->errors},
                            {"warnings", summary->warnings},
                            {"lookups", call.lookups.rounds()},
                            {"us", std::chrono::duration_cast<std::chrono::microseconds>(latency).count()}});
  }
  return {.body = std::move(answer.body)};
}

http::Reply AdmissionHandler::finish(const Call& call, const admission::Review& review,
                                     const admission::Response& response) {
  return send(call, answer_of(review, response));
}

http::Reply AdmissionHandler::fail(const Call& call, std::string_view uid, std::string_view error) {
  count_reply(call, 500);
  log::error("review failed",
             {{"webhook", admission_paths()[call.path].path}, {"uid", uid}, {"error", error}});
  return http::text_reply(500, "internal error; see the log of the webhook");
}

}  // namespace modelgate::webhook
