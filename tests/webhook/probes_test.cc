// SPDX-License-Identifier: Apache-2.0
#include "webhook/probes.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/webhook/test_server.h"
#include "webhook/metrics.h"
#include "webhook/paths.h"

namespace modelgate::webhook {
namespace {

class NoLater final : public ReplyLater {
  void reply(HttpReply) override { FAIL() << "probes answer at once"; }
  RunOnThread thread() override { return {}; }
};

HttpReply ask(ProbePaths paths, std::string failure, std::string_view method, std::string_view path,
              std::string_view query = "") {
  ProbeHandler handler(paths,
                       {{"first", [] { return std::string(); }}, {"second", [failure] { return failure; }}},
                       [] { return std::string("metrics"); });
  NoLater later;
  return *handler.handle({.method = method, .path = path, .query = query, .content_type = "", .body = ""},
                         later);
}

struct ProbeCase {
  const char* name;
  ProbePaths paths;
  const char* failure;
  const char* method;
  const char* path;
  const char* query;
  int status;
  const char* part;  // of the body
};

class Probes : public testing::TestWithParam<ProbeCase> {};

TEST_P(Probes, Answer) {
  const ProbeCase& probe = GetParam();
  const HttpReply reply = ask(probe.paths, probe.failure, probe.method, probe.path, probe.query);
  EXPECT_EQ(reply.status, probe.status);
  EXPECT_NE(reply.body.find(probe.part), std::string::npos) << reply.body;
  EXPECT_EQ(reply.allow, probe.status == 405 ? "GET" : "");
}

constexpr ProbePaths kHealth{.health = true, .metrics = false};
constexpr ProbePaths kMetrics{.health = false, .metrics = true};
constexpr ProbePaths kBoth{.health = true, .metrics = true};

INSTANTIATE_TEST_SUITE_P(
    Table, Probes,
    testing::Values(
        ProbeCase{"Alive", kHealth, "", "GET", "/healthz", "", 200, "ok"},
        ProbeCase{"AliveThoughNotReady", kHealth, "bad", "GET", "/healthz", "", 200, "ok"},
        ProbeCase{"Ready", kHealth, "", "GET", "/readyz", "", 200, "ok"},
        ProbeCase{"ReadyInDetail", kHealth, "", "GET", "/readyz", "verbose", 200, "[+] second: ok"},
        ProbeCase{"NotReadySaysWhy", kHealth, "bad", "GET", "/readyz", "", 503, "[-] second: bad"},
        ProbeCase{"Metrics", kMetrics, "", "GET", "/metrics", "", 200, "metrics"},
        ProbeCase{"MetricsElsewhere", kHealth, "", "GET", "/metrics", "", 404, ""},
        ProbeCase{"HealthElsewhere", kMetrics, "", "GET", "/readyz", "", 404, ""},
        ProbeCase{"BothOnOne", kBoth, "", "GET", "/metrics", "", 200, "metrics"},
        ProbeCase{"Root", kBoth, "", "GET", "/", "", 404, ""},
        ProbeCase{"Post", kBoth, "", "POST", "/healthz", "", 405, ""}),
    [](const auto& info) { return info.param.name; });

TEST(Metrics, SumWhatThreadsCounted) {
  TestServer server;
  AdmissionMetrics metrics;
  AdmissionCounters& one = metrics.add_thread();
  AdmissionCounters& two = metrics.add_thread();
  const std::size_t path = *find_admission_path("/mutate-pods");
  one.paths[path].count_code(200);
  two.paths[path].count_code(200);
  two.paths[path].count_code(415);
  one.paths[path].count_latency(std::chrono::microseconds(24));
  two.paths[path].count_latency(std::chrono::microseconds(25));
  two.paths[path].count_latency(std::chrono::minutes(1));
  const Status status{};
  const std::string text = metrics_text(server.operator->(), metrics, status, std::nullopt);
  const auto expect_line = [&](const std::string& line) {
    EXPECT_NE(text.find(line + "\n"), std::string::npos) << line << "\nin\n" << text;
  };
  expect_line(R"(controller_runtime_webhook_requests_total{webhook="/mutate-pods",code="200"} 2)");
  expect_line(R"(controller_runtime_webhook_requests_total{webhook="/mutate-pods",code="415"} 1)");
  expect_line(R"(controller_runtime_webhook_latency_seconds_count{webhook="/mutate-pods"} 3)");
  expect_line(R"(controller_runtime_webhook_latency_seconds_bucket{webhook="/mutate-pods",le="2.5e-05"} 1)");
  expect_line(R"(controller_runtime_webhook_latency_seconds_bucket{webhook="/mutate-pods",le="5e-05"} 2)");
  expect_line(R"(controller_runtime_webhook_latency_seconds_bucket{webhook="/mutate-pods",le="10"} 2)");
  expect_line(R"(controller_runtime_webhook_latency_seconds_bucket{webhook="/mutate-pods",le="+Inf"} 3)");
  expect_line("certwatcher_read_certificate_errors_total 0");
  EXPECT_NE(text.find("process_resident_memory_bytes "), std::string::npos);
  EXPECT_EQ(text.find("process_resident_memory_bytes 0\n"), std::string::npos);
}

}  // namespace
}  // namespace modelgate::webhook
