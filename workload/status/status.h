// SPDX-License-Identifier: Apache-2.0
//
// The status of an InferenceService in Standard mode, from what is wanted and what is observed. Who calls:
// the reconciler, on every path.
//
//   ServiceContext context{.catalog = catalog, .runtime = selected, .ready = ready_components(service,
//   observed)}; Wanted wanted = build_wanted(service, context, arena); Value status = build_status(service,
//   wanted, context, observed, "2026-01-01T00:00:00Z", arena); if (!spec::equal(status, old_status))
//   write(status);
//
// The document is KServe v0.20's: conditions, url, address, components, modelStatus, canaryStatuses, runtime
// names, deploymentMode, observedGeneration. Ours are `phase` (Pending, Loading, Ready, Failed; nothing of
// one that is stopped), and that each condition has a reason and a message: KServe's are often empty. Which
// conditions there are, and their values, are KServe's in Compatible mode; Strict also tells what cannot be
// realized (PredictorReady False where KServe leaves Unknown).
//
// Pure: the time is an argument. A condition keeps its lastTransitionTime while its status stays, so the same
// observations give the same status. What serves stays Ready while a new version comes up; what is wrong with
// that is in modelStatus. What the cluster does not take just now (Problem::may_pass) makes no service
// Failed. URLs stay once they were there, until the service is stopped. observedGeneration never goes back.
#pragma once

#include <string_view>

#include "spec/json.h"
#include "workload/children/service_context.h"
#include "workload/children/wanted.h"
#include "workload/status/observed.h"

namespace modelgate::workload {

/// `now` is RFC 3339 in UTC, to the second. The earlier status is read from `service`.
spec::Value build_status(const spec::Value& service, const Wanted& wanted, const ServiceContext& context,
                         const Observed& observed, std::string_view now, spec::Arena& arena);

}  // namespace modelgate::workload
