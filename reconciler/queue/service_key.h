// SPDX-License-Identifier: Apache-2.0
//
// The namespace and name of one InferenceService: the key of the queue and of the cache.
#pragma once

#include <compare>
#include <functional>
#include <string>

namespace modelgate::reconciler {

struct ServiceKey {
  std::string ns = {}, name = {};

  auto operator<=>(const ServiceKey&) const = default;
  /// "default/iris", for logs.
  std::string to_string() const { return ns + "/" + name; }
};

}  // namespace modelgate::reconciler

template <>
struct std::hash<modelgate::reconciler::ServiceKey> {
  std::size_t operator()(const modelgate::reconciler::ServiceKey& key) const noexcept {
    return std::hash<std::string>{}(key.ns) * 31 + std::hash<std::string>{}(key.name);
  }
};
