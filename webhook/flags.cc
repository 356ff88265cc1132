// SPDX-License-Identifier: Apache-2.0
#include "webhook/flags.h"

#include <arpa/inet.h>

#include <CLI/CLI.hpp>
#include <array>
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
Setter set_number(Number& target, Number highest) {
  return [&target, highest](const std::string& text) -> std::string {
    Number number = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool whole = read.ec == std::errc() && read.ptr == text.data() + text.size();
    if (!whole || number < 0 || number > highest) {
      return "\"" + text + "\" is not a number from 0 to " + std::to_string(highest);
    }
    target = number;
    return {};
  };
}

Setter set_bool(bool& target) {
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
  constexpr const char* kListeners = "Listeners";
  constexpr const char* kCertificates = "Certificates";
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
       "second, "
       "one that does not match is refused. Without it, a CA and a certificate are made in memory",
       set_text(flags.cert_directory)},
      {kCertificates, "--webhook-cert-name", "NAME", "tls.crt", "the certificate's file in it",
       set_text(flags.cert_name)},
      {kCertificates, "--webhook-cert-key", "NAME", "tls.key", "the key's file in it",
       set_text(flags.cert_key)},
      {kCertificates, "--cert-host", "NAMES", "localhost,127.0.0.1,::1",
       "further DNS names and IP addresses for the certificate that is made; may be repeated",
       add_each(flags.cert_hosts, is_any, "a DNS name or IP address")},
      {kCertificates, "--ca-out", "FILE", "",
       "file to write the CA that was made to, in PEM: what caBundle needs", set_text(flags.ca_out)},
      {kCertificates, "--tls-min-version", "VERSION", "VersionTLS12",
       "lowest version: VersionTLS12 or VersionTLS13", set_tls_version(flags.tls.min_version)},
      {kCertificates, "--tls-cipher-suites", "NAMES", "OpenSSL's",
       "IANA names of cipher suites, separated by commas",
       add_each(flags.tls.cipher_suites, is_cipher_suite,
                "the IANA name of a cipher suite, such as TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256")},

      {kRunning, "--manifests", "DIR", "built-in",
       "directory of YAML files with the configuration, runtimes and storage containers; read again when "
       "they change",
       set_text(flags.manifests)},
      {kRunning, "--threads", "COUNT", "0",
       "threads that answer; 0 for as many CPUs as the cgroup's quota gives",
       set_number(flags.threads, 1024)},
      {kRunning, "--drain-timeout", "DURATION", "100s",
       "how long connections are served on after SIGTERM; API servers keep idle ones for 90s",
       set_duration(flags.drain_timeout)},

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
      "with 0 when none is left or --drain-timeout is over. A second one ends it at once.");
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
