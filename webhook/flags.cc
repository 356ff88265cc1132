// SPDX-License-Identifier: Apache-2.0
#include "webhook/flags.h"

namespace modelgate::webhook {
namespace {

using process::add_each;
using process::Flag;
using process::set_bool;
using process::set_duration;
using process::set_host;
using process::set_name;
using process::set_number;
using process::set_text;
using process::Setter;

Setter set_tls_version(http::TlsVersion& target) {
  return [&target](const std::string& text) -> std::string {
    const auto version = http::parse_tls_version(text);
    if (!version)
      return "\"" + text + "\" is not one of VersionTLS12, VersionTLS13; older ones are not served";
    target = *version;
    return {};
  };
}

bool is_any(std::string_view text) {
  return !text.empty();
}

constexpr kube::ConnectionHelp kConnectionHelp{
    .kubeconfig =
        "kubeconfig of the cluster to run in. Configuration, runtimes and storage containers are watched "
        "there. Without it, and outside a Pod, the built-in ones are used",
    .ns =
        "namespace of the ConfigMap inferenceservice-config and of our Service, Secret and Lease; else the "
        "service account's, the context's, kserve",
    .lease = "Lease; its holder alone rotates the CAs and writes caBundle. Every replica answers",
    .qps = "calls a second to the API server; leases and what an answer waits for are not held to it",
};

void add_webhook_listener(Flags& flags, std::vector<Flag>& table) {
  constexpr const char* kListeners = "Listeners";
  table.insert(table.end(), {{kListeners, "--bind-address", "IP", "every interface",
                              "address of the HTTPS listener", set_host(flags.webhook)},
                             {kListeners, "--webhook-port", "PORT", "9443",
                              "port of the HTTPS listener; 0 takes a free one",
                              set_number<std::uint16_t>(flags.webhook.port, 65535)}});
}

void add_certificate_flags(Flags& flags, std::vector<Flag>& table) {
  constexpr const char* kCertificates = "Certificates";
  table.insert(
      table.end(),
      {{kCertificates, "--webhook-cert-path", "DIR", "",
        "directory of a certificate and its key, as cert-manager mounts it; a changed pair is in use within "
        "a "
        "second, one that does not match is refused. Without it, certificates are of our own making: in a "
        "cluster from CAs that the replicas share, else from one in memory",
        set_text(flags.cert_directory)},
       {kCertificates, "--webhook-cert-name", "NAME", "tls.crt", "the certificate's file in it",
        set_text(flags.cert_name)},
       {kCertificates, "--webhook-cert-key", "NAME", "tls.key", "the key's file in it",
        set_text(flags.cert_key)},
       {kCertificates, "--cert-host", "NAMES", "localhost,127.0.0.1,::1",
        "further DNS names and IP addresses for the certificate that is made; may be repeated",
        add_each(flags.cert_hosts, is_any, "a DNS name or IP address")},
       {kCertificates, "--ca-out", "FILE", "",
        "file to write the CA that was made to, in PEM: what caBundle needs; not in a cluster",
        set_text(flags.ca_out)},
       {kCertificates, "--client-ca-file", "FILE", "",
        "PEM of the CAs that clients must have a certificate of; read again when it changes. Without it "
        "anybody may call, as far as the network lets him",
        set_text(flags.client_ca_file)},
       {kCertificates, "--client-allowed-names", "NAMES", "any",
        "with --client-ca-file: common names, DNS names or URIs, separated by commas, of which a client's "
        "certificate must hold one; may be repeated",
        add_each(flags.client_allowed_names, is_any, "a name")},
       {kCertificates, "--tls-min-version", "VERSION", "VersionTLS12",
        "lowest version: VersionTLS12 or VersionTLS13", set_tls_version(flags.tls.min_version)},
       {kCertificates, "--tls-cipher-suites", "NAMES", "OpenSSL's",
        "IANA names of cipher suites, separated by commas",
        add_each(flags.tls.cipher_suites, http::is_cipher_suite,
                 "the IANA name of a cipher suite, such as TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256")}});
}

void add_cluster_flags(ClusterFlags& cluster, std::vector<Flag>& table) {
  constexpr const char* kCluster = kube::kClusterGroup;
  table.insert(
      table.end(),
      {{kCluster, "--service-name", "NAME", "modelgate-webhook",
        "Service that the API server calls us by; the certificate is for its names",
        set_name(cluster.service_name)},
       {kCluster, "--registration", "NAME", "modelgate",
        "name of our MutatingWebhookConfiguration and ValidatingWebhookConfiguration",
        set_name(cluster.registration)},
       {kCluster, "--patch-ca-bundle", "BOOL", "true",
        "write the CAs into the registration's caBundle; with --webhook-cert-path false unless it is given, "
        "and then from ca.crt in that directory",
        set_bool(cluster.patch_ca_bundle)},
       {kCluster, "--ca-secret", "NAME", "modelgate-webhook-ca",
        "Secret of the CAs that the replicas share; made where it is absent", set_name(cluster.ca_secret)},
       {kCluster, "--ca-lifetime", "DURATION", "8760h",
        "life of a CA; its successor takes over after two thirds", set_duration(cluster.ca_lifetime)},
       {kCluster, "--leaf-lifetime", "DURATION", "720h",
        "life of a replica's certificate, renewed after two thirds; at most a third of --ca-lifetime",
        set_duration(cluster.leaf_lifetime)},
       {kCluster, "--ca-propagation", "DURATION", "10m", "how long a new CA is in caBundle before it signs",
        set_duration(cluster.ca_propagation)},
       {kCluster, "--builtin-runtimes", "BOOL", "true",
        "count the built-in runtimes too, where the cluster has none of the same name",
        set_bool(cluster.builtin_runtimes)}});
}

void add_running_flags(Flags& flags, std::vector<Flag>& table) {
  constexpr const char* kRunning = "Running";
  table.insert(
      table.end(),
      {{kRunning, "--manifests", "DIR", "",
        "directory of YAML files with the configuration, runtimes and storage containers, in place of a "
        "cluster's; read again when they change",
        set_text(flags.manifests)},
       {kRunning, "--threads", "COUNT", "0",
        "threads that answer; 0 for as many CPUs as the cgroup's quota gives",
        set_number(flags.threads, 1024)},
       {kRunning, "--drain-timeout", "DURATION", "100s",
        "how long connections are served on after SIGTERM; API servers keep idle ones for 90s",
        set_duration(flags.drain_timeout)},
       {kRunning, "--shutdown-delay", "DURATION", "0s",
        "how long after SIGTERM, within --drain-timeout, everything is served as before but for /readyz: "
        "until those who route to us have noticed. Then connections are told to close",
        set_duration(flags.shutdown_delay)}});
}

void add_accepted_flags(Flags& flags, std::vector<Flag>& table) {
  table.push_back({process::kAcceptedGroup, "--leader-elect", "", "",
                   "without effect: every replica answers, there is nothing to elect a leader for",
                   set_bool(flags.leader_elect)});
}

}  // namespace

std::variant<Flags, FlagsEnd> parse_flags(int argc, const char* const* argv) {
  process::CommandLine line{
      .program = "modelgate-webhook",
      .description = "Answers the Kubernetes API server's admission requests for KServe's kinds over HTTPS.",
      .footer =
          "SIGTERM drains: /readyz turns false, connections are served on and told to close, and the program "
          "ends with 0 when none is left or --drain-timeout is over, but not before --shutdown-delay is. A "
          "second one ends it at once.",
      .flags = {}};
  Flags flags;
  process::LogFlags log;
  add_webhook_listener(flags, line.flags);
  process::add_listener_flags(flags, line.flags);
  add_certificate_flags(flags, line.flags);
  kube::add_connection_flags(flags.cluster, kConnectionHelp, line.flags);
  add_cluster_flags(flags.cluster, line.flags);
  add_running_flags(flags, line.flags);
  add_accepted_flags(flags, line.flags);
  process::add_log_flags(log, line.flags);
  if (auto end = process::parse(line, argc, argv)) return *std::move(end);
  flags.log = log.options();
  return flags;
}

}  // namespace modelgate::webhook
