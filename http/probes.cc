// SPDX-License-Identifier: Apache-2.0
#include "http/probes.h"

#include <utility>

#include "process/metric_families.h"

namespace modelgate::http {

ProbeHandler::ProbeHandler(ProbePaths paths, std::vector<ReadyCheck> checks,
                           std::function<std::string()> metrics, std::function<std::string()> unhealthy)
    : paths_(paths),
      checks_(std::move(checks)),
      metrics_(std::move(metrics)),
      unhealthy_(std::move(unhealthy)) {}

std::optional<Reply> ProbeHandler::handle(const Request& request, ReplyLater&) {
  const bool is_health = request.path == "/healthz" || request.path == "/readyz";
  const bool is_metrics = request.path == "/metrics";
  if (!(is_health && paths_.health) && !(is_metrics && paths_.metrics))
    return text_reply(404, "no such path");
  if (request.method != "GET") {
    Reply reply = text_reply(405, "only GET is allowed here");
    reply.allow = "GET";
    return reply;
  }
  if (is_metrics) return Reply{.content_type = process::kMetricsContentType, .body = metrics_()};
  if (request.path == "/healthz") return healthy();
  return ready(request.query == "verbose" || request.query.starts_with("verbose="));
}

Reply ProbeHandler::healthy() const {
  const std::string wrong = unhealthy_ ? unhealthy_() : std::string();
  return wrong.empty() ? text_reply(200, "ok") : text_reply(503, wrong);
}

Reply ProbeHandler::ready(bool verbose) const {
  std::string lines;
  bool all_pass = true;
  for (const ReadyCheck& check : checks_) {
    const std::string failure = check.failure();
    all_pass = all_pass && failure.empty();
    lines.append(failure.empty() ? "[+] " : "[-] ").append(check.name);
    lines.append(failure.empty() ? ": ok\n" : ": " + failure + "\n");
  }
  if (all_pass && !verbose) return text_reply(200, "ok");
  return text_reply(all_pass ? 200 : 503, lines + (all_pass ? "ready" : "not ready"));
}

}  // namespace modelgate::http
