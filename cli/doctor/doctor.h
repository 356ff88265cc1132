// SPDX-License-Identifier: Apache-2.0
//
// `modelgate doctor`: checks an installation in a cluster and suggests fixes. Called by main.cc.
//
//   cli::doctor({.kubeconfig = "...", .names = {.ns = "kserve"}}, std::cout, std::cerr)
//
// It takes a snapshot of the cluster (cli/doctor/read_cluster.h), runs the checks on it (cli/doctor/checks.h)
// and prints the findings (cli/doctor/report.h). It changes nothing.
#pragma once

#include <chrono>
#include <ostream>
#include <string>

#include "cli/doctor/cluster_snapshot.h"
#include "cli/doctor/report.h"

namespace modelgate::cli {

struct DoctorOptions {
  std::string kubeconfig;  // a path; empty: the same as kubectl
  std::string context;
  InstallationNames names;
  bool namespace_given = false;  // else the namespace of the registered Service
  std::string webhook_address;   // "host:port" whose certificate is checked; may be empty
  bool preflight = false;
  std::chrono::milliseconds timeout = std::chrono::seconds(5);  // of each call
  ReportFormat format = ReportFormat::kText;
  bool color = false;
};

/// kHealthy, kWarnings or kErrors (cli/terminal/exit_code.h).
int doctor(const DoctorOptions& options, std::ostream& out, std::ostream& err);

}  // namespace modelgate::cli
