// SPDX-License-Identifier: Apache-2.0
//
// A container that is about to be added to a Pod: made by itself, appended when it is whole. Who calls: the
// storage initializer, the agent, the modelcar; credentials are added to one.
//
//   ContainerBuilder agent("agent", image, arena);
//   agent.add_arg("--enable-puller");
//   agent.append_env({.name = "HF_TOKEN", .from = SecretKey{"hf-secret", "HF_TOKEN"}});
//   edit.append(FieldPath{} / "spec" / "containers", agent.take());
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "spec/configuration.h"
#include "spec/core.h"
#include "spec/json.h"

namespace modelgate::workload {

/// A key of a Secret in the Pod's namespace: what is referred to instead of a value.
struct SecretKey {
  std::string secret;
  std::string key;
};

struct EnvVar {
  std::string name;
  std::string value;
  std::optional<SecretKey> from = std::nullopt;  // instead of a value
};

struct VolumeMount {
  std::string volume;
  std::string mount_path;
  std::string sub_path = {};
  bool read_only = false;
};

spec::Value to_value(const EnvVar& env, spec::Arena& arena);
spec::Value to_value(const VolumeMount& mount, spec::Arena& arena);
/// Requests and limits, of what is set.
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

  /// At the end, whether or not there is one of that name.
  void append_env(const EnvVar& env);
  /// Where there is one of that name, only its value is replaced, as KServe merges them.
  void merge_env(const EnvVar& env);
  /// Unless there is one of that name.
  void default_env(const EnvVar& env);
  void append_mount(const VolumeMount& mount);

  spec::ContainerView view() const { return spec::ContainerView(value_); }
  /// True where it has that mount already, volume and path.
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
