// SPDX-License-Identifier: Apache-2.0
//
// The CA bundle for downloading models: the ConfigMap `storageInitializer.caBundleConfigMapName` in our namespace
// is copied as `global-ca-bundle` into the namespace of each service, where Pods can mount it, as in KServe. Used
// by reconcile.cc.
//
//   const std::string problem = co_await copies.ensure(ns, name, until, writes);   // empty: the copy is current
//
// Source and copies are read again after kRecheckEvery, so most reconciles make no call. A copy has no owner: it
// stays after the last service is deleted. Only its key is written; the rest of it is left unchanged.
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
  static constexpr std::chrono::seconds kRecheckEvery{30};

  CaBundleCopies(kube::Client& client, std::string system_namespace)
      : client_(client), system_namespace_(std::move(system_namespace)) {}

  /// Returns what is wrong, and counts a write.
  kube::Task<std::string> ensure(std::string ns, std::string source, kube::SteadyTime until, int& writes);

 private:
  kube::Task<std::string> read_source(std::string name, kube::SteadyTime until);

  kube::Client& client_;
  std::string system_namespace_;
  std::string source_, bundle_;  // as last read: the ConfigMap's name, the CAs in it
  kube::SteadyTime read_at_{};
  struct Copy {
    kube::SteadyTime seen_at{};
    std::size_t bundle = 0;  // its hash
  };
  std::map<std::string, Copy> copies_;  // by namespace
};

}  // namespace modelgate::reconciler
