// SPDX-License-Identifier: Apache-2.0
#include "cli/doctor/endpoints.h"

#include "spec/view.h"

namespace modelgate::cli {
namespace {

using spec::ObjectView;

}  // namespace

EndpointCount endpoints_of(const ClusterSnapshot& snapshot, std::string_view ns, std::string_view service) {
  EndpointCount out;
  for (const spec::Value* slice : snapshot.all(kube::kEndpointSlices, ns)) {
    const ObjectView view(slice);
    if (view.object("metadata").object("labels").string("kubernetes.io/service-name") != service) continue;
    for (const ObjectView endpoint : view.list("endpoints")) {
      const spec::Value* addresses = endpoint.field("addresses");
      const std::size_t count = addresses && addresses->IsArray() ? addresses->Size() : 0;
      // The API defines an absent condition as ready.
      const bool ready = endpoint.object("conditions").boolean("ready").value_or(true);
      (ready ? out.ready : out.not_ready) += count;
    }
  }
  return out;
}

}  // namespace modelgate::cli
