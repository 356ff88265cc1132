// SPDX-License-Identifier: Apache-2.0
//
// The command line of modelgate-webhook: kubebuilder's names, KServe's as aliases. Used by main.cc.
//
//   auto flags = parse_flags(argc, argv);
//   if (auto* end = std::get_if<FlagsEnd>(&flags)) {   // --help, errors
//     print(end->text);
//     return end->exit_code;
//   }
//
// Like Go's flag package it accepts "-flag" for "--flag".
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "http/tls.h"
#include "kube/client/connection_flags.h"
#include "process/program_flags.h"

namespace modelgate::webhook {

using process::FlagsEnd;

/// How to run in a cluster.
struct ClusterFlags : kube::ConnectionFlags {
  std::string service_name = "modelgate-webhook";
  std::string registration = "modelgate";
  std::string ca_secret = "modelgate-webhook-ca";
  std::optional<bool> patch_ca_bundle = {};  // nothing: only if we issue the certificates
  bool builtin_runtimes = true;
  std::chrono::nanoseconds ca_lifetime = std::chrono::hours(24 * 365);
  std::chrono::nanoseconds leaf_lifetime = std::chrono::hours(24 * 30);
  std::chrono::nanoseconds ca_propagation = std::chrono::minutes(10);
};

struct Flags : process::ProgramFlags {
  process::Address webhook{.host = "", .port = 9443};

  std::string cert_directory;  // empty: issue certificates
  std::string cert_name = "tls.crt";
  std::string cert_key = "tls.key";
  std::vector<std::string> cert_hosts;  // more names and addresses for our own leaf
  std::string ca_out;
  std::string client_ca_file;  // empty: no client certificates
  std::vector<std::string> client_allowed_names;
  http::TlsOptions tls;

  std::string manifests;  // empty: the cluster's objects, or the built-in ones
  ClusterFlags cluster{{.lease = "modelgate-webhook"}};
  int threads = 0;  // 0: as the CPU quota allows
  std::chrono::nanoseconds drain_timeout = std::chrono::seconds(100);
  std::chrono::nanoseconds shutdown_delay = std::chrono::seconds(0);
  bool leader_elect = false;  // accepted, without effect
};

// exit_code is 2 for a flag that is unknown or has a value that is not allowed.
std::variant<Flags, FlagsEnd> parse_flags(int argc, const char* const* argv);

}  // namespace modelgate::webhook
