// SPDX-License-Identifier: Apache-2.0
//
// The CAs that models are fetched with, where Pods can mount them: the ConfigMap that
// `storageInitializer.caBundleConfigMapName` names, in our namespace, is copied into the namespace of each
// service as `global-ca-bundle`, as KServe does it. Used by reconcile.cc.
//
//   const std::string wrong = co_await copies.bring(ns, name, until, writes);   // empty: it is there
//
// Source and copies are looked at again when they were last seen longer than kLookEvery ago, so that a
// reconcile usually asks for nothing. A copy belongs to nobody: it stays when the last service goes. Only its
// key is written; what else is in it is left alone.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "kube/client/client.h"
#include "workload/pods/storage_initializer.h"

namespace modelgate::reconciler {

using workload::kCaBundleCopy;
inline constexpr std::string_view kCaBundleKey = "cabundle.crt";

class CaBundleCopies {
 public:
  static constexpr std::chrono::seconds kLookEvery{30};

  CaBundleCopies(kube::Client& client, std::string system_namespace)
      : client_(client), system_namespace_(std::move(system_namespace)) {}

  /// Gives what is wrong, for people, and counts a write.
  kube::Task<std::string> bring(std::string ns, std::string source, kube::SteadyTime until, int& writes);

 private:
  kube::Task<std::string> read_source(std::string name, kube::SteadyTime until);

  kube::Client& client_;
  std::string system_namespace_;
  std::string source_, bundle_;  // what was read last: the ConfigMap's name, the CAs in it
  kube::SteadyTime read_at_{};
  struct Copy {
    kube::SteadyTime seen_at{};
    std::size_t bundle = 0;  // its hash
  };
  std::map<std::string, Copy> copies_;  // by namespace
};

}  // namespace modelgate::reconciler
