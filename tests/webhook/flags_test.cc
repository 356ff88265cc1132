// SPDX-License-Identifier: Apache-2.0
#include "webhook/flags.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <variant>
#include <vector>

#include "tests/process/parsed_flags.h"

namespace modelgate::webhook {
namespace {

using namespace std::chrono_literals;

std::variant<Flags, FlagsEnd> parse(const std::vector<std::string>& arguments) {
  return process::parsed(parse_flags, arguments);
}
Flags good(const std::vector<std::string>& arguments) {
  return process::good_flags(parse_flags, arguments);
}

TEST(Flags, Defaults) {
  const Flags flags = good({});
  EXPECT_EQ(flags.webhook.to_text(), ":9443");
  EXPECT_EQ(flags.health->to_text(), ":8081");
  EXPECT_EQ(flags.metrics->to_text(), ":8080");
  EXPECT_EQ(flags.drain_timeout, 100s);
  EXPECT_EQ(flags.threads, 0);
  EXPECT_EQ(flags.log.format, log::Format::kJson);
  EXPECT_EQ(flags.log.level, log::Level::kInfo);
  EXPECT_EQ(flags.tls.min_version, http::TlsVersion::k12);
}

TEST(Flags, AcceptsKubebuildersNames) {
  const Flags flags = good({"--health-probe-bind-address=127.0.0.1:1", "--metrics-bind-address", "0",
                            "--webhook-cert-path=/certs", "--webhook-cert-name=a.crt",
                            "--webhook-cert-key=a.key", "--leader-elect"});
  EXPECT_EQ(flags.health->to_text(), "127.0.0.1:1");
  EXPECT_FALSE(flags.metrics.has_value());
  EXPECT_EQ(flags.cert_directory, "/certs");
  EXPECT_EQ(flags.cert_name, "a.crt");
  EXPECT_EQ(flags.cert_key, "a.key");
  EXPECT_TRUE(flags.leader_elect);
}

TEST(Flags, AcceptsKservesNamesWithOneDashLikeGo) {
  const Flags flags =
      good({"-metrics-addr", "127.0.0.1:8080", "-health-probe-addr=[::1]:8082", "-webhook-port=10443",
            "-leader-elect=false", "-zap-encoder=console", "-zap-log-level", "debug",
            "-zap-time-encoding=rfc3339", "-zap-stacktrace-level=error"});
  EXPECT_EQ(flags.metrics->to_text(), "127.0.0.1:8080");
  EXPECT_EQ(flags.health->to_text(), "[::1]:8082");
  EXPECT_EQ(flags.webhook.port, 10443);
  EXPECT_FALSE(flags.leader_elect);
  EXPECT_EQ(flags.log.format, log::Format::kText);
  EXPECT_EQ(flags.log.level, log::Level::kDebug);
  EXPECT_EQ(flags.log.time, log::TimeEncoding::kRfc3339);
}

TEST(Flags, DevelOnlyChangesDefaults) {
  EXPECT_EQ(good({"--zap-devel"}).log.level, log::Level::kDebug);
  EXPECT_EQ(good({"--zap-devel"}).log.format, log::Format::kText);
  EXPECT_EQ(good({"--zap-devel=true", "--zap-log-level=error", "--log-format=json"}).log.level,
            log::Level::kError);
  EXPECT_EQ(good({"--zap-devel=true", "--zap-log-level=error", "--log-format=json"}).log.format,
            log::Format::kJson);
}

TEST(Flags, SplitsAndAddsLists) {
  const Flags flags = good({"--cert-host=a.svc,10.0.0.1", "--cert-host", "b.svc", "--tls-cipher-suites",
                            "TLS_AES_128_GCM_SHA256,TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305"});
  EXPECT_EQ(flags.cert_hosts, (std::vector<std::string>{"a.svc", "10.0.0.1", "b.svc"}));
  EXPECT_EQ(flags.tls.cipher_suites.size(), 2U);
}

TEST(Flags, OfACluster) {
  const ClusterFlags none = good({}).cluster;
  EXPECT_EQ(none.kubeconfig, "");
  EXPECT_EQ(none.ns, "");
  EXPECT_EQ(none.service_name, "modelgate-webhook");
  EXPECT_EQ(none.registration, "modelgate");
  EXPECT_EQ(none.ca_secret, "modelgate-webhook-ca");
  EXPECT_EQ(none.lease, "modelgate-webhook");
  EXPECT_FALSE(none.patch_ca_bundle.has_value());
  EXPECT_TRUE(none.builtin_runtimes);
  const ClusterFlags flags =
      good({"--kubeconfig=/k", "--kube-context=c", "--namespace=ns", "--service-name=s", "--registration=r",
            "--ca-secret=a", "--lease=l", "--patch-ca-bundle=false", "--builtin-runtimes=false",
            "--kube-api-qps=7", "--kube-api-burst=8", "--ca-lifetime=48h", "--leaf-lifetime=1h",
            "--ca-propagation=1m"})
          .cluster;
  EXPECT_EQ(flags.kubeconfig, "/k");
  EXPECT_EQ(flags.context, "c");
  EXPECT_EQ(flags.ns, "ns");
  EXPECT_EQ(flags.service_name, "s");
  EXPECT_EQ(flags.registration, "r");
  EXPECT_EQ(flags.ca_secret, "a");
  EXPECT_EQ(flags.lease, "l");
  EXPECT_EQ(flags.patch_ca_bundle, false);
  EXPECT_FALSE(flags.builtin_runtimes);
  EXPECT_EQ(flags.qps, 7);
  EXPECT_EQ(flags.burst, 8);
  EXPECT_EQ(flags.ca_lifetime, 48h);
  EXPECT_EQ(flags.leaf_lifetime, 1h);
  EXPECT_EQ(flags.ca_propagation, 1min);
}

TEST(Flags, HelpNamesEveryFlagAndExitsWith0) {
  const auto parsed = parse({"--help"});
  const auto* end = std::get_if<FlagsEnd>(&parsed);
  ASSERT_NE(end, nullptr);
  EXPECT_EQ(end->exit_code, 0);
  for (const char* name : {"--webhook-port", "--metrics-addr", "--drain-timeout", "--manifests", "--ca-out",
                           "--kubeconfig", "--shutdown-delay", "--client-ca-file"}) {
    EXPECT_NE(end->text.find(name), std::string::npos) << name;
  }
}

struct BadCase {
  const char* name;
  std::vector<std::string> arguments;
  const char* message;  // a part of it
};

class BadFlags : public testing::TestWithParam<BadCase> {};

TEST_P(BadFlags, ExitWith2AndNameTheFlag) {
  const auto parsed = parse(GetParam().arguments);
  const auto* end = std::get_if<FlagsEnd>(&parsed);
  ASSERT_NE(end, nullptr);
  EXPECT_EQ(end->exit_code, 2);
  EXPECT_NE(end->text.find(GetParam().message), std::string::npos) << end->text;
}

INSTANTIATE_TEST_SUITE_P(
    Table, BadFlags,
    testing::Values(BadCase{"Unknown", {"--nosuch"}, "--nosuch"}, BadCase{"Stray", {"stray"}, "stray"},
                    BadCase{"PortTooLarge", {"--webhook-port=65536"}, "--webhook-port"},
                    BadCase{"PortNegative", {"--webhook-port=-1"}, "--webhook-port"},
                    BadCase{"PortNoNumber", {"--webhook-port=https"}, "--webhook-port"},
                    BadCase{"PortMissing", {"--webhook-port"}, "--webhook-port"},
                    BadCase{
                        "AddressWithoutPort", {"--metrics-bind-address=127.0.0.1"}, "--metrics-bind-address"},
                    BadCase{"AddressByName", {"--metrics-addr=example.com:80"}, "--metrics-addr"},
                    BadCase{"BindAddressByName", {"--bind-address=example.com"}, "--bind-address"},
                    BadCase{"OldTls", {"--tls-min-version=VersionTLS11"}, "--tls-min-version"},
                    BadCase{"UnknownCipher", {"--tls-cipher-suites=TLS_MADE_UP"}, "TLS_MADE_UP"},
                    BadCase{"Duration", {"--drain-timeout=100"}, "--drain-timeout"},
                    BadCase{"Level", {"--log-level=loud"}, "--log-level"},
                    BadCase{"Format", {"--log-format=xml"}, "--log-format"},
                    BadCase{"ShutdownDelay", {"--shutdown-delay=soon"}, "--shutdown-delay"},
                    BadCase{"Namespace", {"--namespace=Not/A/Name"}, "--namespace"},
                    BadCase{"EmptyNamespace", {"--namespace="}, "--namespace"},
                    BadCase{"NoQps", {"--kube-api-qps=0"}, "--kube-api-qps"},
                    BadCase{"PatchCaBundle", {"--patch-ca-bundle=perhaps"}, "--patch-ca-bundle"},
                    BadCase{"Threads", {"--threads=1025"}, "--threads"},
                    BadCase{"Bool", {"--leader-elect=maybe"}, "--leader-elect"}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace modelgate::webhook
