// SPDX-License-Identifier: Apache-2.0
//
// `modelgate doctor`: what is wrong with an installation in a cluster, check by check, and how to mend it.
// Called by main.cc.
//
//   cli::doctor({.kubeconfig = "...", .names = {.ns = "kserve"}}, std::cout, std::cerr)
//
// It reads the cluster once (cli/doctor/read_cluster.h), looks at what it read (cli/doctor/checks.h) and
// prints what it found (cli/doctor/report.h). It changes nothing.
#pragma once

#include <chrono>
#include <ostream>
#include <string>

#include "cli/doctor/cluster_picture.h"
#include "cli/doctor/report.h"

namespace modelgate::cli {

struct DoctorOptions {
  std::string kubeconfig;  // a path; empty: as kubectl
  std::string context;
  InstallationNames names;
  bool namespace_given = false;  // else the namespace is that of the registered Service
  std::string webhook_address;   // "host:port" to look at the certificate of; empty: see not_served_why
  bool preflight = false;
  std::chrono::milliseconds timeout = std::chrono::seconds(5);  // of each call
  ReportFormat format = ReportFormat::kText;
  bool color = false;
};

/// kHealthy, kWarnings or kErrors (cli/terminal/exit_code.h).
int doctor(const DoctorOptions& options, std::ostream& out, std::ostream& err);

}  // namespace modelgate::cli
