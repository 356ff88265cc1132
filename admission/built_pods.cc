// SPDX-License-Identifier: Apache-2.0
#include "admission/built_pods.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <string>
#include <utility>

#include "admission/written_field.h"
#include "spec/inference_service.h"
#include "validation/built_pod.h"
#include "workload/children/wanted.h"

namespace modelgate::admission {
namespace {

using spec::FieldError;
using spec::FieldErrors;
using spec::FieldPath;
using spec::ObjectView;
using spec::Value;
using workload::Wanted;
using workload::WantedObject;

constexpr std::string_view kWorkerSpec = "workerSpec";

bool is_deployment(const WantedObject& o) {
  return !o.path.empty() && ObjectView(o.object).string("kind") == "Deployment";
}

/// Whether an error about this field, or a part of it that was not found in the service, was reported.
bool is_reported(const WrittenField& field, const FieldPath& path) {
  return path == field.path || (!field.rest.empty() && path.is_at_or_below(field.path));
}

/// What the Pod has besides the component's own fields, for messages.
std::string merged_with(const WantedObject& o, const Wanted& wanted) {
  if (o.component == workload::kCanary) return " (with spec.predictor, from which it inherits)";
  const bool from_runtime = o.component == workload::kPredictor && wanted.runtime;
  return from_runtime ? fmt::format(" (with {})", wanted.runtime->display_name()) : std::string{};
}

bool is_worker(const WantedObject& o) {
  return o.path.segments().back().name == kWorkerSpec;
}

class Check {
 public:
  Check(const Wanted& wanted, const Value& service, const FieldErrors& reported)
      : wanted_(wanted),
        service_(service),
        reported_(reported),
        names_runtime_(spec::InferenceServiceView(service).spec().predictor().model().runtime().has_value()) {
  }

  void pod(const WantedObject& o) {
    const ObjectView pod_template = ObjectView(o.object).object("spec").object("template");
    const auto pod = pod_template.object<spec::PodSpecView>("spec");
    const FieldErrors errors = validation::check_built_pod(
        {.pod = pod,
         .annotations = pod_template.object("metadata").object<spec::StringMapView>("annotations"),
         .serves = !is_worker(o),
         .merged = is_merged(o),
         .limits_checked = names_runtime_ && o.component == workload::kPredictor && !is_worker(o)});
    for (const FieldError& e : errors) add(e, o, pod);
    warn_about_ports(o, pod);
  }

  BuiltPods take() {
    // A service that breaks what its runtime has is reported once, by the errors.
    if (!out_.errors.empty()) out_.warnings.clear();
    if (port_warnings_.size() > FieldErrors::kMaxErrors) port_warnings_.resize(FieldErrors::kMaxErrors);
    std::ranges::move(port_warnings_, std::back_inserter(out_.warnings));
    return std::move(out_);
  }

 private:
  void add(const FieldError& e, const WantedObject& o, const spec::PodSpecView& pod) {
    const WrittenField field =
        find_written_field({.service = service_, .component = o.path, .pod = pod, .error = e});
    if (!field.written) return warn(e, field);
    const auto same = [&](const FieldError& other) { return is_reported(field, other.path); };
    if (std::ranges::any_of(reported_, same) || std::ranges::any_of(out_.errors, same)) return;
    if (out_.errors.size() >= FieldErrors::kMaxErrors) return;
    FieldError error = e;
    error.rule = {};
    error.path = field.path;
    error.detail = fmt::format("{}{}{}{}", field.rest, field.rest.empty() ? "" : ": ", e.detail,
                               merged_with(o, wanted_));
    out_.errors.push_back(std::move(error));
  }

  /// Containers of a Pod share its addresses.
  void warn_about_ports(const WantedObject& o, const spec::PodSpecView& pod) {
    std::map<std::pair<std::int64_t, std::string_view>, std::string_view> taken;  // by which container
    const auto containers = pod.containers();
    if (containers.size() < 2) return;
    for (std::size_t i = 0; i < containers.size(); ++i) {
      const auto ports = containers[i].ports();
      for (std::size_t j = 0; j < ports.size(); ++j) {
        const auto number = ports[j].container_port();
        if (!number) continue;
        const auto [first, is_new] =
            taken.emplace(std::pair(*number, ports[j].protocol()), containers[i].name());
        if (is_new || first->second == containers[i].name()) continue;
        const FieldError at{.path = ((((FieldPath{} / "spec" / "containers")[i]) / "ports")[j]) /
                                    "containerPort"};
        const WrittenField field =
            find_written_field({.service = service_, .component = o.path, .pod = pod, .error = at});
        port_warnings_.push_back(
            {.rule = {},
             .path = field.path,
             .text = fmt::format(
                 "{}{}the container {} has port {} too: only one container of a Pod can listen on it",
                 field.rest, field.rest.empty() ? "" : ": ", spec::quote(first->second), *number)});
      }
    }
  }

  void warn(const FieldError& e, const WrittenField& field) {
    if (out_.warnings.size() >= FieldErrors::kMaxErrors) return;
    out_.warnings.push_back({.rule = {},
                             .path = field.path,
                             .text = fmt::format("its runtime makes Pods that the API server rejects: {}: {}",
                                                 field.rest, e.message())});
  }

  /// A custom predictor's, transformer's or explainer's Pod consists of what the service has.
  bool is_merged(const WantedObject& o) const {
    if (o.component == workload::kPredictor) return wanted_.runtime != nullptr;
    if (o.component != workload::kExplainer) return o.component != workload::kTransformer;
    return spec::InferenceServiceView(service_).spec().explainer().has("art");
  }

  const Wanted& wanted_;
  const Value& service_;
  const FieldErrors& reported_;
  bool names_runtime_ = false;
  BuiltPods out_;
  std::vector<spec::FieldWarning> port_warnings_;
};

}  // namespace

BuiltPods check_built_pods(const Wanted& wanted, const Value& service, const FieldErrors& reported) {
  Check check(wanted, service, reported);
  for (const WantedObject& o : wanted.objects) {
    if (is_deployment(o)) check.pod(o);
  }
  return check.take();
}

}  // namespace modelgate::admission
