// SPDX-License-Identifier: Apache-2.0
//
// Checks the Pod templates that the builder made of a service and its runtime, as the API server would, and
// finds the field of the service that each error belongs to. Called by realization.cc.
//
//   const BuiltPods found = check_built_pods(wanted, service, findings.errors);
//
// spec.predictor.model.readinessProbe: Forbidden: has httpGet and tcpSocket: only one of them may be set (with
// ServingRuntime own)
#pragma once

#include <vector>

#include "spec/field.h"
#include "spec/json.h"
#include "workload/children/wanted.h"

namespace modelgate::admission {

struct BuiltPods {
  /// About what the service has, also if only the runtime makes it wrong.
  std::vector<spec::FieldError> errors;
  /// About what only the runtime has, which a change of the runtime can solve; and ports that two containers
  /// have.
  std::vector<spec::FieldWarning> warnings;
};

/// Leaves out what `reported` has at the same field. Paths refer to the service's document and to the objects.
BuiltPods check_built_pods(const workload::Wanted& wanted, const spec::Value& service,
                           const spec::FieldErrors& reported);

}  // namespace modelgate::admission
