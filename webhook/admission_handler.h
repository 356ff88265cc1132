// SPDX-License-Identifier: Apache-2.0
#pragma once

// Answers the API server's requests: path table, checks of the HTTP around a review, then admission/, as
// often as it needs to know something more. One for each thread of the server; made by webhook/main.cc.
//
//   AdmissionHandler handler(catalog, facts, metrics.add_thread());
//   handler.use(newer_catalog, newer_facts);        // on the handler's own thread: Server::on_each_thread
//
// Answers with HTTP status 404 (no such path), 405 with Allow (not a POST), 415 (not application/json), 400
// (no review that could be answered, with what is wrong), 429 (it would have to wait for facts, as too many
// do already), 500 (a bug of ours; the log has the uid), else 200 with an AdmissionReview, be the object
// admitted or denied.

#include <array>
#include <memory>
#include <optional>

#include "admission/admission.h"
#include "http/handler.h"
#include "spec/catalog.h"
#include "webhook/admission_metrics.h"
#include "webhook/fact_source.h"

namespace modelgate::webhook {

// The longest that a request may take us, most of it waiting for facts. The longest timeoutSeconds that we
// register is 10 s, for Pods.
inline constexpr std::chrono::seconds kMaxReviewTime{10};

// A thread's arena begins with this much, kept between requests: a review of 7 KB with its patch takes about
// half.
inline constexpr std::size_t kArenaBytes = std::size_t{128} << 10;

// admission::admit, but in tests.
using Admit = admission::Outcome (*)(admission::Endpoint, admission::Review&, const spec::Catalog&,
                                     const admission::Facts&, spec::Arena&);

class AdmissionHandler final : public http::Handler {
 public:
  // `counters` must outlive the handler.
  AdmissionHandler(std::shared_ptr<const spec::Catalog> catalog, std::shared_ptr<FactSource> facts,
                   AdmissionCounters& counters, Admit admit = admission::admit);

  std::optional<http::Reply> handle(const http::Request& request, http::ReplyLater& later) override;

  // For the requests that come from now on.
  void use(std::shared_ptr<const spec::Catalog> catalog, std::shared_ptr<FactSource> facts) {
    catalog_ = std::move(catalog);
    facts_ = std::move(facts);
  }

 private:
  struct Call;
  struct Pending;

  std::optional<http::Reply> review(Call& call, const http::Request& request, http::ReplyLater& later);
  std::optional<http::Reply> go_on(const std::shared_ptr<Pending>& pending);
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
