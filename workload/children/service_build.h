// SPDX-License-Identifier: Apache-2.0
//
// The state of one run of build_wanted(): the service and its context, and the objects and problems so far.
// All builders of this folder add to it.
#pragma once

#include <string>
#include <string_view>

#include "spec/go_template.h"
#include "spec/inference_service.h"
#include "workload/children/service_context.h"
#include "workload/children/version_plan.h"
#include "workload/children/wanted.h"
#include "workload/objects/child_names.h"
#include "workload/objects/string_map.h"

namespace modelgate::workload {

class ServiceBuild {
 public:
  ServiceBuild(const spec::Value& service, const ServiceContext& context_in, spec::Arena& arena_in);

  const ServiceContext& context;
  const spec::Configuration& configuration;
  spec::Arena& arena;
  spec::InferenceServiceView service;
  std::string name;
  std::string namespace_;
  /// The service's, and labels that its runtime adds. Without our own annotations: they would roll out Pods.
  StringMap labels;
  StringMap annotations;
  VersionPlan versions;
  Wanted wanted;
  /// Of what the templates of all containers may produce.
  std::size_t template_bytes_left = spec::kMaxExpandedBytes;
  /// The component whose objects are being added.
  std::string_view adding = kPredictor;

  bool strict() const { return context.as_strict || configuration.modelgate.strict(); }
  bool stopped() const { return wanted.stopped; }
  std::string predictor(std::string_view variant) const {
    return predictor_name(name, variant, context.name_style);
  }
  /// The stable version.
  std::string predictor() const { return predictor(service.spec().predictor().name()); }
  std::string transformer() const { return transformer_name(name, context.name_style); }
  std::string explainer() const { return explainer_name(name, context.name_style); }
  std::string generation() const;

  /// The other service that has the host, as "namespace/name"; empty if this one may have it.
  std::string_view host_owner(std::string_view host) const;

  /// Without those that the configuration does not propagate.
  StringMap allowed_annotations(const StringMap& from) const;
  /// For a Service or route. In Strict without those that could configure the ingress controller.
  StringMap exposed_annotations(StringMap from) const;
  StringMap allowed_labels(const StringMap& from) const;

  /// {apiVersion, kind, metadata: {name, namespace, labels, annotations, ownerReferences}}
  spec::Value object(std::string_view api_version, std::string_view kind, std::string_view object_name,
                     const StringMap& object_labels, const StringMap& object_annotations);
  void add(spec::Value object, bool create_only = false);
  /// The object is not deleted if it exists. An empty kind means any kind.
  void retain(std::string_view kind, std::string_view object_name);

  /// Report a problem.
  void fatal(std::string_view component, std::string_view reason, spec::FieldPath path, std::string text);
  /// A fatal problem that may pass.
  void fatal_for_now(std::string_view component, std::string_view reason, spec::FieldPath path,
                     std::string text, std::optional<spec::ObjectKey> about);
  void notice(std::string_view component, std::string_view reason, spec::FieldPath path, std::string text,
              std::optional<spec::ObjectKey> about = {});
  /// In Compatible mode the build stops at the first fatal problem, as KServe does.
  bool stops_at_first_error() const { return failed_ && !strict(); }

 private:
  spec::Value owner_references();

  bool failed_ = false;
};

}  // namespace modelgate::workload
