// SPDX-License-Identifier: Apache-2.0
//
// The names of all objects of a cluster-scoped kind with few objects, from a reflector.
//
//   NameList classes([&] { reconcile_all(); });
//   if (classes.names() && !classes.names()->contains("nginx")) ...
#pragma once

#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "kube/reflector.h"

namespace modelgate::reconciler {

class NameList final : public kube::Store {
 public:
  using Names = std::set<std::string, std::less<>>;

  /// `on_change`: a name was added or removed after the first list.
  explicit NameList(std::function<void()> on_change) : on_change_(std::move(on_change)) {}

  /// nullptr before the first list.
  const Names* names() const { return listed_ ? &names_ : nullptr; }

  void replace(std::vector<kube::Object> objects) override;
  void upsert(kube::Object object) override;
  void remove(kube::Object object) override;

 private:
  std::function<void()> on_change_;
  Names names_;
  bool listed_ = false;
};

}  // namespace modelgate::reconciler
