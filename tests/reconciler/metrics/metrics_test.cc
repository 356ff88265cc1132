// SPDX-License-Identifier: Apache-2.0
#include "reconciler/metrics/metrics.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>

namespace modelgate::reconciler {
namespace {

using namespace std::chrono_literals;

void expect_line(const std::string& text, const std::string& line) {
  EXPECT_NE(text.find("\n" + line + "\n"), std::string::npos) << line << "\nin\n" << text;
}

std::size_t series_of(const std::string& text, const std::string& name) {
  std::size_t count = 0;
  for (std::size_t at = text.find("\n" + name + "{"); at != std::string::npos;
       at = text.find("\n" + name + "{", at + 1)) {
    ++count;
  }
  return count;
}

TEST(ReconcilerMetrics, HaveTheNamesOfControllerRuntime) {
  Counts counts;
  counts.reconciled(ReconcileResult::kSuccess, 20ms);
  counts.reconciled(ReconcileResult::kSuccess, 100ms);
  counts.reconciled(ReconcileResult::kError, 2min);
  counts.waited(50ms);
  counts.bugs = 1;
  counts.workers = 8;
  counts.queue = {
      .adds = 5, .retries = 2, .depth = 3, .working = 4, .longest_running = 1500ms, .unfinished = 2s};
  counts.lease = "modelgate-reconciler";
  counts.leader = true;
  const std::string text = metrics_text(counts);
  for (
      const char* line : {
          R"(controller_runtime_reconcile_total{controller="inferenceservice",result="success"} 2)",
          R"(controller_runtime_reconcile_total{controller="inferenceservice",result="error"} 1)",
          R"(controller_runtime_reconcile_total{controller="inferenceservice",result="requeue"} 0)",
          R"(controller_runtime_reconcile_total{controller="inferenceservice",result="requeue_after"} 0)",
          R"(controller_runtime_reconcile_errors_total{controller="inferenceservice"} 1)",
          R"(controller_runtime_reconcile_panics_total{controller="inferenceservice"} 1)",
          R"(controller_runtime_max_concurrent_reconciles{controller="inferenceservice"} 8)",
          R"(controller_runtime_active_workers{controller="inferenceservice"} 4)",
          R"(controller_runtime_reconcile_time_seconds_bucket{controller="inferenceservice",le="0.025"} 1)",
          R"(controller_runtime_reconcile_time_seconds_bucket{controller="inferenceservice",le="0.05"} 1)",
          R"(controller_runtime_reconcile_time_seconds_bucket{controller="inferenceservice",le="0.1"} 2)",
          R"(controller_runtime_reconcile_time_seconds_bucket{controller="inferenceservice",le="60"} 2)",
          R"(controller_runtime_reconcile_time_seconds_bucket{controller="inferenceservice",le="+Inf"} 3)",
          R"(controller_runtime_reconcile_time_seconds_count{controller="inferenceservice"} 3)",
          R"(workqueue_depth{controller="inferenceservice",name="inferenceservice"} 3)",
          R"(workqueue_adds_total{controller="inferenceservice",name="inferenceservice"} 5)",
          R"(workqueue_retries_total{controller="inferenceservice",name="inferenceservice"} 2)",
          R"(workqueue_unfinished_work_seconds{controller="inferenceservice",name="inferenceservice"} 2)",
          R"(workqueue_longest_running_processor_seconds{controller="inferenceservice",name="inferenceservice"} 1.5)",
          R"(workqueue_queue_duration_seconds_count{controller="inferenceservice",name="inferenceservice"} 1)",
          R"(workqueue_work_duration_seconds_count{controller="inferenceservice",name="inferenceservice"} 3)",
          R"(leader_election_master_status{name="modelgate-reconciler"} 1)",
      }) {
    expect_line(text, line);
  }
}

TEST(ReconcilerMetrics, IncludeTheClusterWithTheNamesOfBothPrograms) {
  Counts counts;
  counts.host = "10.0.0.1:443";
  counts.client.requests[{"PATCH", 200}] = 7;
  counts.client.requests[{"GET", 0}] = 1;
  counts.kinds.resize(1);
  counts.kinds[0].plural = "deployments";
  counts.kinds[0].connected = true;
  const std::string text = metrics_text(counts);
  expect_line(text, R"(rest_client_requests_total{code="200",host="10.0.0.1:443",method="PATCH"} 7)");
  expect_line(text, R"(rest_client_requests_total{code="<error>",host="10.0.0.1:443",method="GET"} 1)");
  expect_line(text, R"(modelgate_watch_connected{resource="deployments"} 1)");
  expect_line(text, "modelgate_cluster_connected 1");
  counts.kinds.emplace_back().plural = "pods";
  expect_line(metrics_text(counts), "modelgate_cluster_connected 0");
}

ServiceMeasures ready_service() {
  ServiceMeasures measures;
  measures.uid = "u";
  measures.phase = "Ready";
  measures.ready = true;
  measures.created_to_ready_seconds = 12;
  measures.model_load_seconds = 5;
  measures.replicas_wanted = 2;
  measures.replicas_ready = 1;
  measures.accelerators = {{"nvidia.com/gpu", 2}};
  return measures;
}

TEST(ReconcilerMetrics, IncludeEachService) {
  MeasuredServices services;
  services.take({"default", "iris"}, ready_service());
  services.take({"team", "new"}, {});
  Counts counts;
  counts.services = services.shown();
  const std::string text = metrics_text(counts);
  for (
      const char* line : {
          R"(modelgate_inferenceservice_ready{namespace="default",name="iris"} 1)",
          R"(modelgate_inferenceservice_ready{namespace="team",name="new"} 0)",
          R"(modelgate_inferenceservice_phase{namespace="default",name="iris",phase="Ready"} 1)",
          R"(modelgate_inferenceservice_created_to_ready_seconds{namespace="default",name="iris"} 12)",
          R"(modelgate_inferenceservice_model_load_seconds{namespace="default",name="iris"} 5)",
          R"(modelgate_inferenceservice_replicas_wanted{namespace="default",name="iris"} 2)",
          R"(modelgate_inferenceservice_replicas_ready{namespace="default",name="iris"} 1)",
          R"(modelgate_inferenceservice_accelerators{namespace="default",name="iris",resource="nvidia.com/gpu"} 2)",
      }) {
    expect_line(text, line);
  }
  EXPECT_EQ(series_of(text, "modelgate_inferenceservice_phase"), 1U);
  EXPECT_EQ(series_of(text, "modelgate_inferenceservice_created_to_ready_seconds"), 1U);
  services.forget({"default", "iris"});
  counts.services = services.shown();
  EXPECT_EQ(metrics_text(counts).find("iris"), std::string::npos);
}

TEST(ReconcilerMetrics, LabelsAreBounded) {
  MeasuredServices services;
  for (std::size_t i = 0; i < kMaxLabelled + 3; ++i) {
    services.take({"default", "m" + std::to_string(i)}, ready_service());
  }
  Counts counts;
  counts.services = services.shown();
  const std::string text = metrics_text(counts);
  EXPECT_EQ(series_of(text, "modelgate_inferenceservice_ready"), kMaxLabelled + 1);
  EXPECT_EQ(series_of(text, "modelgate_inferenceservice_model_load_seconds"), kMaxLabelled);
  const std::string others = R"~({namespace="(others)",name="(others)")~";
  expect_line(text, "modelgate_inferenceservice_ready" + others + "} 3");
  expect_line(text, "modelgate_inferenceservice_phase" + others + R"(,phase="Ready"} 3)");
  expect_line(text, "modelgate_inferenceservice_replicas_wanted" + others + "} 6");
  expect_line(text, "modelgate_inferenceservice_accelerators" + others + R"(,resource="nvidia.com/gpu"} 6)");
}

TEST(ReconcilerMetrics, AreOnlyThoseOfTheProcessIfTheReconcilerDoesNotAnswer) {
  const std::string text = metrics_text(std::nullopt);
  EXPECT_NE(text.find("process_resident_memory_bytes "), std::string::npos);
  EXPECT_NE(text.find(R"(modelgate_build_info{program="modelgate-reconciler",version=")"), std::string::npos);
  EXPECT_EQ(text.find("workqueue_"), std::string::npos);
}

}  // namespace
}  // namespace modelgate::reconciler
