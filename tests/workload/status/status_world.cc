// SPDX-License-Identifier: Apache-2.0
#include "tests/workload/status/status_world.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>

#include "spec/inference_service.h"
#include "workload/status/knative_status.h"
#include "workload/status/observable.h"
#include "workload/status/ready_components.h"
#include "workload/status/status.h"

namespace modelgate::workload {

using spec::Value;

const Value& StatusWorld::status(std::string_view service_yaml, std::string_view observed_yaml,
                                 std::string_view old_status) {
  service_ = world_.service(service_yaml);
  if (!old_status.empty()) {
    Value old = world_.yaml(old_status);
    spec::set_member(service_, "status", std::move(old), world_.arena());
  }
  observed_ = world_.yaml(observed_yaml);
  status_ = status_of(false);
  const Value of_trimmed = status_of(true);
  EXPECT_EQ(spec::to_json(of_trimmed), spec::to_json(status_)) << "from the cached parts";
  return status_;
}

std::string StatusWorld::condition(std::string_view type) const {
  const spec::ObjectView c = condition_of(spec::ObjectView(status_), type);
  return c ? fmt::format("{} {}", c.string("status"), c.string("reason")) : "-";
}

std::string StatusWorld::message(std::string_view type) const {
  return std::string(condition_of(spec::ObjectView(status_), type).string("message"));
}

std::string StatusWorld::text(std::string_view pointer) const {
  const Value* v = at(status_, pointer);
  return !v ? "-" : v->IsString() ? std::string(spec::text_of(*v)) : spec::to_json(*v);
}

Value StatusWorld::status_of(bool trimmed) {
  const Observed seen = observed(trimmed);
  const spec::Configuration& configuration = world_.catalog().configuration();
  const ServiceContext context{.catalog = world_.catalog(),
                               .ready = knative
                                            ? knative_ready(service_, configuration, seen, NameStyle::kPlain)
                                            : ready_components(service_, configuration, seen),
                               .virtual_services = virtual_services,
                               .knative = knative,
                               .has_istio = has_istio,
                               .taken_hosts = taken_hosts};
  wanted_ = build_wanted(service_, context, world_.arena());
  std::ranges::copy(problems, std::back_inserter(wanted_.problems));
  return build_status(service_, wanted_, context, seen, kNow, world_.arena());
}

Observed StatusWorld::observed(bool trimmed) {
  Observed out{.deployments = list("deployments", "Deployment", trimmed),
               .pods = list("pods", "Pod", trimmed),
               .http_routes = list("routes", "HTTPRoute", trimmed),
               .virtual_services = list("virtualServices", "VirtualService", trimmed),
               .knative_services = list("knativeServices", "Service", trimmed)};
  if (spec::find(observed_, "services")) out.services = list("services", "Service", trimmed);
  if (spec::find(observed_, "ingresses")) out.ingresses = list("ingresses", "Ingress", trimmed);
  if (spec::find(observed_, "slices")) out.endpoint_slices = list("slices", "EndpointSlice", trimmed);
  if (const Value* classes = spec::find(observed_, "classes")) {
    classes_.clear();
    for (const Value& name : classes->GetArray()) classes_.emplace(spec::text_of(name));
    out.ingress_classes = &classes_;
  }
  return out;
}

std::vector<const Value*> StatusWorld::list(std::string_view key, std::string_view kind, bool trimmed) {
  std::vector<const Value*> out;
  const Value* found = spec::find(observed_, key);
  for (rapidjson::SizeType i = 0; found && i < found->Size(); ++i) {
    const Value& whole = (*found)[i];
    if (trimmed) trimmed_.push_back(observable(whole, world_.arena(), kind));
    out.push_back(trimmed ? &trimmed_.back() : &whole);
  }
  return out;
}

}  // namespace modelgate::workload
