// SPDX-License-Identifier: Apache-2.0
#pragma once

// The handler of the plain listeners: /healthz, /readyz and /metrics, each where it is asked for. Made by
// http/probe_servers.cc.
//
//   ProbeHandler handler({.health = true, .metrics = false}, checks, [] { return metrics_text(...); });
//
// /healthz: 200 while the process runs its threads, and `ailing`, where there is one, has nothing to say;
// else 503 with that. /readyz: 200 when every check passes, else 503 with one line a check, "[-] certificate:
// expired"; "?verbose" shows the lines always, as Kubernetes' own components do.

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/handler.h"

namespace modelgate::http {

struct ReadyCheck {
  std::string_view name;
  // Empty when all is well, else why not. Called on the probes' thread.
  std::function<std::string()> failure;
};

struct ProbePaths {
  bool health = false;   // /healthz and /readyz
  bool metrics = false;  // /metrics
};

class ProbeHandler final : public Handler {
 public:
  ProbeHandler(ProbePaths paths, std::vector<ReadyCheck> checks, std::function<std::string()> metrics,
               std::function<std::string()> ailing = {});

  std::optional<Reply> handle(const Request& request, ReplyLater& later) override;

 private:
  Reply ready(bool verbose) const;
  Reply healthy() const;

  ProbePaths paths_;
  std::vector<ReadyCheck> checks_;
  std::function<std::string()> metrics_, ailing_;
};

}  // namespace modelgate::http
