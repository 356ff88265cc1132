// SPDX-License-Identifier: Apache-2.0
//
// Builds the objects that serve an InferenceService: in Standard mode Deployments, Services, autoscalers, routes and
// ConfigMaps, in Knative mode (ServiceContext::knative) Knative Services and their route. Called by the reconciler, which applies them; by admission, to report what cannot be realized; by
// `modelgate review --render`.
//
//   Wanted wanted = build_wanted(service, {.catalog = catalog, .runtime = selected, .ready = observed}, arena);
//   for (const WantedObject& o : wanted.objects) apply(o.object);
//   for (const Problem& p : wanted.problems) report(p);
//
// Contract: `service` is defaulted (defaulting/) and its structure was validated (spec/schema.h); no other content
// of it throws. Pure: no I/O, no clock; the same arguments give the same objects, member for member, so that a
// digest of them shows whether anything has to be applied. The values are in `arena` and refer to nothing else.
//
// Names, labels, annotations and specs are KServe v0.20's, so that a cluster can move over without restarting a
// Pod. Where KServe fails half way, `validation: Compatible` stops at the same place. Strict continues with the
// other components, and does what was meant where that is clear (see Problem).
//
// Objects are canonical: quantities as Kubernetes stores them, and no list with a key twice, which server-side
// apply refuses (the last element stays, and a problem reports it). `replicas` is set only where nothing scales.
// `ownerReferences` has the service's name and uid; no uid where the service has none yet.
#pragma once

#include "spec/json.h"
#include "workload/children/service_context.h"
#include "workload/children/wanted.h"

namespace modelgate::workload {

Wanted build_wanted(const spec::Value& service, const ServiceContext& context, spec::Arena& arena);

}  // namespace modelgate::workload
