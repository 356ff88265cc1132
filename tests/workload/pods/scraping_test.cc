// SPDX-License-Identifier: Apache-2.0
//
// The annotations by which Prometheus finds the metrics of a model server.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/workload/pods/pod_world.h"
#include "workload/objects/annotations.h"

namespace modelgate::workload {
namespace {

constexpr std::string_view kOn = "serving.kserve.io/enable-prometheus-scraping: 'true'";
constexpr std::string_view kOff = "serving.kserve.io/enable-prometheus-scraping: 'false'";
constexpr std::string_view kRuntime = "prometheus.kserve.io/port: '8002', prometheus.kserve.io/path: /m";

struct Row {
  const char* name;
  const char* configured;
  std::string annotations;
  const char* want;  // enable-prometheus-scraping scrape port path
  bool strict = true;
  bool queue_proxy = false;
};

class Scraping : public testing::TestWithParam<Row> {};

TEST_P(Scraping, Annotations) {
  const Row& row = GetParam();
  PodWorld world({}, [&](spec::Configuration& c) {
    if (!row.strict) make_compatible(c);
    c.metrics_aggregator.enable_metric_aggregation = "false";
    c.metrics_aggregator.enable_prometheus_scraping = row.configured;
  });
  const Mutated m = world.mutate(world.pod(
      fmt::format("metadata: {{annotations: {{{}}}}}\nspec: {{containers: [{{name: kserve-container}}{}]}}",
                  row.annotations, row.queue_proxy ? ", {name: queue-proxy}" : "")));
  const auto at = [&](std::string_view name) {
    const std::string text = m.text(fmt::format("/metadata/annotations/{}", name));
    return text.empty() ? std::string("-") : text;
  };
  EXPECT_EQ(row.want,
            fmt::format("{} {} {} {}", at("serving.kserve.io~1enable-prometheus-scraping"),
                        at("prometheus.io~1scrape"), at("prometheus.io~1port"), at("prometheus.io~1path")));
  EXPECT_EQ("[]", world.mutate(m.pod).patch) << "a second pass";
}

std::string both(std::string_view a, std::string_view b) {
  return fmt::format("{}, {}", a, b);
}

INSTANTIATE_TEST_SUITE_P(
    Cases, Scraping,
    testing::Values(Row{"AsTheRuntimeSays", "true", std::string(kRuntime), "true true 8002 /m"},
                    Row{"NotWhereItIsNotKnown", "true", "", "- - - -"},
                    Row{"OffByConfiguration", "false", std::string(kRuntime), "false - - -"},
                    Row{"OffByTheUser", "true", both(kRuntime, kOff), "false - - -"},
                    Row{"OnByTheUser", "false", both(kRuntime, kOn), "true true 8002 /m"},
                    Row{"OnByTheUserWithoutARuntime", "false", std::string(kOn), "true true 8080 /metrics"},
                    Row{"TheUsersPortStays", "true", both(kRuntime, "prometheus.io/port: '1'"),
                        "true true 1 /m"},
                    Row{"TheUserIsNotScraped", "true", both(kRuntime, "prometheus.io/scrape: 'false'"),
                        "true false 8002 /m"},
                    Row{"QueueProxy", "true", std::string(kRuntime), "true - 9091 /metrics", true, true},
                    Row{"InKServe", "true", std::string(kRuntime), "true - 9091 /metrics", false}),
    [](const auto& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace modelgate::workload
