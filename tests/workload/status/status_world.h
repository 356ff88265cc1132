// SPDX-License-Identifier: Apache-2.0
//
// Shared by the tests of the status: a service "m" and observed objects from YAML, and the status that is computed
// from them, from whole objects and from trimmed ones.
//
//   StatusWorld world(kGatewayApi);
//   world.status("spec: {predictor: ...}", "{deployments: [...], services: [{metadata: {name: m-predictor}}]}");
//   EXPECT_EQ(world.condition("Ready"), "True InferenceServiceReady");
#pragma once

#include <deque>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "spec/json.h"
#include "tests/workload/children/service_world.h"
#include "workload/children/wanted.h"
#include "workload/status/observed.h"

namespace modelgate::workload {

class StatusWorld {
 public:
  static constexpr std::string_view kNow = "2026-02-02T00:00:00Z";

  explicit StatusWorld(unsigned settings = 0) : world_(settings) {}

  /// The members of `observed_yaml`: deployments, pods, routes, virtualServices, knativeServices, services, ingresses, slices, and
  /// classes (names). Those of the last four that it does not have are unknown.
  const spec::Value& status(std::string_view service_yaml, std::string_view observed_yaml,
                            std::string_view old_status = {});

  /// Problems of the apply, in addition to the builder's.
  std::vector<Problem> problems;
  /// The cluster has the kind VirtualService, and the installation uses it.
  bool virtual_services = false;
  /// See ServiceContext.
  bool knative = false;
  bool has_istio = true;
  /// See ServiceContext.
  std::map<std::string, std::string, std::less<>> taken_hosts;

  /// "True PredictorReady", or "-".
  std::string condition(std::string_view type) const;
  std::string message(std::string_view type) const;
  /// At a pointer of the status; "-" if absent.
  std::string text(std::string_view pointer) const;
  /// The objects that are desired in the observed state.
  const Wanted& wanted() const { return wanted_; }

 private:
  spec::Value status_of(bool trimmed);
  std::vector<const spec::Value*> list(std::string_view key, std::string_view kind, bool trimmed);
  Observed observed(bool trimmed);

  ServiceWorld world_;
  spec::Value service_;
  spec::Value observed_;
  std::deque<spec::Value> trimmed_;
  std::set<std::string, std::less<>> classes_;
  Wanted wanted_;
  spec::Value status_;
};

}  // namespace modelgate::workload
