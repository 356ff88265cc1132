// SPDX-License-Identifier: Apache-2.0
//
// Checks the Pods that a service gets: its own parts, those of its runtime, and what the builder adds. Called
// by admission for each Pod template that it built.
//
//   const spec::FieldErrors errors = check_built_pod({.pod = spec, .serves = true});
//   for (const spec::FieldError& e : errors) e.path  // containers[0].readinessProbe, in the PodSpec
#pragma once

#include "spec/core.h"
#include "spec/field.h"
#include "validation/validation.h"

namespace modelgate::validation {

struct BuiltPod {
  spec::PodSpecView pod;
  spec::StringMapView annotations = {};
  /// A Service has the ports of the container that receives requests.
  bool serves = true;
  /// It has parts of a runtime or of another version: the rules were checked for each of them only.
  bool merged = true;
  /// Limits of the service were compared with requests of its runtime.
  bool limits_checked = false;
};

/// All errors that the rules about containers and Pods find, and the API server's rules about the ports of the
/// Service and the annotations. Paths refer to `pod`; that of an annotation begins with "annotations".
spec::FieldErrors check_built_pod(const BuiltPod& built);

}  // namespace modelgate::validation
