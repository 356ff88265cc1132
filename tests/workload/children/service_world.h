// SPDX-License-Identifier: Apache-2.0
//
// Shared by the tests of a service's objects: a cluster and services from YAML, and the objects that are
// built for them.
//
//   ServiceWorld world({.settings = kCompatible | kGatewayApi});
//   Rendered r = world.render("spec: {predictor: {model: {modelFormat: {name: sklearn}, runtime: rt}}}");
//   EXPECT_EQ(r.json("Service/m-predictor", "/spec/ports/0/port"), "80");
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "spec/catalog.h"
#include "spec/configuration.h"
#include "spec/json.h"
#include "workload/children/build_wanted.h"

namespace modelgate::workload {

/// Changes of the built-in configuration; bits.
enum Setting : unsigned {
  kCompatible = 1,
  kGatewayApi = 2,
  kHeadless = 4,
  kNoIngress = 8,
  kPathTemplate = 16,
  kDottedDomain = 32,
  kRollout = 64,
  kMoreDomains = 128,
  kRender = 512,
  kForbidden = 256,    // an annotation and a label that are not propagated
  kPodMetrics = 1024,  // custom names of metrics
  kNotScraped = 2048,  // by Prometheus
  kIstio = 4096,       // VirtualServices
};

/// A JSON value at a pointer of an object, or nullptr.
const spec::Value* at(const spec::Value& root, std::string_view pointer);

/// Keeps its objects alive: they may outlive the ServiceWorld that rendered them.
struct Rendered {
  std::shared_ptr<const spec::Catalog> catalog;  // its strings may be in `wanted`
  std::shared_ptr<const spec::Arena> arena;      // of the values in `wanted`
  Wanted wanted;
  /// "Service m-predictor", in order.
  std::vector<std::string> names() const;
  /// The object as "Kind/name", or nullptr.
  const spec::Value* find(std::string_view object) const;
  /// JSON text at a pointer; "-" if absent.
  std::string json(std::string_view object, std::string_view pointer) const;
  /// One text for each problem: "predictor NoSupportingRuntime spec.predictor.model.runtime"; a notice starts
  /// with "~".
  std::vector<std::string> problems() const;
};

class ServiceWorld {
 public:
  explicit ServiceWorld(unsigned settings = 0);

  /// Builds the objects of an InferenceService "m" in "default" with a uid, from YAML of its spec and parts
  /// of its metadata. All of its components are ready unless `ready` is given.
  Rendered render(std::string_view yaml, const ReadyComponents* ready = nullptr);
  /// The selected runtime of a model that names none.
  const spec::Runtime* runtime = nullptr;
  NameStyle style = NameStyle::kPlain;
  bool knative = false;
  /// See ServiceContext.
  std::map<std::string, std::string, std::less<>> taken_hosts;
  spec::Arena& arena() { return *arena_; }
  const spec::Catalog& catalog() const { return *catalog_; }
  spec::Value service(std::string_view yaml);
  spec::Value yaml(std::string_view text);
  /// Of render(), if all components are ready.
  ServiceContext context(const ReadyComponents& ready) const;

 private:
  std::shared_ptr<spec::Arena> arena_ = std::make_shared<spec::Arena>();
  std::shared_ptr<const spec::Catalog> catalog_;
};

}  // namespace modelgate::workload
