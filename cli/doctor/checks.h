// SPDX-License-Identifier: Apache-2.0
//
// The checks of `modelgate doctor`, as a table: each is a function of the picture of a cluster. A new one is
// a function beside its subject (doctor_*.cc), a row in doctor_checks.cc and a section of
// docs/troubleshooting.md, which tests/cli holds against the table.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "cli/doctor/cluster_picture.h"
#include "cli/doctor/report.h"
#include "kube/lease_record.h"
#include "spec/configuration.h"

namespace modelgate::cli {

struct Check {
  enum class When : std::uint8_t { kAlways, kInstalled, kPreflight };

  std::string_view id;
  std::string_view healthy;  // what is said where it found nothing
  When when;
  void (*look)(const ClusterPicture& picture, Findings& out);
};

std::span<const Check> doctor_checks();

/// Runs what applies: the checks before an installation where it was asked for or nothing is installed,
/// else those of an installation.
Findings diagnose(const ClusterPicture& picture);

// ---- by subject
// doctor_api_server.cc
void check_api_server(const ClusterPicture& picture, Findings& out);
void check_clock(const ClusterPicture& picture, Findings& out);
void check_installation(const ClusterPicture& picture, Findings& out);
void check_permissions(const ClusterPicture& picture, Findings& out);
void check_own_permissions(const ClusterPicture& picture, Findings& out);
// doctor_crds.cc
void check_crds(const ClusterPicture& picture, Findings& out);
// doctor_registrations.cc
void check_registration(const ClusterPicture& picture, Findings& out);
void check_registration_settings(const ClusterPicture& picture, Findings& out);
void check_other_webhooks(const ClusterPicture& picture, Findings& out);
// doctor_certificates.cc
void check_ca_secret(const ClusterPicture& picture, Findings& out);
void check_ca_bundle(const ClusterPicture& picture, Findings& out);
void check_certificate(const ClusterPicture& picture, Findings& out);
// doctor_leases.cc
void check_lease(const ClusterPicture& picture, Findings& out);
void check_reconciler_lease(const ClusterPicture& picture, Findings& out);
// doctor_workload.cc
void check_namespace(const ClusterPicture& picture, Findings& out);
void check_deployment(const ClusterPicture& picture, Findings& out);
void check_disruption_budget(const ClusterPicture& picture, Findings& out);
void check_endpoints(const ClusterPicture& picture, Findings& out);
// doctor_reconciler.cc
void check_reconciler(const ClusterPicture& picture, Findings& out);
void check_reconciler_permissions(const ClusterPicture& picture, Findings& out);
void check_controllers(const ClusterPicture& picture, Findings& out);
// doctor_kinds.cc
void check_configured_kinds(const ClusterPicture& picture, Findings& out);
// doctor_services.cc
void check_services(const ClusterPicture& picture, Findings& out);
// doctor_catalog.cc
void check_configuration(const ClusterPicture& picture, Findings& out);
void check_runtimes(const ClusterPicture& picture, Findings& out);
void check_configured_mode(const ClusterPicture& picture, Findings& out);

// ---- asked by several

/// True where what matters is whether it can be installed: that was asked for, or nothing is there. Whoever
/// may not look at registrations does not know, and gets the checks of an installation.
bool before_installation(const ClusterPicture& picture);

/// True where KServe, or something like it, is asked about InferenceServices.
bool beside_kserve(const ClusterPicture& picture);

/// The webhooks of our registration.
std::vector<RegisteredWebhook> our_webhooks(const ClusterPicture& picture);

/// False where files or cert-manager bring the certificate: then Secret and lease need not be there.
bool makes_own_certificates(const ClusterPicture& picture);

/// Endpoints of a Service that take connections, and those that do not.
struct EndpointCount {
  std::size_t ready = 0;
  std::size_t not_ready = 0;
};
EndpointCount endpoints_of(const ClusterPicture& picture, std::string_view ns, std::string_view service);

/// What a Lease of the picture says now.
struct LeaseLook {
  kube::LeaseRecord record;
  bool fresh = false;                       // held, and renewed lately
  std::optional<std::chrono::seconds> age;  // since it was renewed, by the API server's clock
};
/// Nothing where there is no such Lease.
std::optional<LeaseLook> look_at_lease(const ClusterPicture& picture, std::string_view ns,
                                       std::string_view name);

/// Of Kubernetes' times, with or without a fraction, which is dropped.
std::optional<std::chrono::sys_seconds> read_time(std::string_view text);
/// The API server's clock.
std::chrono::sys_seconds now_of(const ClusterPicture& picture);

/// The configuration that is in force: the cluster's, else the one compiled in; nothing where it cannot be
/// read.
std::optional<spec::Configuration> configuration_of(const ClusterPicture& picture);
/// "ConfigMap kserve/inferenceservice-config"
std::string config_map_name(const ClusterPicture& picture);
/// "kubectl edit ..." of it.
std::string edit_command(const ClusterPicture& picture);

/// Denied permissions of a program's ServiceAccount, and how many could not be asked about.
/// `program`: "the webhook".
void tell_permissions(const ClusterPicture& picture, std::string_view program, std::string_view account,
                      const std::vector<PermissionAnswer>& answers, Findings& out);

/// "kubectl logs ..." of every replica of the reconciler.
std::string reconciler_logs(const ClusterPicture& picture);

/// Words of others, for a terminal: one line, no control characters, no longer than `bytes` and an ellipsis.
std::string shortened(std::string_view text, std::size_t bytes);

inline constexpr std::string_view kInstallCommand = "kubectl apply --server-side -k deploy/";

}  // namespace modelgate::cli
