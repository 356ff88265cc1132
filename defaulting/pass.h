// SPDX-License-Identifier: Apache-2.0
//
// One pass of defaulting over one object: what all steps share, and the steps' declarations. A step is a
// function of a Pass; defaulting.cc holds them in a table, each file of this folder a few of them.
//
//   void default_protocol_version(Pass& pass) {
//     const spec::FieldPath path = pass.predictor_path() / "model" / "protocolVersion";
//     pass.fill(path, cause::kProtocol, [] { return spec::make_literal("v2"); });
//   }
//
// Views and texts of the document are void after each edit: steps take them anew.
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

// More than any service has. What lies behind is left as it is, so that the work stays near linear in the
// object, whatever it holds: an object of 3 MiB has room for 30,000 of each.
inline constexpr std::size_t kMaxCanaries = 32;
inline constexpr std::size_t kMaxContainers = 64;    // of one Pod
inline constexpr std::size_t kMaxResources = 256;    // in one container's requests, or limits
inline constexpr std::size_t kMaxAccelerators = 16;  // kinds, in one Pod
inline constexpr std::size_t kMaxElements = 256;     // of a list, among which a recorded one is looked for
inline constexpr std::size_t kMaxRecorded = 1024;  // paths; some 100 KiB of the 256 that annotations may have

/// Whose value stands at a path in the end.
enum class Filled {
  kUsers,    // it was there
  kEarlier,  // the one that an earlier pass wrote
  kNew,
  kNot,  // the place cannot hold it
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

  // What steps tell those that come after them.
  bool model_mesh = false;          // annotated so: predictors are left alone, as KServe does
  bool model_is_ambiguous = false;  // a framework's field beside the user's model: validation denies it
  bool canary_converted = false;    // from the old spelling, just now
  /// The stable predictor's runtime, chosen or named; nullptr where there is none to be found.
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

  /// Sets without a record: what is made anew in each pass from what the user wrote.
  void set(const spec::FieldPath& path, spec::Value value);

  /// The user's value, else our earlier one where `fits(const Value&)`, else what `make()` gives. A value of
  /// ours is recorded.
  template <typename Fits, typename Make>
  Filled fill(const spec::FieldPath& path, std::string_view why, Fits&& fits, Make&& make) {
    if (const Place place = look(path); place != Place::kFree)
      return place == Place::kTaken ? Filled::kUsers : Filled::kNot;
    const spec::Value* before = earlier.value(document(), path);
    const bool keep = before && fits(*before);
    edit.set(path, keep ? spec::clone(*before, edit.arena()) : make());
    ledger.add(path, why);
    return keep ? Filled::kEarlier : Filled::kNew;
  }

  /// The text, for as long as the arena lives.
  std::string_view keep(std::string_view text);

  void warn(const spec::FieldPath& path, std::string text);

  enum class Place {
    kTaken,  // there is a value
    kFree,
    kBarred,  // what is on the way is no object, or a list too short
  };
  Place look(const spec::FieldPath& path) const;
  bool can_hold(const spec::FieldPath& path) const { return look(path) != Place::kBarred; }
};

/// True for null, "", {}, [] and what holds nothing else.
bool says_nothing(const spec::Value& value);

// deployment_mode.cc
void settle_deployment_mode(Pass& pass);

// legacy_canary.cc
void move_canary_traffic_percent(Pass& pass);
void convert_canary_object(Pass& pass);
void couple_canary_shares(Pass& pass);

// legacy_framework.cc
void move_framework_fields(Pass& pass);

// model.cc
void default_protocol_version(Pass& pass);
void annotate_model_format(Pass& pass);

// components.cc
void complete_custom_predictor(Pass& pass);
void complete_transformer(Pass& pass);
void complete_explainer(Pass& pass);
void decline_service_account_token(Pass& pass);

// local_model.cc
void label_local_model(Pass& pass);

// runtime_pin.cc
void settle_runtimes(Pass& pass);

// resources.cc
void fill_model_resources(Pass& pass);
/// As KServe defaults a custom container: what is missing of CPU and memory, from configuration alone.
void fill_container_resources(Pass& pass, const spec::FieldPath& container);

// gpu_tolerations.cc
void tolerate_accelerators(Pass& pass);

}  // namespace modelgate::defaulting
