// SPDX-License-Identifier: Apache-2.0
//
// The difference between desired and observed objects as steps: a pure function. applier.h carries them out,
// --dry-run prints them; if nothing differs there are none.
//
//   const Plan plan = make_plan(service, wanted.objects, cache.children(key), memory, arena);
//   for (const Step& step : plan.steps) ...
//
// The order: adoptions, desired objects in their order, deletions last (a route changes its backends before the
// old backend is deleted). replacement.h has the exceptions.
//
// An object is unchanged if the digest of the desired object equals that of the fields that our manager applied;
// or if it is the digest that was applied last, and the object still has the digest of the reply to that (the
// API server may have normalized a value).
//
// `spec.replicas`: if none is desired (an autoscaler scales) and we are its only manager, the live value is
// applied again, under resourceVersion, until another manager owns it; removing it as the only owner would reset
// it to 1. The same holds for objects that KServe created, since its manager may be the only one.
//
// Never changed: an object whose controller is not this service (by uid), or that is being deleted. If it has the
// name of a desired object, that is a conflict: reported, not written. An object that is ours and not desired is
// deleted, with uid and resourceVersion as preconditions; ours means that its controller is this service and that
// we or KServe wrote it. A `create_only` object is never changed. For a service that is being deleted there are
// no steps: the garbage collector deletes what it owned.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "reconciler/apply/replacement.h"
#include "reconciler/cache/child.h"
#include "spec/json.h"
#include "workload/children/wanted.h"

namespace modelgate::reconciler {

struct Step {
  enum class Kind : std::uint8_t {
    kAdopt,   // KServe's entries in managedFields become ours
    kCreate,  // apply without force: an existing object that differs is a conflict
    kPost,    // create_only: by POST; an existing object is left as it is
    kApply,   // apply with force
    kDelete,
  };
  Kind kind = Kind::kApply;
  const kube::Resource* resource = nullptr;
  std::string ns = {}, name = {};
  std::string uid = {}, resource_version = {};  // of the existing object; empty to create one
  std::string owner_uid = {};                   // of the service
  /// Of kApply and the kAdopt before it: `body` repeats these live `spec.replicas`. The write is valid only
  /// while they are unchanged, so it carries a resourceVersion.
  std::optional<std::int64_t> held_replicas = {};
  std::string body = {};           // JSON, without resourceVersion; of kCreate, kPost, kApply
  std::string wanted_digest = {};  // for the next plan
  /// Of an object created by KServe: what to apply instead of `body` if an older release created it
  /// (older_release.h); empty if there is no such form.
  std::string older_body = {}, older_digest = {};
  /// Of kDelete: the kind of the desired object of the same name that takes its place, and how.
  const kube::Resource* replaced_by = nullptr;
  const Replacement* replacement = nullptr;
  std::string_view component = {};  // of the service, for its conditions: "predictor", "ingress", ...
  std::string_view why = {};        // "absent", "differs", "not desired", "created by KServe"; for --dry-run
};

/// What was applied last to each object, and what the API server stored. Only an optimization: without it, an
/// object that the API server normalizes is applied once more.
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

/// A condition's reason: an object of that name has another owner.
inline constexpr std::string_view kNameTaken = "NameTaken";

/// A desired object that cannot be written because its name is taken.
struct Conflict {
  const kube::Resource* resource = nullptr;
  std::string name = {};
  std::string_view component = {};
  std::string text = {};  // "Deployment iris-predictor is owned by InferenceService x, not by this one"
  std::string_view reason = kNameTaken;  // or "BeingDeleted", "OwnerDeleted": temporary
};

/// A temporary conflict: its reason, and the text that follows kind and name.
struct Passing {
  std::string_view reason, text;
};
Passing being_deleted();
/// It is owned by an earlier service of the same name.
Passing owner_deleted();

struct Plan {
  std::vector<Step> steps = {};
  std::vector<Conflict> conflicts = {};
  /// No step follows one that failed.
  bool ends_at_failure = false;
};

/// What happens to our objects that are not desired.
enum class Unwanted : std::uint8_t { kDelete, kKeepRoutes, kKeep };

/// The replicas of a new Deployment with an autoscaler, for which none are desired: one, the API server's
/// default, or the autoscaler's minimum, which it would otherwise reach only at its next evaluation.
enum class Begin : std::uint8_t { kWithOne, kWithMinimum };

/// `children`: all objects whose controller is the service, and others with a desired name; duplicates are
/// allowed. The cache must be in sync: an object that is not in it counts as absent.
Plan make_plan(const ServiceRecord& service, const workload::Wanted& wanted,
               const std::vector<const Child*>& children, const AppliedMemory& memory, spec::Arena& arena,
               Begin begin = Begin::kWithOne);
/// The same for objects alone.
Plan make_plan(const ServiceRecord& service, const std::vector<workload::WantedObject>& wanted,
               const std::vector<const Child*>& children, const AppliedMemory& memory, spec::Arena& arena,
               Unwanted unwanted = Unwanted::kDelete);

/// Whether objects that are missing in `wanted` may be deleted: none if a component could not be built (e.g. its
/// runtime was deleted: what serves continues to serve) or facts are still unknown, and no route if only routes
/// could not be built. For a stopped service everything is deleted, whatever is wrong with it.
Unwanted unwanted_of(const workload::Wanted& wanted);

/// For --dry-run: "default/iris: apply Deployment iris-predictor (differs)", a line for each step and each
/// conflict; empty if there are none.
std::string describe(const ServiceKey& service, const Plan& plan);

/// spec::digest() of an object for comparison: without the identifying apiVersion, kind, and metadata's name,
/// namespace, uid and resourceVersion.
std::string comparable_digest(const spec::Value& object, spec::Arena& arena);

/// The API resource of a desired object; nullptr for a kind that we never create.
const kube::Resource* resource_of(const spec::Value& object);

}  // namespace modelgate::reconciler
