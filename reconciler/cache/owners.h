// SPDX-License-Identifier: Apache-2.0
//
// The cache's services by name, each with references to its members: children and Pods. For the cache's own
// files.
//
//   Owner& owner = owners.get(name_of(object));
//   owner.members.push_back({this, &it->first, &it->second});
//   owners.notify_if_known(owner, Priority::kChange);
//
// An Owner also exists for a service that is not known (yet) but has members. Members are stored in the table
// of their kind (tables.h).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "reconciler/cache/cache_entry.h"
#include "reconciler/cache/object_name.h"
#include "reconciler/cache/packed_text.h"
#include "reconciler/queue/service_key.h"

namespace modelgate::reconciler {

class MemberTable;

struct MemberRef {
  const MemberTable* table;
  const Name* name;
  const Member* member;
};

struct Owner {
  const Name* name = nullptr;
  std::optional<Service> service;
  std::vector<MemberRef> members;

  ServiceKey key() const { return {std::string(name->ns.view()), std::string(name->name.view())}; }
  /// `uid`, sharing the block of an equal one in this owner if there is one.
  Text shared_uid(std::string_view uid) const;
};

class Owners {
 public:
  using OnChange = std::function<void(const ServiceKey&, Priority)>;
  explicit Owners(OnChange on_change) : on_change_(std::move(on_change)) {}

  /// Creates it if it does not exist; call drop_if_empty() if it may stay empty.
  Owner& get(NameView name);
  const Owner* find(NameView name) const;
  void drop_if_empty(Owner& owner);
  const ByName<Owner>& all() const { return owners_; }
  ByName<Owner>& all() { return owners_; }

  void notify(const Owner& owner, Priority priority) const { on_change_(owner.key(), priority); }
  /// For a change of a member: without its service there is nothing to reconcile.
  void notify_if_known(const Owner& owner, Priority priority) const {
    if (owner.service) notify(owner, priority);
  }

  TextPacker packer;

 private:
  OnChange on_change_;
  ByName<Owner> owners_;
};

}  // namespace modelgate::reconciler
