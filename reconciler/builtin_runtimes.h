// SPDX-License-Identifier: Apache-2.0
//
// Makes the built-in ClusterServingRuntimes (deploy/runtimes) in the cluster, each once: one that is there
// already is left as it is, and one that an admin deleted does not come back. Run by the elected reconciler
// (controller.cc).
//
//   BuiltinRuntimes runtimes(client, "kserve");
//   const BuiltinOutcome outcome = co_await runtimes.make(until);    // false: to be tried again later
//
// What was made, or was there already, is remembered in the ConfigMap `modelgate-builtin-runtimes` of our
// namespace: the names as keys, with how it was. A newer version of ours makes what is new in it; what is
// there stays as it is, since somebody may have changed it: `kubectl apply --server-side -f deploy/runtimes`
// renews it. To have one again that was deleted: take its key out of the ConfigMap, and restart.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "kube/client/client.h"

namespace modelgate::reconciler {

inline constexpr std::string_view kBuiltinRuntimesConfigMap = "modelgate-builtin-runtimes";

struct BuiltinOutcome {
  bool complete = true;  // false: something failed, or the ConfigMap changed meanwhile
  int made = 0;
  std::string problem;  // the first one
};

class BuiltinRuntimes {
 public:
  BuiltinRuntimes(kube::Client& client, std::string ns) : client_(client), ns_(std::move(ns)) {}

  kube::Task<BuiltinOutcome> make(kube::SteadyTime until);

 private:
  using Entries = std::map<std::string, std::string>;  // "made" or "found", by name

  kube::Task<kube::ApiResult<std::optional<kube::Object>>> read(kube::SteadyTime until);
  kube::Task<kube::ApiResult<void>> write(const std::optional<kube::Object>& before, Entries entries,
                                          kube::SteadyTime until);

  kube::Client& client_;
  std::string ns_;
};

}  // namespace modelgate::reconciler
