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
      return "\"" + text + "\" is not one of VersionTLS12, VersionTLS13; older versions are not supported";
    target = *version;
    return {};
  };
}

bool is_any(std::string_view text) {
  return !text.empty();
}

constexpr kube::ConnectionHelp kConnectionHelp{
    .kubeconfig =
        "kubeconfig of the cluster, where configuration, runtimes and storage containers are watched. Without it, "
        "and outside a Pod, the built-in ones are used",
    .ns =
        "namespace of the ConfigMap inferenceservice-config and of our Service, Secret and Lease; default: the "
        "service account's, the context's, or kserve",
    .lease = "name of the Lease; only its holder rotates the CAs and writes caBundle, every replica serves",
    .qps = "calls per second to the API server, except for the Lease and for lookups of requests",
};

void add_webhook_listener(Flags& flags, std::vector<Flag>& table) {
  constexpr const char* kListeners = "Listeners";
  table.insert(table.end(), {{kListeners, "--bind-address", "IP", "every interface",
                              "address of the HTTPS listener", set_host(flags.webhook)},
                             {kListeners, "--webhook-port", "PORT", "9443",
                              "port of the HTTPS listener; 0 for any free port",
                              set_number<std::uint16_t>(flags.webhook.port, 65535)}});
}

void add_certificate_flags(Flags& flags, std::vector<Flag>& table) {
  constexpr const char* kCertificates = "Certificates";
  table.insert(
      table.end(),
      {{kCertificates, "--webhook-cert-path", "DIR", "",
        "directory of a certificate and its key, as mounted by cert-manager; a changed pair is used within a second, "
        "one that does not match is refused. Without it the webhook issues its certificates: in a cluster with CAs "
        "that the replicas share, otherwise with a CA in memory",
        set_text(flags.cert_directory)},
       {kCertificates, "--webhook-cert-name", "NAME", "tls.crt",
        "file name of the certificate in that directory", set_text(flags.cert_name)},
       {kCertificates, "--webhook-cert-key", "NAME", "tls.key", "file name of the key in that directory",
        set_text(flags.cert_key)},
       {kCertificates, "--cert-host", "NAMES", "localhost,127.0.0.1,::1",
        "more DNS names and IP addresses for the issued certificate; may be repeated",
        add_each(flags.cert_hosts, is_any, "a DNS name or IP address")},
       {kCertificates, "--ca-out", "FILE", "",
        "file to write the CA to, in PEM, for caBundle; not in a cluster", set_text(flags.ca_out)},
       {kCertificates, "--client-ca-file", "FILE", "",
        "PEM file of the CAs for client certificates; read again when it changes. Without it any client may "
        "connect",
        set_text(flags.client_ca_file)},
       {kCertificates, "--client-allowed-names", "NAMES", "any",
        "with --client-ca-file: common names, DNS names or URIs, separated by commas; a client's certificate must "
        "have one of them; may be repeated",
        add_each(flags.client_allowed_names, is_any, "a name")},
       {kCertificates, "--tls-min-version", "VERSION", "VersionTLS12",
        "lowest TLS version: VersionTLS12 or VersionTLS13", set_tls_version(flags.tls.min_version)},
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
        "Service by which the API server calls the webhook; the certificate is issued for its names",
        set_name(cluster.service_name)},
       {kCluster, "--registration", "NAME", "modelgate",
        "name of our MutatingWebhookConfiguration and ValidatingWebhookConfiguration",
        set_name(cluster.registration)},
       {kCluster, "--patch-ca-bundle", "BOOL", "true",
        "write the CAs into caBundle of the registration; with --webhook-cert-path the default is false, and true "
        "writes ca.crt of that directory",
        set_bool(cluster.patch_ca_bundle)},
       {kCluster, "--ca-secret", "NAME", "modelgate-webhook-ca",
        "Secret of the CAs that the replicas share; created if it does not exist",
        set_name(cluster.ca_secret)},
       {kCluster, "--ca-lifetime", "DURATION", "8760h", "lifetime of a CA; it is replaced after two thirds",
        set_duration(cluster.ca_lifetime)},
       {kCluster, "--leaf-lifetime", "DURATION", "720h",
        "lifetime of a replica's certificate, renewed after two thirds; at most a third of --ca-lifetime",
        set_duration(cluster.leaf_lifetime)},
       {kCluster, "--ca-propagation", "DURATION", "10m", "how long a new CA is in caBundle before it signs",
        set_duration(cluster.ca_propagation)},
       {kCluster, "--builtin-runtimes", "BOOL", "true",
        "use the built-in runtimes too, unless the cluster has one of the same name",
        set_bool(cluster.builtin_runtimes)}});
}

void add_running_flags(Flags& flags, std::vector<Flag>& table) {
  constexpr const char* kRunning = "Running";
  table.insert(
      table.end(),
      {{kRunning, "--manifests", "DIR", "",
        "directory of YAML files with the configuration, runtimes and storage containers, instead of a cluster's; "
        "read again when they change",
        set_text(flags.manifests)},
       {kRunning, "--threads", "COUNT", "0",
        "threads that serve requests; 0 for as many as the cgroup's CPU quota allows",
        set_number(flags.threads, 1024)},
       {kRunning, "--drain-timeout", "DURATION", "100s",
        "how long connections are served after SIGTERM; API servers keep idle ones for 90s",
        set_duration(flags.drain_timeout)},
       {kRunning, "--shutdown-delay", "DURATION", "0s",
        "how long after SIGTERM, within --drain-timeout, requests are served as before while /readyz fails, until "
        "load balancers have noticed; then connections are closed after their next response",
        set_duration(flags.shutdown_delay)}});
}

void add_accepted_flags(Flags& flags, std::vector<Flag>& table) {
  table.push_back({process::kAcceptedGroup, "--leader-elect", "", "",
                   "without effect: every replica serves, no leader is needed",
                   set_bool(flags.leader_elect)});
}

}  // namespace

std::variant<Flags, FlagsEnd> parse_flags(int argc, const char* const* argv) {
  process::CommandLine line{
      .program = "modelgate-webhook",
      .description = "Answers the Kubernetes API server's admission requests for KServe's kinds over HTTPS.",
      .footer =
          "On SIGTERM it drains: /readyz fails, connections are served and then closed, and the program exits with 0 "
          "when none is open or after --drain-timeout, but not before --shutdown-delay. A second signal makes it "
          "exit at once.",
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
