// SPDX-License-Identifier: Apache-2.0
//
// modelgate-reconciler with faults between it and the API server. Started by
// tests/cluster/test_reconciler_faults.py.
//
//   reconciler-under-faults kill=12,when=after -- --kubeconfig ...     the reconciler's own flags after --
//
//   kill=N        exits at once at the Nth write, with the exit code kKilled
//   of=calls      for kill= all calls count, not only writes (watches and leases never count)
//   when=after    after the API server has done it; by default before it is sent
//   once=409      the first try of each write (by method and path) gets this HTTP status
//   once=lost     the connection fails before the first try of each write is sent
//   once=unheard  the answer to the first try of each write is lost
//   lag=500       watch events arrive this many milliseconds late
//
// Only writes of objects count; Events and Leases are neither counted nor failed, since their time varies.
#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "process/log.h"
#include "reconciler/flags.h"
#include "reconciler/program.h"

namespace modelgate::reconciler {
namespace {

/// By this the test recognizes a kill.
constexpr int kKilled = 86;

struct Plan {
  int kill = 0;
  bool all_calls = false;
  bool after = false;
  std::string once;
  int lag = 0;
};

class Faults final : public kube::FaultInjector {
 public:
  explicit Faults(Plan plan) : plan_(std::move(plan)) {}

  kube::Fault before(const Call& call) override {
    const bool write = call.method != "GET";
    if (call.watch || is_excluded(call.path)) return {};
    if (plan_.kill > 0 && (write || plan_.all_calls)) {
      ++counted_;
      if (counted_ == plan_.kill && !plan_.after) die(call);
    }
    if (!write || plan_.once.empty() || plan_.once == "unheard" || !is_first(call)) return {};
    return plan_.once == "lost" ? kube::Fault{.lost = true} : answered();
  }

  kube::Fault after(const Call& call, int /*status*/) override {
    const bool write = call.method != "GET";
    if (call.watch || is_excluded(call.path)) return {};
    // Calls may run at the same time: the first one whose answer is the Nth or later.
    if (plan_.after && plan_.kill > 0 && (write || plan_.all_calls) && ++answers_ >= plan_.kill) die(call);
    if (write && plan_.once == "unheard" && is_first(call)) return {.lost = true};
    return {};
  }

  std::chrono::milliseconds watch_lag() override { return std::chrono::milliseconds(plan_.lag); }

 private:
  static bool is_excluded(std::string_view path) {
    return path.contains("/events") || path.contains("/leases");
  }

  bool is_first(const Call& call) {
    return met_.insert(std::string(call.method) + ' ' + std::string(call.path)).second;
  }

  kube::Fault answered() const {
    const int status = std::atoi(plan_.once.c_str());
    const char* const reason = status == 409   ? "Conflict"
                               : status == 429 ? "TooManyRequests"
                                               : "InternalError";
    return {.status = status, .reason = reason};
  }

  [[noreturn]] static void die(const Call& call) {
    std::fprintf(stderr, "killed at %.*s %.*s\n", static_cast<int>(call.method.size()), call.method.data(),
                 static_cast<int>(call.path.size()), call.path.data());
    std::_Exit(kKilled);
  }

  Plan plan_;
  int counted_ = 0;
  int answers_ = 0;
  std::set<std::string> met_;
};

std::optional<Plan> plan_of(std::string_view text) {
  Plan plan;
  while (!text.empty()) {
    const std::string_view part = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), part.size() + 1));
    const auto equals = part.find('=');
    if (equals == part.npos) return std::nullopt;
    const std::string_view key = part.substr(0, equals), value = part.substr(equals + 1);
    int number = 0;
    std::from_chars(value.begin(), value.end(), number);
    if (key == "kill" && number > 0)
      plan.kill = number;
    else if (key == "lag" && number > 0)
      plan.lag = number;
    else if (key == "of" && (value == "calls" || value == "writes"))
      plan.all_calls = value == "calls";
    else if (key == "when" && (value == "after" || value == "before"))
      plan.after = value == "after";
    else if (key == "once" && (number >= 400 || value == "lost" || value == "unheard"))
      plan.once = value;
    else
      return std::nullopt;
  }
  return plan;
}

int run_with(std::string_view text, std::vector<const char*> arguments) {
  const auto plan = plan_of(text);
  auto parsed = parse_flags(static_cast<int>(arguments.size()), arguments.data());
  const auto* const end = std::get_if<process::FlagsEnd>(&parsed);
  if (!plan || end != nullptr) {
    std::fputs(plan ? end->text.c_str() : "invalid faults: see under_faults.cc\n", stderr);
    return 2;
  }
  auto& flags = std::get<Flags>(parsed);
  log::configure(flags.log);
  Faults faults(*plan);
  return run(std::move(flags), &faults);
}

}  // namespace
}  // namespace modelgate::reconciler

int main(int argc, char** argv) {
  const std::span<char*> given(argv, static_cast<std::size_t>(argc));
  if (given.size() < 3 || std::string_view(given[2]) != "--") {
    std::fputs("usage: reconciler-under-faults FAULTS -- FLAGS\n", stderr);
    return 2;
  }
  std::vector<const char*> arguments{given[0]};
  arguments.insert(arguments.end(), given.begin() + 3, given.end());
  return modelgate::reconciler::run_with(given[1], std::move(arguments));
}
