// SPDX-License-Identifier: Apache-2.0
//
// One pass of defaulting over one object: what all steps share. A step is a function of a Pass, declared in
// the header of its file; the table in defaulting.cc has them all.
//
//   void default_protocol_version(Pass& pass) {
//     const spec::FieldPath path = pass.predictor_path() / "model" / "protocolVersion";
//     pass.fill(path, cause::kProtocol, [] { return spec::make_literal("v2"); });
//   }
//
// Views and texts of the document are invalid after each edit: steps read them again.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "defaulting/defaulting.h"
#include "defaulting/written.h"
#include "spec/configuration.h"
#include "spec/inference_service.h"

namespace modelgate::defaulting {

// More than any service has. What is beyond a limit is not changed, so that the work is nearly linear in the
// object: one of 3 MiB has room for 30,000 of each.
inline constexpr std::size_t kMaxCanaries = 32;
inline constexpr std::size_t kMaxContainers = 64;    // of one Pod
inline constexpr std::size_t kMaxResources = 256;    // in one container's requests, or limits
inline constexpr std::size_t kMaxAccelerators = 16;  // kinds, in one Pod
inline constexpr std::size_t kMaxElements = 256;     // of a list, searched for a recorded one
inline constexpr std::size_t kMaxRecorded = 1024;  // paths; some 100 KiB of the 256 that annotations may have

/// Whose value the path has after fill().
enum class Filled {
  kUsers,    // it was set
  kEarlier,  // the one that an earlier pass wrote
  kNew,
  kNot,  // the path cannot hold it
};

class Pass {
 public:
  Pass(spec::Edit& edit_in, const Context& context_in);

  spec::Edit& edit;
  const Context& context;
  const spec::Configuration& configuration;
  const Earlier earlier;
  Ledger ledger;
  Outcome outcome;
  std::string_view step{};  // the name of the step that runs

  // Set by a step for later ones.
  bool model_mesh = false;            // by annotation: predictors are not defaulted, as in KServe
  bool model_is_ambiguous = false;    // a framework's field beside the user's model: validation denies that
  bool canary_converted = false;      // from the legacy spelling, in this pass
  bool percent_given_at_top = false;  // spec.canaryTrafficPercent
  /// The stable predictor's runtime, selected or named; nullptr if there is none.
  const spec::Runtime* runtime = nullptr;

  const spec::Value& document() const { return edit.document(); }
  spec::InferenceServiceView service() const {
    return spec::InferenceServiceView(document(), &edit.revision());
  }
  /// Absent on CREATE.
  spec::InferenceServiceView old_service() const { return spec::InferenceServiceView(context.old_object); }
  bool strict() const { return configuration.modelgate.strict(); }
  /// How many canaries are defaulted.
  std::size_t canaries() const { return std::min(service().spec().canary().size(), kMaxCanaries); }

  /// See spec/deployment_mode.h.
  std::string_view deployment_mode() const;

  static spec::FieldPath predictor_path() { return spec::FieldPath{} / "spec" / "predictor"; }
  static spec::FieldPath canary_path(std::size_t i) {
    return (spec::FieldPath{} / "spec" / "canary")[i] / "predictor";
  }
  static spec::FieldPath annotation_path(std::string_view key) {
    return (spec::FieldPath{} / "metadata" / "annotations").key(key);
  }
  static spec::FieldPath label_path(std::string_view key) {
    return (spec::FieldPath{} / "metadata" / "labels").key(key);
  }

  /// Sets without a record: for what each pass derives from what the user wrote.
  void set(const spec::FieldPath& path, spec::Value value);

  /// Keeps the user's value, else sets our earlier one if `fits(const Value&)`, else what `make()` returns.
  /// Records a value of ours.
  template <typename Fits, typename Make>
  Filled fill(const spec::FieldPath& path, std::string_view why, Fits&& fits, Make&& make) {
    if (const Place place = place_at(path); place != Place::kFree)
      return place == Place::kTaken ? Filled::kUsers : Filled::kNot;
    const spec::Value* before = earlier.value(document(), path);
    const bool keep = before && fits(*before);
    edit.set(path, keep ? spec::clone(*before, edit.arena()) : make());
    ledger.add(path, why);
    return keep ? Filled::kEarlier : Filled::kNew;
  }

  std::string_view copy_to_arena(std::string_view text);

  void warn(const spec::FieldPath& path, std::string text);

  enum class Place {
    kTaken,  // there is a value
    kFree,
    kBlocked,  // a parent is not an object, or is a shorter list
  };
  Place place_at(const spec::FieldPath& path) const;
  bool can_hold(const spec::FieldPath& path) const { return place_at(path) != Place::kBlocked; }
};

/// True for null, "", {}, [] and objects that hold nothing else.
bool is_empty(const spec::Value& value);

}  // namespace modelgate::defaulting
