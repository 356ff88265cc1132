// SPDX-License-Identifier: Apache-2.0
//
// The status of an InferenceService, from the desired and the observed objects. Called by the reconciler, on every
// path. knative_status.h has what differs in Knative mode.
//
//   ServiceContext context{.catalog = catalog, .runtime = selected, .ready = ready_components(...)};
//   Wanted wanted = build_wanted(service, context, arena);
//   Value status = build_status(service, wanted, context, observed, "2026-01-01T00:00:00Z", arena);
//   if (!spec::equal(status, old_status)) write(status);
//
// The document is KServe v0.20's: conditions, url, address, components, modelStatus, canaryStatuses, runtime
// names, deploymentMode, observedGeneration. Ours are `phase` (Pending, Loading, Ready, Failed; none for a
// stopped service), and a reason and message in each condition: KServe's are often empty. Compatible has
// KServe's conditions and their values; Strict also reports what cannot be realized (PredictorReady is False
// where KServe leaves Unknown).
//
// A Ready service answers: a component is ready if its Deployment is, its Service exists and is ours, and one of the
// Service's endpoints is ready (none is needed while it is scaled to zero, as minReplicas allows); IngressReady is True if the route exists and is accepted; Ready needs all of them.
// `phase` is Ready if and only if Ready is True.
//
// Pure: the time is an argument. lastTransitionTime changes only with the status of its condition, so the
// same observations give the same status. A service that serves stays Ready while a new version starts;
// trouble of the new version is in modelStatus. If the current generation cannot be applied, Ready is False, and the
// condition PreviousVersionReady reports whether the earlier one serves. A transient problem (Problem::transient) does not make a
// service Failed. URLs stay until the service is stopped. observedGeneration never decreases.
#pragma once

#include <string_view>

#include "spec/json.h"
#include "workload/children/service_context.h"
#include "workload/children/wanted.h"
#include "workload/status/observed.h"

namespace modelgate::workload {

/// `now` is RFC 3339 in UTC, to the second. The old status is read from `service`.
spec::Value build_status(const spec::Value& service, const Wanted& wanted, const ServiceContext& context,
                         const Observed& observed, std::string_view now, spec::Arena& arena);

}  // namespace modelgate::workload
