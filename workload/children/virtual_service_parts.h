// SPDX-License-Identifier: Apache-2.0
//
// What the VirtualServices of both deployment modes are made of: networking.istio.io/v1beta1. Called by
// virtual_service.cc and knative_route.cc.
//
//   VirtualServiceParts parts(build);
//   parts.add_rule(std::move(matches), std::move(destinations), {.host = "m-predictor.default.svc.cluster.local"});
//   parts.add_object(labels, hosts, gateways);
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "workload/children/service_build.h"

namespace modelgate::workload {

inline constexpr std::string_view kVirtualServiceKind = "VirtualService";
/// Istio's name for all sidecars.
inline constexpr std::string_view kMesh = "mesh";
/// Requests for explanations; the second, below any prefix.
inline constexpr std::string_view kExplainPath = R"(^/v1/models/[\w-]+:explain$)";
inline constexpr std::string_view kExplainUnderPath = R"((/v1/models/[\w-]+:explain)$)";

/// A host as part of a regular expression.
std::string quoted_host(std::string_view host);

struct RouteRuleOptions {
  spec::Value rewrite = {};    // an object, or null for none
  std::string_view host = {};  // the header Host of the request, if it changes
  std::optional<std::int64_t> timeout_seconds = {};
};

/// Collects the rules of one VirtualService. The build must outlive it.
class VirtualServiceParts {
 public:
  using Texts = std::vector<std::string>;

  explicit VirtualServiceParts(ServiceBuild& build);

  /// {kind: text}; kind: exact, prefix or regex.
  spec::Value string_match(std::string_view kind, std::string_view text);
  /// authority: a regular expression for the host. uri: a string_match(), or null for any.
  spec::Value match(std::string_view authority, spec::Value uri, const Texts& gateways);
  /// Matches of a path and of everything below it.
  spec::Value path_matches(std::string_view authority, const std::string& path, const Texts& gateways);
  spec::Value destination(std::string_view host, std::int64_t port, std::int64_t weight);

  /// Adds a rule. Model servers and loggers know the service of a request by its headers.
  void add_rule(spec::Value matches, spec::Value destinations, RouteRuleOptions options = {});
  /// The rewrite of requests that match `regex`, which ends in kExplainUnderPath: the prefix is removed.
  spec::Value rewrite_to_explain(std::string_view regex);
  /// Adds the VirtualService with the rules so far, under the service's name.
  void add_object(const StringMap& labels, const Texts& hosts, const Texts& gateways);

 private:
  spec::Value texts(const Texts& list);

  ServiceBuild& build_;
  spec::Arena& arena_;
  spec::Value rules_{rapidjson::kArrayType};
};

}  // namespace modelgate::workload
