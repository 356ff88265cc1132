// SPDX-License-Identifier: Apache-2.0
//
// Defaults: everything that admission writes into an InferenceService, and withdraws.
//
//   spec::Edit edit(object, arena);
//   Outcome outcome = apply_defaults(edit, {.catalog = catalog, .old_object = old, .request_namespace = ns});
//   if (edit.changed()) response.patch = spec::to_json(edit.patch());
//   response.warnings = std::move(outcome.warnings);
//
// The table in defaulting.cc lists the steps. README.md describes how defaults are recorded (annotation
// modelgate.io/defaults) and withdrawn.
//
// With `validation: Compatible`, `runtimeSelection: Defer`, `resourceDefaults: false` and no gpuTolerations
// the result is KServe v0.20's, except for our annotation.
//
// Contract: the object's JSON types have been checked (spec/schema.h); no object makes it throw. Defaulting a
// defaulted object changes nothing, and neither does applying the same manifest again, in any way. Pure: no
// I/O, no clock; catalog and old object must outlive the call (and the catalog the selection). Reentrant.
//
// Callers: admission on CREATE and UPDATE, and for the old object before validating it; `modelgate review`.
// Callers skip the UPDATE of an object that is being deleted. The reconciler calls complete_stored() instead.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "defaulting/runtime_selection.h"
#include "spec/catalog.h"
#include "spec/edit.h"
#include "spec/field.h"

namespace modelgate::defaulting {

/// Records what we wrote: a JSON object from path to "<cause> <digest>". An incoming object's annotation is
/// ignored, the old object's is trusted.
inline constexpr std::string_view kDefaultsAnnotation = "modelgate.io/defaults";

struct Context {
  const spec::Catalog& catalog;
  /// nullptr on CREATE.
  const spec::Value* old_object = nullptr;
  std::string_view request_namespace;
  /// The object's metadata.managedFields as JSON text; empty if they are not known.
  std::string_view managed_fields{};
  /// Names of runtimes that a live lookup did not find. Only such a runtime, if it was selected earlier, is
  /// replaced by another; one that is merely missing from the catalog is kept.
  std::span<const std::string_view> absent_runtimes{};
};

struct Outcome {
  /// Most important first. The rule is the name of the step.
  std::vector<spec::FieldWarning> warnings;
  /// The selection for the stable predictor, if its model needs a runtime.
  std::optional<Selection> selection;
  /// Runtimes that were selected earlier, are not in the catalog, and are kept. The caller may look them up,
  /// and default once more with those that do not exist in `absent_runtimes`.
  std::vector<std::string> missing_runtimes;
  /// A runtime is needed, and none in the catalog serves the model. The caller may list the runtimes, and
  /// default once more with those created since.
  bool nothing_serves = false;
  /// The paths that the annotation lists, sorted.
  std::vector<std::string> filled;
};

Outcome apply_defaults(spec::Edit& edit, const Context& context);

/// What the reconciler needs of a stored object before it builds from it, in memory: legacy spellings become the
/// present ones, and a model without a runtime gets one. `context.old_object` is the stored object itself.
///
/// Nothing else is filled in: KServe's controller builds from what is stored, so a value that the API server does
/// not have would change a Pod template, and restart Pods: when a cluster moves over from KServe, and at each
/// change of a default in the configuration. Does not write the annotation; no outcome is `filled`.
Outcome complete_stored(spec::Edit& edit, const Context& context);

}  // namespace modelgate::defaulting
