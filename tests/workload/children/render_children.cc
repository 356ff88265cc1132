// SPDX-License-Identifier: Apache-2.0
//
// Prints the objects and the status of InferenceServices, for tests/conformance/children.py, which compares
// them with KServe's.
//
//   render_children cluster.json fixtures.yaml < cases.jsonl > rendered.jsonl
//
// The files contain the cluster: configuration, runtimes. A case is {"id", "object", "observed":
// {"deployments", "pods", "httpRoutes", "virtualServices", "knativeServices"}, "refused": {"predictor": "text"}}; for
// each, it prints a line {"id", "objects", "problems", "status"}. Services are defaulted first, as they would be
// stored. The API server refuses the object of a component in `refused`.
#include <fmt/format.h>

#include <fstream>
#include <iostream>
#include <sstream>
#include <stdexcept>

#include "defaulting/defaulting.h"
#include "spec/deployment_mode.h"
#include "spec/edit.h"
#include "spec/runtime_support.h"
#include "workload/children/build_wanted.h"
#include "workload/objects/object_builder.h"
#include "workload/status/knative_status.h"
#include "workload/status/observable.h"
#include "workload/status/ready_components.h"
#include "workload/status/status.h"
#include "yaml/yaml.h"

namespace modelgate::workload {
namespace {

using spec::Value;

constexpr std::string_view kNow = "2026-01-01T00:00:00Z";

std::string read_file(const char* name) {
  std::ifstream in(name);
  if (!in) throw std::runtime_error(fmt::format("cannot read {}", name));
  std::ostringstream text;
  text << in.rdbuf();
  return std::move(text).str();
}

void add(spec::CatalogBuilder& builder, const Value& object) {
  if (const Value* items = spec::find(object, "items")) {
    for (const Value& item : items->GetArray()) add(builder, item);
    return;
  }
  const spec::ObjectView view(object);
  if (builder.add(object) || view.string("kind") != "ConfigMap") return;
  auto configuration = spec::parse_configuration(object);
  if (!configuration) throw std::runtime_error(configuration.error().front().to_string());
  builder.set_configuration(std::move(*configuration));
}

std::shared_ptr<const spec::Catalog> read_catalog(std::span<char*> files) {
  spec::Arena arena;
  spec::CatalogBuilder builder;
  for (const char* name : files) {
    const auto documents = yaml::read_yaml(read_file(name));
    if (!documents) throw std::runtime_error(fmt::format("{}: {}", name, documents.error().message));
    for (const auto& d : *documents) {
      const auto value = spec::parse_json(d.json, arena);
      if (!value) throw std::runtime_error(fmt::format("{}: {}", name, value.error().message));
      add(builder, *value);
    }
  }
  return builder.build(1);
}

/// Trimmed as in the reconciler's cache.
std::vector<const Value*> read_list(Value* observed, std::string_view key, std::string_view kind,
                                    spec::Arena& arena) {
  std::vector<const Value*> out;
  Value* list = observed ? spec::find(*observed, key) : nullptr;
  if (!list) return out;
  for (Value& v : list->GetArray()) {
    v = observable(v, arena, kind);
    out.push_back(&v);
  }
  return out;
}

const spec::Runtime* runtime_for(const Value& service, const spec::Catalog& catalog) {
  const spec::InferenceServiceView view(service);
  const spec::PredictorView predictor = view.spec().predictor();
  if (!predictor.model() || predictor.model().runtime()) return nullptr;
  return defaulting::best_runtime(
      {.model = spec::requirement_of(predictor), .namespace_ = view.metadata().namespace_()}, catalog);
}

void add_refusals(Value& parsed, Wanted& wanted) {
  const Value* refused = spec::find(parsed, "refused");
  if (!refused) return;
  for (const auto& m : refused->GetObject()) {
    wanted.problems.push_back({.component = spec::text_of(m.name),
                               .reason = "ReconcileFailed",
                               .path = spec::FieldPath{} / "spec" / spec::text_of(m.name),
                               .text = std::string(spec::text_of(m.value)),
                               .refused = true});
  }
}

ServiceContext context_of(const Value& service, const spec::Catalog& catalog, const Observed& observed) {
  const spec::InferenceServiceView view(service);
  ServiceContext out{.catalog = catalog, .runtime = runtime_for(service, catalog)};
  const spec::Configuration& configuration = catalog.configuration();
  out.knative = spec::effective_deployment_mode(view, view, configuration) == spec::kKnativeMode;
  out.ready = out.knative ? knative_ready(service, configuration, observed, out.name_style)
                          : ready_components(service, configuration, observed);
  return out;
}

std::string render(const std::string& line, const spec::Catalog& catalog) {
  spec::Arena arena;
  auto parsed = spec::parse_json(line, arena);
  if (!parsed) throw std::runtime_error(parsed.error().message);
  Value& service = *spec::find(*parsed, "object");
  spec::Edit edit(service, arena);
  defaulting::apply_defaults(edit, {.catalog = catalog, .request_namespace = "default"});
  Value* seen = spec::find(*parsed, "observed");
  const Observed observed{.deployments = read_list(seen, "deployments", "Deployment", arena),
                          .pods = read_list(seen, "pods", "Pod", arena),
                          .http_routes = read_list(seen, "httpRoutes", "HTTPRoute", arena),
                          .virtual_services = read_list(seen, "virtualServices", "VirtualService", arena),
                          .knative_services = read_list(seen, "knativeServices", "Service", arena)};
  const ServiceContext context = context_of(service, catalog, observed);
  Wanted wanted = build_wanted(service, context, arena);
  add_refusals(*parsed, wanted);
  Value objects(rapidjson::kArrayType);
  for (const WantedObject& o : wanted.objects) objects.PushBack(spec::clone(o.object, arena), arena);
  Value problems(rapidjson::kArrayType);
  for (const Problem& p : wanted.problems) {
    problems.PushBack(ObjectBuilder(arena)
                          .text("component", p.component)
                          .text("reason", p.reason)
                          .text("text", fmt::format("{}: {}", p.path.to_string(), p.text))
                          .flag("fatal", p.is_fatal())
                          .take(),
                      arena);
  }
  return spec::to_json(ObjectBuilder(arena)
                           .text("id", spec::ObjectView(*parsed).string("id"))
                           .value("objects", std::move(objects))
                           .value("problems", std::move(problems))
                           .value("status", build_status(service, wanted, context, observed, kNow, arena))
                           .take());
}

}  // namespace
}  // namespace modelgate::workload

int main(int argc, char** argv) {
  try {
    const auto catalog = modelgate::workload::read_catalog(std::span(argv + 1, argv + argc));
    for (std::string line; std::getline(std::cin, line);) {
      std::cout << modelgate::workload::render(line, *catalog) << '\n';
    }
  } catch (const std::exception& e) {
    std::cerr << e.what() << '\n';
    return 1;
  }
  return 0;
}
