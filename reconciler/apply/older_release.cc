// SPDX-License-Identifier: Apache-2.0
#include "reconciler/apply/older_release.h"

#include <algorithm>
#include <string_view>

#include "kube/client/resource.h"
#include "spec/view.h"
#include "workload/objects/env.h"

namespace modelgate::reconciler {
namespace {

using spec::ObjectView;
using spec::Value;

bool is_service_name(const Value& variable) {
  return ObjectView(variable).string("name") == workload::kServiceNameEnv;
}

bool names_service(const ObjectView& deployment) {
  const ObjectView pod = deployment.object("spec").object("template").object("spec");
  for (const ObjectView container : pod.list("containers")) {
    const Value* env = container.field("env");
    if (env && env->IsArray() && std::any_of(env->Begin(), env->End(), is_service_name)) return true;
  }
  return false;
}

void drop_service_name(Value& container) {
  Value* env = spec::find(container, "env");
  if (!env || !env->IsArray()) return;
  for (auto* it = env->Begin(); it != env->End();) it = is_service_name(*it) ? env->Erase(it) : it + 1;
  if (env->Empty()) container.RemoveMember("env");
}

}  // namespace

std::optional<Value> as_of_older_release(const Value& wanted, spec::Arena& arena) {
  const ObjectView view(wanted);
  if (view.string("kind") != kube::kDeployments.kind || !names_service(view)) return std::nullopt;
  Value out = spec::clone(wanted, arena);
  Value* pod = spec::find(*spec::find(*spec::find(out, "spec"), "template"), "spec");
  for (Value& container : spec::find(*pod, "containers")->GetArray()) drop_service_name(container);
  return out;
}

bool is_of_older_release(const Value& live) {
  return !names_service(ObjectView(live));
}

}  // namespace modelgate::reconciler
