// SPDX-License-Identifier: Apache-2.0
#include "webhook/flags.h"

#include <arpa/inet.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <concepts>
#include <functional>
#include <map>
#include <utility>

#include "webhook/duration.h"

namespace modelgate::webhook {
namespace {

bool is_ip_address(const std::string& text) {
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  return ::inet_pton(AF_INET, text.c_str(), bytes.data()) == 1 ||
         ::inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1;
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, port);
  if (text.empty() || read.ec != std::errc() || read.ptr != end) return std::nullopt;
  return port;
}

// "-webhook-port=1" becomes "--webhook-port=1"; "-h", "-" and numbers stay.
std::string with_two_dashes(std::string argument) {
  const bool single =
      argument.size() > 2 && argument[0] == '-' && std::isalpha(static_cast<unsigned char>(argument[1]));
  return single ? "-" + argument : argument;
}

// Takes an option's text. Empty when the value was taken, else what is wrong with it and what is allowed.
using Setter = std::function<std::string(const std::string&)>;

Setter set_text(std::string& target) {
  return [&target](const std::string& text) -> std::string {
    target = text;
    return {};
  };
}

template <std::integral Number>
Setter set_number(Number& target, Number highest, Number lowest = 0) {
  return [&target, highest, lowest](const std::string& text) -> std::string {
    Number number = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool whole = read.ec == std::errc() && read.ptr == text.data() + text.size();
    if (!whole || number < lowest || number > highest) {
      return "\"" + text + "\" is not a number from " + std::to_string(lowest) + " to " +
             std::to_string(highest);
    }
    target = number;
    return {};
  };
}

template <class Bool>
Setter set_bool(Bool& target) {
  return [&target](const std::string& text) -> std::string {
    if (text != "true" && text != "false") return "\"" + text + "\" is not true or false";
    target = text == "true";
    return {};
  };
}

Setter set_address(std::optional<Address>& target) {
  return [&target](const std::string& text) -> std::string {
    target = text == "0" ? std::nullopt : parse_address(text);
    if (target || text == "0") return {};
    return "\"" + text + "\" is not host:port with an IP address, :port, or 0 to turn it off";
  };
}

Setter set_host(Address& target) {
  return [&target](const std::string& text) -> std::string {
    const bool v6 = text.contains(':') && !text.starts_with('[');
    const auto address = parse_address((v6 ? "[" + text + "]" : text) + ":0");
    if (!address) return "\"" + text + "\" is not an IP address";
    target.host = address->host;
    return {};
  };
}

Setter set_duration(std::chrono::nanoseconds& target) {
  return [&target](const std::string& text) -> std::string {
    const auto duration = parse_duration(text);
    if (!duration) return "\"" + text + "\" is not a duration such as 100s or 1m30s";
    target = *duration;
    return {};
  };
}

Setter set_tls_version(TlsVersion& target) {
  return [&target](const std::string& text) -> std::string {
    const auto version = parse_tls_version(text);
    if (!version)
      return "\"" + text + "\" is not one of VersionTLS12, VersionTLS13; older ones are not served";
    target = *version;
    return {};
  };
}

// Adds each of a comma-separated list.
Setter add_each(std::vector<std::string>& target, bool (*is_allowed)(std::string_view), std::string allowed) {
  return [&target, is_allowed, allowed = std::move(allowed)](const std::string& text) -> std::string {
    std::string_view rest = text;
    while (!rest.empty()) {
      const std::string_view item = rest.substr(0, rest.find(','));
      if (!is_allowed(item)) return "\"" + std::string(item) + "\" is not " + allowed;
      target.emplace_back(item);
      rest.remove_prefix(std::min(item.size() + 1, rest.size()));
    }
    return {};
  };
}

template <class Value>
Setter set_choice(Value& target, std::map<std::string, Value> choices) {
  return [&target, choices = std::move(choices)](const std::string& text) -> std::string {
    const auto found = choices.find(text);
    if (found != choices.end()) {
      target = found->second;
      return {};
    }
    std::string allowed;
    for (const auto& choice : choices) allowed += (allowed.empty() ? "" : ", ") + choice.first;
    return "\"" + text + "\" is not one of " + allowed;
  };
}

Setter set_level(log::Level& target) {
  using log::Level;
  return set_choice<Level>(target, {{"debug", Level::kDebug},
                                    {"info", Level::kInfo},
                                    {"warn", Level::kWarn},
                                    {"error", Level::kError},
                                    {"panic", Level::kError},
                                    {"1", Level::kDebug},  // zap's verbosities
                                    {"2", Level::kDebug},
                                    {"3", Level::kDebug}});
}

Setter set_format(log::Format& target) {
  using log::Format;
  return set_choice<Format>(target,
                            {{"json", Format::kJson}, {"text", Format::kText}, {"console", Format::kText}});
}

Setter set_time_encoding(log::TimeEncoding& target) {
  using log::TimeEncoding;
  return set_choice<TimeEncoding>(target, {{"iso8601", TimeEncoding::kIso8601},
                                           {"rfc3339", TimeEncoding::kRfc3339},
                                           {"rfc3339nano", TimeEncoding::kRfc3339Nano},
                                           {"epoch", TimeEncoding::kEpoch},
                                           {"millis", TimeEncoding::kMillis},
                                           {"nano", TimeEncoding::kNano}});
}

// A name of a Kubernetes object or namespace; the API server says what else is wrong with it.
Setter set_name(std::string& target) {
  return [&target](const std::string& text) -> std::string {
    const auto allowed = [](unsigned char c) {
      return std::islower(c) || std::isdigit(c) || c == '-' || c == '.';
    };
    if (text.empty() || text.size() > 253 || !std::ranges::all_of(text, allowed)) {
      return "\"" + text + "\" is not a name of lower case letters, digits, \"-\" and \".\"";
    }
    target = text;
    return {};
  };
}

bool is_any(std::string_view text) {
  return !text.empty();
}

struct Row {
  const char* group;
  const char* names;  // the first is ours, the rest are aliases
  const char* value;  // what --help calls the value; empty for a switch
  const char* shown;  // the default
  const char* help;
  Setter set;
};

// What only the parser needs to know afterwards.
struct Extra {
  bool devel = false;
  std::string unused;
};

std::vector<Row> rows(Flags& flags, Extra& extra) {
  ClusterFlags& cluster = flags.cluster;
  constexpr const char* kListeners = "Listeners";
  constexpr const char* kCertificates = "Certificates";
  constexpr const char* kCluster = "Cluster";
  constexpr const char* kRunning = "Running";
  constexpr const char* kLog = "Log";
  constexpr const char* kAccepted = "Accepted for KServe's sake";
  return {
      {kListeners, "--bind-address", "IP", "every interface", "address of the HTTPS listener",
       set_host(flags.webhook)},
      {kListeners, "--webhook-port", "PORT", "9443", "port of the HTTPS listener; 0 takes a free one",
       set_number<std::uint16_t>(flags.webhook.port, 65535)},
      {kListeners, "--health-probe-bind-address,--health-probe-addr", "ADDRESS", ":8081",
       "where /healthz and /readyz are; 0 turns them off", set_address(flags.health)},
      {kListeners, "--metrics-bind-address,--metrics-addr", "ADDRESS", ":8080",
       "where /metrics is, the same address if you like; 0 turns it off", set_address(flags.metrics)},
      {kListeners, "--address-out", "FILE", "",
       "file to write the bound addresses to, one a line; useful with port 0", set_text(flags.address_out)},

      {kCertificates, "--webhook-cert-path", "DIR", "",
       "directory of a certificate and its key, as cert-manager mounts it; a changed pair is in use within a "
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
       add_each(flags.tls.cipher_suites, is_cipher_suite,
                "the IANA name of a cipher suite, such as TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256")},

      {kCluster, "--kubeconfig", "FILE", "the Pod's service account",
       "kubeconfig of the cluster to run in. Configuration, runtimes and storage containers are watched "
       "there. Without it, and outside a Pod, the built-in ones are used",
       set_text(cluster.kubeconfig)},
      {kCluster, "--kube-context", "NAME", "the current one",
       "context of the kubeconfig; alone it means $KUBECONFIG or ~/.kube/config", set_text(cluster.context)},
      {kCluster, "--namespace", "NAME", "$POD_NAMESPACE",
       "namespace of the ConfigMap inferenceservice-config and of our Service, Secret and Lease; else the "
       "service account's, the context's, kserve",
       set_name(cluster.ns)},
      {kCluster, "--service-name", "NAME", "modelgate-webhook",
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
      {kCluster, "--lease", "NAME", "modelgate-webhook",
       "Lease; its holder alone rotates the CAs and writes caBundle. Every replica answers",
       set_name(cluster.lease)},
      {kCluster, "--builtin-runtimes", "BOOL", "true",
       "count the built-in runtimes too, where the cluster has none of the same name",
       set_bool(cluster.builtin_runtimes)},
      {kCluster, "--kube-api-qps", "COUNT", "50",
       "calls a second to the API server; leases and what an answer waits for are not held to it",
       set_number(cluster.qps, 10'000, 1)},
      {kCluster, "--kube-api-burst", "COUNT", "100", "calls at once before --kube-api-qps holds",
       set_number(cluster.burst, 10'000, 1)},

      {kRunning, "--manifests", "DIR", "",
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
       set_duration(flags.shutdown_delay)},

      {kLog, "--log-level,--zap-log-level", "LEVEL", "info",
       "debug (one line a request), info, warn or error", set_level(flags.log.level)},
      {kLog, "--log-format,--zap-encoder", "FORMAT", "json", "json or text; zap calls the latter console",
       set_format(flags.log.format)},
      {kLog, "--zap-time-encoding", "NAME", "iso8601",
       "iso8601, rfc3339, rfc3339nano, epoch, millis or nano; UTC", set_time_encoding(flags.log.time)},

      {kAccepted, "--leader-elect", "", "",
       "without effect: every replica answers, there is nothing to elect a leader for",
       set_bool(flags.leader_elect)},
      {kAccepted, "--zap-devel", "", "", "--log-level debug and --log-format text, where those are not given",
       set_bool(extra.devel)},
      {kAccepted, "--zap-stacktrace-level", "LEVEL", "", "without effect: log lines carry no stack traces",
       set_text(extra.unused)},
  };
}

// Help for a terminal of 100 columns.
std::string wrap(std::string_view text) {
  constexpr std::size_t kColumns = 68;
  std::string wrapped;
  while (text.size() > kColumns) {
    const std::size_t blank = text.rfind(' ', kColumns);
    wrapped.append(text.substr(0, blank)).append("\n");
    text.remove_prefix(blank + 1);
  }
  return wrapped.append(text);
}

void add(CLI::App& app, const Row& row) {
  const auto take = [names = std::string(row.names), set = row.set](const std::string& text) {
    const std::string wrong = set(text);
    if (!wrong.empty()) throw CLI::ValidationError(names, wrong);
  };
  const std::string help = wrap(row.help);
  if (*row.value == '\0') {
    const auto count = [take](const CLI::results_t& values) {
      take(values.empty() || values.back().empty() ? "true" : values.back());
      return true;
    };
    app.add_option(row.names, count, help)->type_name("")->expected(0, 1)->group(row.group);
    return;
  }
  const auto each = [take](const CLI::results_t& values) {
    for (const std::string& value : values) take(value);
    return true;
  };
  app.add_option(row.names, each, help)
      ->type_name(row.value)
      ->default_str(row.shown)
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->group(row.group);
}

}  // namespace

std::optional<Address> parse_address(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto port = parse_port(text.substr(colon + 1));
  std::string host(text.substr(0, colon));
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host == "localhost") host = "127.0.0.1";
  if (!port || (!host.empty() && !is_ip_address(host))) return std::nullopt;
  return Address{.host = host, .port = *port};
}

std::variant<Flags, FlagsEnd> parse_flags(int argc, const char* const* argv) {
  CLI::App app("Answers the Kubernetes API server's admission requests for KServe's kinds over HTTPS.\n",
               "modelgate-webhook");
  app.get_formatter()->column_width(32);
  Flags flags;
  Extra extra;
  for (const Row& row : rows(flags, extra)) add(app, row);
  app.footer(
      "\nSIGTERM drains: /readyz turns false, connections are served on and told to close, and the program "
      "ends\n"
      "with 0 when none is left or --drain-timeout is over, but not before --shutdown-delay is. A second one "
      "ends\n"
      "it at once.");
  std::vector<std::string> arguments;
  for (int i = argc - 1; i > 0; --i)
    arguments.push_back(with_two_dashes(argv[i]));  // CLI11 wants them backwards
  try {
    app.parse(arguments);
  } catch (const CLI::CallForHelp&) {
    return FlagsEnd{0, app.help()};
  } catch (const CLI::ParseError& error) {
    return FlagsEnd{2,
                    std::string("modelgate-webhook: ") + error.what() + "\nSee modelgate-webhook --help.\n"};
  }
  if (extra.devel && app.count("--log-level") == 0) flags.log.level = log::Level::kDebug;
  if (extra.devel && app.count("--log-format") == 0) flags.log.format = log::Format::kText;
  return flags;
}

}  // namespace modelgate::webhook
