// SPDX-License-Identifier: Apache-2.0
//
// The cache's tables, one for each kind: the stores that reflectors and our own writes fill. For cache.h only.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "kube/reflector.h"
#include "reconciler/cache/child.h"
#include "reconciler/cache/deleted_objects.h"
#include "reconciler/cache/owners.h"

namespace modelgate::reconciler {

/// What all tables have in common: numbered lists, and late events of deleted objects.
class Table : public kube::Store {
 public:
  explicit Table(Owners& owners) : owners_(owners) {}
  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;

  void replace(std::vector<kube::Object> objects) final { replace_page(std::move(objects), true, true); }
  void replace_page(std::vector<kube::Object> page, bool first, bool last) final;
  void upsert(kube::Object object) final;
  void remove(kube::Object object) final;

  /// Stores the reply to a write of ours.
  void put(const kube::Object& object);
  /// Removes what we deleted.
  void forget(NameView name, std::string_view uid);

 protected:
  virtual void take(const kube::Object& object, Source source) = 0;
  virtual const CacheEntry* entry(NameView name) const = 0;
  virtual void drop(NameView name, Source source) = 0;
  /// Drops what the list with that number did not contain.
  virtual void drop_unseen(std::uint32_t list, Source source) = 0;

  std::uint32_t list() const { return lists_; }
  Owners& owners_;

 private:
  std::uint32_t lists_ = 0;  // begun
  bool listed_ = false;      // one of them was complete
  DeletedObjects deleted_;
};

class ServiceTable final : public Table {
 public:
  using Table::Table;
  static ServiceRecord record(const Owner& owner, TextPacker& packer);

 private:
  void take(const kube::Object& object, Source source) override;
  const CacheEntry* entry(NameView name) const override;
  void drop(NameView name, Source source) override;
  void drop_unseen(std::uint32_t list, Source source) override;
};

/// Children of one kind, Pods, or EndpointSlices.
class MemberTable final : public Table {
 public:
  /// Copies a resource that is not one of kube::known_resources().
  MemberTable(const kube::Resource& resource, Owners& owners);

  const kube::Resource& resource() const { return *resource_; }
  enum class Role : std::uint8_t { kChildren, kPods, kEndpointSlices };
  Role role() const;
  const ByName<Member>& members() const { return members_; }
  /// It has, or once had, a member.
  bool has_stored() const { return has_stored_; }

  std::optional<Child> find(NameView name) const;
  static Child child(const MemberRef& ref, TextPacker& packer);
  static LabelledRecord labelled(const MemberRef& ref, TextPacker& packer);

 private:
  void take(const kube::Object& object, Source source) override;
  const CacheEntry* entry(NameView name) const override;
  void drop(NameView name, Source source) override;
  void drop_unseen(std::uint32_t list, Source source) override;

  std::optional<Child> reduced(const kube::Object& object) const;
  Member packed(const Child& child, Owner& owner);
  void link(ByName<Member>::iterator it, Owner& owner);
  static void unlink(const Member& member);
  ByName<Member>::iterator erase(ByName<Member>::iterator it, Source source);

  kube::Resource copy_;
  const kube::Resource* resource_;
  ByName<Member> members_;
  bool has_stored_ = false;
};

}  // namespace modelgate::reconciler
