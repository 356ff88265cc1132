// SPDX-License-Identifier: Apache-2.0
#include "webhook/metrics.h"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>

#include "tests/http/test_server.h"
#include "webhook/paths.h"

namespace modelgate::webhook {
namespace {

TEST(Metrics, AddUpTheCountersOfThreads) {
  http::TestServer server;
  AdmissionMetrics metrics;
  AdmissionCounters& one = metrics.add_thread();
  AdmissionCounters& two = metrics.add_thread();
  const std::size_t path = *find_admission_path("/mutate-pods");
  one.paths[path].count_code(200);
  two.paths[path].count_code(200);
  two.paths[path].count_code(415);
  one.paths[path].latencies.observe(std::chrono::microseconds(24));
  two.paths[path].latencies.observe(std::chrono::microseconds(25));
  two.paths[path].latencies.observe(std::chrono::minutes(1));
  const Status status{};
  const std::string text = metrics_text(server.operator->(), metrics, status, std::nullopt);
  const auto expect_line = [&](const std::string& line) {
    EXPECT_NE(text.find(line + "\n"), std::string::npos) << line << "\nin\n" << text;
  };
  expect_line(R"(controller_runtime_webhook_requests_total{webhook="/mutate-pods",code="200"} 2)");
  expect_line(R"(controller_runtime_webhook_requests_total{webhook="/mutate-pods",code="415"} 1)");
  expect_line(R"(controller_runtime_webhook_latency_seconds_count{webhook="/mutate-pods"} 3)");
  expect_line(R"(controller_runtime_webhook_latency_seconds_bucket{webhook="/mutate-pods",le="2.5e-05"} 2)");
  expect_line(R"(controller_runtime_webhook_latency_seconds_bucket{webhook="/mutate-pods",le="5e-05"} 2)");
  expect_line(R"(controller_runtime_webhook_latency_seconds_bucket{webhook="/mutate-pods",le="10"} 2)");
  expect_line(R"(controller_runtime_webhook_latency_seconds_bucket{webhook="/mutate-pods",le="+Inf"} 3)");
  expect_line("certwatcher_read_certificate_errors_total 0");
  EXPECT_NE(text.find("process_resident_memory_bytes "), std::string::npos);
  EXPECT_EQ(text.find("process_resident_memory_bytes 0\n"), std::string::npos);
}

}  // namespace
}  // namespace modelgate::webhook
