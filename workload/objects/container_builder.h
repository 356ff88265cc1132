// SPDX-License-Identifier: Apache-2.0
//
// Builds a container, which is added to a Pod when it is complete. Called by the storage initializer, the
// agent, the modelcar and the collector; credentials are added to one.
//
//   ContainerBuilder agent("agent", image, arena);
//   agent.add_arg("--enable-puller");
//   agent.add_env({.name = "HF_TOKEN", .from = SecretKey{"hf-secret", "HF_TOKEN"}}, SameName::kRetain);
//   edit.append(FieldPath{} / "spec" / "containers", agent.take());
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "spec/configuration.h"
#include "spec/core.h"
#include "spec/json.h"
#include "workload/objects/env.h"

namespace modelgate::workload {

struct VolumeMount {
  std::string volume;
  std::string mount_path;
  std::string sub_path = {};
  bool read_only = false;
};

spec::Value to_value(const VolumeMount& mount, spec::Arena& arena);
/// Requests and limits, as far as they are set.
spec::Value to_value(const spec::ResourceSettings& resources, spec::Arena& arena);

class ContainerBuilder {
 public:
  ContainerBuilder(std::string_view name, std::string_view image, spec::Arena& arena);

  void set(std::string_view key, spec::Value value) {
    spec::set_member(value_, key, std::move(value), arena_);
  }
  void add_arg(std::string_view arg);
  template <typename... Args>
  void add_args(const Args&... args) {
    (add_arg(args), ...);
  }

  void add_env(const EnvVar& env, SameName rule) { workload::add_env(value_, env, rule, arena_); }
  /// Adds a variable of another container unless there is one of that name.
  void pass_on_env(const spec::EnvVarView& env);
  void append_mount(const VolumeMount& mount);

  spec::ContainerView view() const { return spec::ContainerView(value_); }
  /// Whether it has a mount of that volume at that path.
  bool has_mount(const VolumeMount& mount) const;

  spec::Value& value() { return value_; }
  spec::Arena& arena() { return arena_; }
  spec::Value take() { return std::move(value_); }

 private:
  spec::Value& list(std::string_view key);

  spec::Arena& arena_;
  spec::Value value_;
};

}  // namespace modelgate::workload
