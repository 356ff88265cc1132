// SPDX-License-Identifier: Apache-2.0
//
// Defaults: everything that admission writes into an InferenceService, and takes back again.
//
//   spec::Edit edit(object, arena);
//   Outcome outcome = apply_defaults(edit, {.catalog = catalog, .old_object = old, .request_namespace = ns});
//   if (edit.changed()) response.patch = spec::to_json(edit.patch());
//   response.warnings = std::move(outcome.warnings);
//
// What it does, in the order of the table in defaulting.cc: names of deployment modes, old spellings of
// canaries, framework fields, protocol versions, custom components, local models, service account tokens, the
// runtime, resources, tolerations for accelerators. README.md says how what was written is remembered
// (annotation modelgate.io/defaults) and taken back.
//
// With `validation: Compatible`, `runtimeSelection: Defer`, `resourceDefaults: false` and no gpuTolerations
// the result is KServe v0.20's, our annotation aside.
//
// Contract: the object's JSON types were checked before (spec/schema.h); whatever it holds, nothing throws.
// Defaulting what was defaulted changes nothing, and so does the same manifest once more, however it is
// applied. Pure: no I/O, no clock; catalog and old object must outlive the call (and the catalog the
// selection). Reentrant.
//
// Who calls: admission on CREATE and UPDATE, and for the old object before it validates that; the reconciler,
// in memory; `modelgate review`. Whoever calls leaves out an UPDATE of an object that is being deleted.
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

/// Lists what we wrote: a JSON object from path to "<cause> <digest>". It is ours: what an incoming object
/// holds under this name is dropped, what the old object holds is believed.
inline constexpr std::string_view kDefaultsAnnotation = "modelgate.io/defaults";

struct Context {
  const spec::Catalog& catalog;
  /// nullptr on CREATE.
  const spec::Value* old_object = nullptr;
  std::string_view request_namespace;
  /// Names of runtimes that a live read did not find: only then does a runtime chosen earlier, and gone from
  /// the catalog, give way to another.
  std::span<const std::string_view> absent_runtimes{};
};

struct Outcome {
  /// Most important first. The rule is the name of the step.
  std::vector<spec::FieldWarning> warnings;
  /// How the stable predictor's runtime was settled; nothing where no runtime is asked for.
  std::optional<Selection> selection;
  /// Runtimes that were chosen earlier and are not in the catalog: kept. Whoever can look them up may do so,
  /// and default once more with those that are gone in `absent_runtimes`.
  std::vector<std::string> missing_runtimes;
  /// A runtime was to be chosen and written, and none in the catalog serves the model. Whoever can list them
  /// may do so, and default once more with what has come since.
  bool nothing_serves = false;
  /// The paths of what is filled in, sorted: what the annotation lists.
  std::vector<std::string> filled;
};

Outcome apply_defaults(spec::Edit& edit, const Context& context);

}  // namespace modelgate::defaulting
