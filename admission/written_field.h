// SPDX-License-Identifier: Apache-2.0
//
// From a field of a Pod that was built to the field of the service that it came from.
//
//   const WrittenField field = find_written_field({service, component, pod, error});
//   // containers[0].readinessProbe -> spec.predictor.model.readinessProbe
//
// Elements of lists are found by their keys, because a merge changes indices.
#pragma once

#include <string>

#include "spec/core.h"
#include "spec/field.h"
#include "spec/json.h"

namespace modelgate::admission {

struct BuiltField {
  const spec::Value& service;
  const spec::FieldPath& component;  // spec.predictor, spec.canary[0].predictor, spec.predictor.workerSpec
  spec::PodSpecView pod;
  const spec::FieldError& error;  // its path begins with "spec", the Pod's, or "annotations"
};

struct WrittenField {
  /// The field, or the innermost one around it that the service has.
  spec::FieldPath path;
  /// Where the error is below `path`, as text; empty if it is there.
  std::string rest;
  /// False if the service has nothing of it.
  bool written = false;
};

WrittenField find_written_field(const BuiltField& built);

}  // namespace modelgate::admission
