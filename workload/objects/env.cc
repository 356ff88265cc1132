// SPDX-License-Identifier: Apache-2.0
#include "workload/objects/env.h"

#include <algorithm>

#include "spec/core.h"
#include "workload/objects/object_builder.h"

namespace modelgate::workload {

using spec::Arena;
using spec::Value;

namespace {

Value& env_list(Value& container, Arena& arena) {
  if (!spec::find(container, "env")) spec::set_member(container, "env", Value(rapidjson::kArrayType), arena);
  return *spec::find(container, "env");
}

void set_value(Value& variable, const EnvVar& env, SameName rule, Arena& arena) {
  if (rule == SameName::kReplace) variable.RemoveMember("valueFrom");
  if (rule == SameName::kSetValue && env.value.empty()) {
    variable.RemoveMember("value");
  } else {
    spec::set_member(variable, "value", make_text(env.value, arena), arena);
  }
}

}  // namespace

Value to_value(const EnvVar& env, Arena& arena) {
  ObjectBuilder out(arena);
  out.text("name", env.name);
  if (env.from) {
    Value key = ObjectBuilder(arena).text("name", env.from->secret).text("key", env.from->key).take();
    out.value("valueFrom", ObjectBuilder(arena).value("secretKeyRef", std::move(key)).take());
  } else if (!env.from_field.empty()) {
    Value field = ObjectBuilder(arena).text("apiVersion", "v1").text("fieldPath", env.from_field).take();
    out.value("valueFrom", ObjectBuilder(arena).value("fieldRef", std::move(field)).take());
  } else {
    out.text_if_any("value", env.value);
  }
  return out.take();
}

void add_env(Value& container, const EnvVar& env, SameName rule, Arena& arena) {
  Value& list = env_list(container, arena);
  const auto present = std::find_if(list.Begin(), list.End(),
                                    [&](const Value& e) { return spec::EnvVarView(e).name() == env.name; });
  if (rule == SameName::kAppend || present == list.End()) {
    list.PushBack(to_value(env, arena), arena);
  } else if (rule != SameName::kRetain) {
    set_value(*present, env, rule, arena);
  }
}

}  // namespace modelgate::workload
