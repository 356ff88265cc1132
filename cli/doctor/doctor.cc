// SPDX-License-Identifier: Apache-2.0
#include "cli/doctor/doctor.h"

#include <fmt/ostream.h>

#include "cli/doctor/checks.h"
#include "cli/doctor/read_cluster.h"
#include "cli/terminal/exit_code.h"
#include "kube/client/client_config.h"
#include "spec/text/printable.h"

namespace modelgate::cli {

int doctor(const DoctorOptions& options, std::ostream& out, std::ostream& err) {
  kube::ConfigSources sources;
  sources.kubeconfig = options.kubeconfig;
  sources.context = options.context;
  const auto config = kube::load_client_config(sources);
  if (!config) {
    fmt::print(err, "{}\n", text::printable_lines(config.error()));
    return kErrors;
  }
  const ClusterSnapshot snapshot = read_cluster(*config, options);
  const Findings findings = diagnose(snapshot);
  print(findings, snapshot, options.format, options.color, out);
  return findings.exit_code();
}

}  // namespace modelgate::cli
