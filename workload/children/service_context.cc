// SPDX-License-Identifier: Apache-2.0
#include "workload/children/service_context.h"

namespace modelgate::workload {

ServiceContext make_service_context(std::string_view service_name, const spec::Catalog& catalog,
                                    const ClusterState& cluster) {
  const spec::Configuration& configuration = catalog.configuration();
  return {.catalog = catalog,
          .runtime = cluster.runtime,
          .facts = cluster.facts,
          .name_style = name_style_for(service_name, cluster.deployments, configuration),
          .virtual_services = configuration.modelgate.istio_routes && cluster.has_virtual_services,
          .has_istio = cluster.has_virtual_services};
}

}  // namespace modelgate::workload
