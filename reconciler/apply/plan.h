// SPDX-License-Identifier: Apache-2.0
//
// What has to be written so that what is there becomes what is wanted: a pure function. applier.h does it;
// --dry-run prints it; in a quiet cluster it is empty.
//
//   const Plan plan = make_plan(service, wanted.objects, cache.children(key), memory, arena);
//   for (const Step& step : plan.steps) ...
//
// In this order: steps of adoption, objects in the order wanted, deletions last (a route leads elsewhere
// before what it led to goes).
//
// Unchanged means no step: the wanted object's digest is that of what our manager applied, as it is now; or
// it is the one that was applied last, and the object's digest is that which the reply to that had (the API
// server may have normalized something).
//
// `spec.replicas`: where nothing is wanted (an autoscaler scales) and we are its only manager, the live value
// is applied on, under resourceVersion, until another manager owns it; giving it up as sole owner would reset
// it to 1. So it is with what KServe made: that its manager is the only one may be, so it is kept at first.
//
// Never touched: an object whose controller is not this service (by uid); one that is being deleted. A wanted
// object whose name such an object has is a conflict, told and not written. An object that is ours and not
// wanted is deleted, with uid and resourceVersion as preconditions; ours is what names this service as its
// controller and was written by us or by KServe. A `create_only` one is never changed. A service that is
// being deleted needs nothing: the garbage collector takes what it owned.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "reconciler/cache/child.h"
#include "spec/json.h"
#include "workload/children/wanted.h"

namespace modelgate::reconciler {

struct Step {
  enum class Kind : std::uint8_t {
    kAdopt,   // KServe's entries in managedFields become ours
    kCreate,  // apply without force: what is there already and differs is a conflict
    kPost,    // create_only: by POST, and what is there already is right
    kApply,   // apply with force
    kDelete,
  };
  Kind kind = Kind::kApply;
  const kube::Resource* resource = nullptr;
  std::string ns = {}, name = {};
  std::string uid = {}, resource_version = {};  // of what is there; empty for what is to be made
  std::string owner_uid = {};                   // of the service
  /// Of kApply and the kAdopt before it: `body` repeats these `spec.replicas` of the object that is there.
  /// The write counts only where they are still that: it goes under resourceVersion.
  std::optional<std::int64_t> held_replicas = {};
  std::string body = {};            // JSON, without resourceVersion; of kCreate, kPost, kApply
  std::string wanted_digest = {};   // what the plan compares the next time
  std::string_view component = {};  // of the service, for its conditions: "predictor", "ingress", ...
  std::string_view why = {};        // "absent", "differs", "not wanted", "made by KServe": for people
};

/// What was applied last and what came of it, by object. It is only memory: without it, an object that the
/// API server normalizes is applied once more.
class AppliedMemory {
 public:
  struct Entry {
    std::string wanted_digest, reply_digest;
  };
  void remember(const std::string& uid, Entry entry) { entries_[uid] = std::move(entry); }
  void forget(const std::string& uid) { entries_.erase(uid); }
  const Entry* find(const std::string& uid) const {
    const auto it = entries_.find(uid);
    return it == entries_.end() ? nullptr : &it->second;
  }

 private:
  std::map<std::string, Entry> entries_;  // by uid
};

/// A condition's reason: an object of that name is somebody else's.
inline constexpr std::string_view kNameTaken = "NameTaken";

/// A wanted object that cannot be written because its name is taken.
struct Conflict {
  const kube::Resource* resource = nullptr;
  std::string name = {};
  std::string_view component = {};
  std::string text = {};  // "Deployment iris-predictor belongs to InferenceService x, not to this service"
  std::string_view reason = kNameTaken;  // or "BeingDeleted", "OwnerDeleted": those go by themselves
};

/// What has a wanted name and goes by itself, so that one need only wait: what it is called, and what is said
/// of the object.
struct Passing {
  std::string_view reason, text;
};
Passing being_deleted();
/// It belongs to an earlier service of the same name.
Passing owner_deleted();

struct Plan {
  std::vector<Step> steps = {};
  std::vector<Conflict> conflicts = {};
};

/// What becomes of what is ours and not wanted.
enum class Unwanted : std::uint8_t { kDelete, kKeepRoutes, kKeep };

/// How many replicas a Deployment has when it is made, where an autoscaler is wanted for it and so nothing is
/// said of them: one, as the API server has it, or as few as the autoscaler will have, which otherwise comes
/// to that only at its next turn.
enum class Begin : std::uint8_t { kWithOne, kWithMinimum };

/// `children`: all that names the service as its controller, and whatever else has a wanted name; one may be
/// there twice. The cache must be in sync: what is not in it counts as absent.
Plan make_plan(const ServiceRecord& service, const workload::Wanted& wanted,
               const std::vector<const Child*>& children, const AppliedMemory& memory, spec::Arena& arena,
               Begin begin = Begin::kWithOne);
/// The same of objects alone.
Plan make_plan(const ServiceRecord& service, const std::vector<workload::WantedObject>& wanted,
               const std::vector<const Child*>& children, const AppliedMemory& memory, spec::Arena& arena,
               Unwanted unwanted = Unwanted::kDelete);

/// Whether what is missing in `wanted` is really not wanted: nothing is taken for that where a component
/// could not be built (its runtime was deleted, say: what serves goes on serving) or something has to be
/// looked up first, and no route where only those could not. A stopped service wants nothing, whatever is
/// wrong with it.
Unwanted unwanted_of(const workload::Wanted& wanted);

/// For --dry-run: "default/iris: apply Deployment iris-predictor (differs)", a line a step, and one a
/// conflict. Empty where there is nothing to do.
std::string describe(const ServiceKey& service, const Plan& plan);

/// spec::digest() of an object as it is compared: without apiVersion, kind, and metadata's name, namespace,
/// uid and resourceVersion, all of which tell which object it is.
std::string comparable_digest(const spec::Value& object, spec::Arena& arena);

/// The kind's place in the API, for a wanted object; nullptr for one that we never make.
const kube::Resource* resource_of(const spec::Value& object);

}  // namespace modelgate::reconciler
