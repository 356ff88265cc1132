// SPDX-License-Identifier: Apache-2.0
//
// The handler of /healthz, /readyz and /metrics. Used by http/probe_servers.cc.
//
//   ProbeHandler handler({.health = true, .metrics = false}, checks, [] { return metrics_text(...); });
//
// /healthz: 200, or 503 with the text of `unhealthy` if that is not empty. /readyz: 200 if all checks pass,
// else 503 with one line per check, such as "[-] certificate: expired"; "?verbose" always shows the lines, as
// in Kubernetes' components.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/handler.h"

namespace modelgate::http {

struct ReadyCheck {
  std::string_view name;
  /// Empty if the check passes, else the reason. Called on the probes' thread.
  std::function<std::string()> failure;
};

struct ProbePaths {
  bool health = false;   // /healthz and /readyz
  bool metrics = false;  // /metrics
};

class ProbeHandler final : public Handler {
 public:
  ProbeHandler(ProbePaths paths, std::vector<ReadyCheck> checks, std::function<std::string()> metrics,
               std::function<std::string()> unhealthy = {});

  std::optional<Reply> handle(const Request& request, ReplyLater& later) override;

 private:
  Reply ready(bool verbose) const;
  Reply healthy() const;

  ProbePaths paths_;
  std::vector<ReadyCheck> checks_;
  std::function<std::string()> metrics_, unhealthy_;
};

}  // namespace modelgate::http
