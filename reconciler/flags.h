// SPDX-License-Identifier: Apache-2.0
//
// The command line of modelgate-reconciler: controller-runtime's names, KServe's as aliases. Used by
// reconciler/main.cc.
//
//   auto flags = parse_flags(argc, argv);
//   if (auto* end = std::get_if<process::FlagsEnd>(&flags)) {   // --help, errors
//     print(end->text);
//     return end->exit_code;
//   }
//   auto connection = kube::connection(std::get<Flags>(flags).cluster, "modelgate-reconciler");
#pragma once

#include <chrono>
#include <string>
#include <variant>

#include "kube/client/connection_flags.h"
#include "process/program_flags.h"

namespace modelgate::reconciler {

/// Workers are coroutines that mostly wait for the API server; more of them would only wait for the client's
/// connections and rate limit.
inline constexpr int kMaxWorkers = 64;

struct Flags : process::ProgramFlags {
  /// Three hundred services that become Ready within 15 s, at eight calls each, are 160 calls a second; this is
  /// twice that. The API server's priority and fairness limits clients that call too often.
  kube::ConnectionFlags cluster{.lease = "modelgate-reconciler", .qps = 300, .burst = 600};
  std::string watch_namespace;  // empty: all
  bool builtin_runtimes = true;
  bool leader_elect = true;

  int workers = 8;
  std::chrono::nanoseconds resync = std::chrono::hours(10);  // zero: none
  std::chrono::nanoseconds shutdown_timeout = std::chrono::seconds(20);
  bool dry_run = false;
};

/// exit_code is 2 for a flag that is unknown or has a value that is not allowed.
std::variant<Flags, process::FlagsEnd> parse_flags(int argc, const char* const* argv);

}  // namespace modelgate::reconciler
