// SPDX-License-Identifier: Apache-2.0
//
// Creates the built-in ClusterServingRuntimes (deploy/runtimes) in the cluster, each once: an existing one is left
// unchanged, and one that an admin deleted is not created again. Run by the leader (controller.cc).
//
//   BuiltinRuntimes runtimes(client, "kserve");
//   const BuiltinOutcome outcome = co_await runtimes.create(until);    // not complete: to be retried later
//
// The ConfigMap `modelgate-builtin-runtimes` in our namespace records the runtimes that were created or found, by
// name. A newer version creates only its new ones; existing ones may have been edited, so they are left unchanged
// (`kubectl apply --server-side -f deploy/runtimes` updates them). To restore a deleted one, remove its key from
// the ConfigMap, and restart.
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
  int created = 0;
  std::string problem;  // the first one
};

class BuiltinRuntimes {
 public:
  BuiltinRuntimes(kube::Client& client, std::string ns) : client_(client), ns_(std::move(ns)) {}

  kube::Task<BuiltinOutcome> create(kube::SteadyTime until);

 private:
  using Entries = std::map<std::string, std::string>;  // "made" or "found", by name

  kube::Task<kube::ApiResult<std::optional<kube::Object>>> read(kube::SteadyTime until);
  kube::Task<kube::ApiResult<void>> write(const std::optional<kube::Object>& before, Entries entries,
                                          kube::SteadyTime until);

  kube::Client& client_;
  std::string ns_;
};

}  // namespace modelgate::reconciler
