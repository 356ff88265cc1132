// SPDX-License-Identifier: Apache-2.0
//
// One pass over one Pod: what all steps share. A step is a function of a PodPass; pod.cc has the table of
// steps.
//
//   void select_accelerator(PodPass& pass) {
//     const auto model = pass.annotation(annotation::kGkeAccelerator);
//     if (model && has_gpu(pass.spec())) pass.edit.set(kNodeSelector.key(...), ...);
//   }
//
// Texts of annotations are in the arena and remain valid after edits. Views do not: a step reads them again.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "spec/configuration.h"
#include "spec/core.h"
#include "spec/edit.h"
#include "workload/objects/container_builder.h"
#include "workload/pods/pod_context.h"

namespace modelgate::workload {

class PodPass {
 public:
  PodPass(spec::Edit& edit_in, const PodContext& context_in);

  spec::Edit& edit;
  const PodContext& context;
  const spec::Configuration& configuration;
  PodOutcome outcome;
  std::string_view step = "pod";  // the rule of its warnings

  bool strict() const { return configuration.modelgate.strict(); }
  spec::Arena& arena() { return edit.arena(); }
  spec::PodView pod() const { return spec::PodView(edit.document(), &edit.revision()); }
  spec::PodSpecView spec() const { return pod().spec(); }

  std::optional<std::string_view> annotation(std::string_view name) const;
  std::optional<std::string_view> label(std::string_view name) const;
  void set_annotation(std::string_view name, std::string_view value);

  static spec::FieldPath spec_path() { return spec::FieldPath{} / "spec"; }
  static spec::FieldPath annotation_path(std::string_view name) {
    return (spec::FieldPath{} / "metadata" / "annotations").key(name);
  }

  /// The first of that name in `containers` or `initContainers`.
  std::optional<spec::FieldPath> find_container(std::string_view list, std::string_view name) const;
  spec::ContainerView container_at(const spec::FieldPath& path) const {
    return spec::ContainerView(edit.find(path), &edit.revision());
  }
  /// The model server's container: kserve-container, else the worker of a multi-node service.
  std::optional<spec::FieldPath> find_model_container() const;

  /// Adds a mount unless the container has one of that volume. Whether it was added.
  bool add_mount(const spec::FieldPath& container, const VolumeMount& mount);
  /// Adds a volume unless there is one of that name. `source` is the value of the member `kind`.
  void add_volume(std::string_view name, std::string_view kind, spec::Value source);
  /// Sets the value of the first variable of that name, or appends one.
  void set_env(const spec::FieldPath& container, std::string_view name, std::string_view value);
  void add_init_container(ContainerBuilder container);
  void add_container(ContainerBuilder container);

  /// The fact about an object, or nullptr: then it is added to `needs`, and the step continues without it, so
  /// that one round of look-ups covers as much as possible. An object that could not be read is added to
  /// `unread`.
  const spec::Fact* look_up(std::string_view kind, std::string_view ns, std::string_view name);
  /// The same for all objects of a cluster-scoped kind of the catalog. The caller adds the objects to the
  /// catalog; the fact says whether they could be listed.
  const spec::Fact* look_up_all(std::string_view kind);

  /// Errors of `rule` deny in both modes, as in KServe; those of `strict_rule` warn in Compatible mode.
  /// `name` must be a literal.
  spec::FieldErrors& rule(std::string_view name);
  spec::FieldErrors& strict_rule(std::string_view name);
  /// A warning of the current step, once. `about` is the object that is missing or could not be read.
  void warn(std::string text, std::optional<spec::ObjectKey> about = {});

  /// The outcome. In Compatible mode, errors of strict rules become warnings.
  PodOutcome finish() &&;

 private:
  const spec::Fact* request(spec::ObjectKey key);
  /// Reads the maps again after an edit. Cached because steps read three dozen annotations, and few steps
  /// edit.
  void read_metadata() const;

  mutable spec::StringMapView annotations_;
  mutable spec::StringMapView labels_;
  mutable std::optional<std::uint32_t> revision_;  // of the maps
};

}  // namespace modelgate::workload
