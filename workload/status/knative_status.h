// SPDX-License-Identifier: Apache-2.0
//
// The parts of the status of a service in Knative mode that differ from Standard mode: the conditions and revisions of its
// components by their Knative Services, and its URLs. Called by status.cc; knative_ready() by the reconciler.
//
// The conditions have the reasons and messages of Knative's. Where a Pod of the latest revision is in trouble, they
// have the Pod's, which say more.
//
// Compatible does as KServe: Ready needs only the predictor and the ingress; IngressReady is True as soon as the URL
// of the first component is known; conditions and components of what the service no longer has remain. In Strict, Ready
// needs all components; IngressReady needs the VirtualService, if there is one; and a component stays ready while its
// route serves an earlier revision, whatever happens to the latest one (LatestDeploymentReady and modelStatus report
// that).
#pragma once

#include <string>
#include <vector>

#include "spec/configuration.h"
#include "spec/json.h"
#include "workload/children/service_context.h"
#include "workload/status/component_status.h"
#include "workload/status/conditions.h"
#include "workload/status/observed.h"
#include "workload/status/status_input.h"

namespace modelgate::workload {

/// Which components are ready, and the host of the first one.
ReadyComponents knative_ready(const spec::Value& service, const spec::Configuration& configuration,
                              const Observed& observed, NameStyle style);

class KnativeStatus {
 public:
  KnativeStatus(const StatusInput& input, Conditions& conditions, spec::Arena& arena);

  /// Sets the conditions, except Ready.
  void set_conditions();
  /// The state of the predictor's model. Call after Ready is set.
  ModelState model() const;
  /// The status' `components`; empty if there is nothing to report.
  spec::Value take_components() { return std::move(components_); }
  /// A component is not ready because of a permanent failure of its Pods.
  bool failed() const { return failed_; }
  /// Empty while they are not known.
  const std::string& url() const { return url_; }
  const std::string& address() const { return address_; }

 private:
  bool add_component(std::string_view kind, const std::string& name);
  void add_joint_condition(std::string_view type, bool routes);
  ConditionState ingress() const;
  void set_urls();

  const StatusInput& input_;
  Conditions& conditions_;
  spec::Arena& arena_;
  spec::Value components_{rapidjson::kObjectType};
  bool failed_ = false;
  std::string url_;
  std::string address_;
};

}  // namespace modelgate::workload
