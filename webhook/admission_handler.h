// SPDX-License-Identifier: Apache-2.0
//
// Answers the API server's requests: finds the path, checks the HTTP request, and calls admission/, again after
// each lookup of facts. One for each thread of the server; created by program.cc.
//
//   AdmissionHandler handler(catalog, facts, metrics.add_thread());
//   handler.use(newer_catalog, newer_facts);        // on the handler's own thread: Server::on_each_thread
//
// HTTP status codes: 404 (unknown path), 405 with Allow (not a POST), 415 (not application/json), 400 (not a review
// that can be answered; the body says why), 429 (it needs facts, and too many requests already wait for facts, or a
// Pod needs one that was not read in time), 500 (an internal error; the log has the uid; or a Pod needs a fact that
// cannot be read), else 200 with an AdmissionReview, whether the object is admitted or denied.
#pragma once

#include <array>
#include <memory>
#include <optional>

#include "admission/admission.h"
#include "http/handler.h"
#include "spec/catalog.h"
#include "webhook/admission_metrics.h"
#include "webhook/fact_source.h"

namespace modelgate::webhook {

/// The longest time for a request, most of it for lookups. The longest timeoutSeconds in our registration is 10 s,
/// for Pods.
inline constexpr std::chrono::seconds kMaxReviewTime{10};

/// For a lookup whose result can only be a warning: many times what a read takes, and not noticed by a user.
inline constexpr std::chrono::milliseconds kMaxWarningLookupTime{200};

/// The initial size of a thread's arena, reused for each request: a review of 7 KB with its patch takes about half
/// of it.
inline constexpr std::size_t kArenaBytes = std::size_t{128} << 10;

/// admission::admit, except in tests.
using Admit = admission::Outcome (*)(admission::Endpoint, admission::Review&, const spec::Catalog&,
                                     const admission::Facts&, spec::Arena&);

class AdmissionHandler final : public http::Handler {
 public:
  /// `counters` must outlive the handler.
  AdmissionHandler(std::shared_ptr<const spec::Catalog> catalog, std::shared_ptr<FactSource> facts,
                   AdmissionCounters& counters, Admit admit = admission::admit);

  std::optional<http::Reply> handle(const http::Request& request, http::ReplyLater& later) override;

  /// For the next requests.
  void use(std::shared_ptr<const spec::Catalog> catalog, std::shared_ptr<FactSource> facts) {
    catalog_ = std::move(catalog);
    facts_ = std::move(facts);
  }

 private:
  struct Call;
  struct Pending;
  struct Answer;

  std::optional<http::Reply> review(Call& call, const http::Request& request, http::ReplyLater& later);
  std::optional<http::Reply> resume(const std::shared_ptr<Pending>& pending);
  bool get_facts(const std::shared_ptr<Pending>& pending);
  static http::SteadyTime lookup_deadline(const Pending& pending);
  std::optional<LookedUpFacts> look_up(const std::shared_ptr<Pending>& pending);
  http::Reply ask_again(const Pending& pending, const admission::Review& review,
                        const admission::Response& response);
  void count_reply(const Call& call, int status);
  static Answer answer_of(const admission::Review& review, const admission::Response& response);
  http::Reply send(const Call& call, Answer answer);
  http::Reply finish(const Call& call, const admission::Review& review, const admission::Response& response);
  http::Reply fail(const Call& call, std::string_view uid, std::string_view error);

  std::shared_ptr<const spec::Catalog> catalog_;
  std::shared_ptr<FactSource> facts_;
  AdmissionCounters& counters_;
  Admit admit_;
  std::unique_ptr<char[]> arena_memory_;
  spec::Arena arena_;
};

}  // namespace modelgate::webhook
