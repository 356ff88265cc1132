// SPDX-License-Identifier: Apache-2.0
//
// The revisions of a component in Knative mode: its entry in the status' `components`, from the status of its Knative
// Service and the entry so far. Called by knative_status.cc.
//
//   Value entry = revisions_of(old_entry, knative_service.object("status"), arena);
//
// latestRolledoutRevision is the last revision that had all traffic as the latest one, previousRolledoutRevision the
// one before. A rollback ends it: when the latest revision, once rolled out, gets less than all traffic, and the rest
// also goes to itself, the previous one is the rolled-out revision again. Then the builder shares the traffic with
// that one. As in KServe.
#pragma once

#include "spec/json.h"
#include "spec/view.h"

namespace modelgate::workload {

/// `seen` is absent for a Knative Service that does not exist. URL and address follow it while it is Ready.
spec::Value revisions_of(const spec::ObjectView& old_entry, const spec::ObjectView& seen, spec::Arena& arena);

}  // namespace modelgate::workload
