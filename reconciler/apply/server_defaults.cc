// SPDX-License-Identifier: Apache-2.0
#include "reconciler/apply/server_defaults.h"

#include <string_view>
#include <utility>

#include "kube/client/resource.h"
#include "spec/schema.h"
#include "spec/schema_core.h"
#include "spec/view.h"

namespace modelgate::reconciler {
namespace {

namespace schema = spec::schema;
using schema::Kind;
using schema::Type;
using spec::Value;

/// As with an empty text in Go.
bool is_set(const Value& object, std::string_view field) {
  const Value* v = spec::find(object, field);
  return v && !(v->IsString() && v->GetStringLength() == 0);
}

void fill(Value& object, std::string_view field, Value value, spec::Arena& arena) {
  if (!is_set(object, field)) spec::set_member(object, field, std::move(value), arena);
}

/// The default depends on the tag of the image. Without a tag it is "latest", unless there is a digest.
std::string_view pull_policy_of(std::string_view image) {
  const std::size_t digest = image.find('@');
  const std::string_view named = image.substr(0, digest);
  const std::size_t colon = named.rfind(':');
  const bool has_tag = colon != std::string_view::npos && !named.substr(colon).contains('/');
  const bool is_latest = has_tag ? named.substr(colon) == ":latest" : digest == std::string_view::npos;
  return is_latest ? "Always" : "IfNotPresent";
}

void fill_pull_policy(Value& object, std::string_view image, std::string_view field, spec::Arena& arena) {
  const std::string_view reference = spec::ObjectView(object).string(image);
  if (!reference.empty()) fill(object, field, spec::make_literal(pull_policy_of(reference)), arena);
}

/// The account has two names, of which the second is deprecated. The API server keeps them equal.
void fill_account(Value& pod, spec::Arena& arena) {
  const spec::ObjectView view(pod);
  const std::string_view name = view.string("serviceAccountName");
  const std::string_view account = name.empty() ? view.string("serviceAccount") : name;
  if (account.empty()) return;
  Value copy = spec::make_string(account, arena);
  Value other = spec::clone(copy, arena);
  spec::set_member(pod, "serviceAccountName", std::move(copy), arena);
  spec::set_member(pod, "serviceAccount", std::move(other), arena);
}

void fill_object(Value& object, const Type& type, spec::Arena& arena) {
  if (&type == &schema::kPodSpec) fill_account(object, arena);
  if (&type == &schema::kContainer) fill_pull_policy(object, "image", "imagePullPolicy", arena);
  if (&type == &schema::kImageVolumeSource) fill_pull_policy(object, "reference", "pullPolicy", arena);
}

/// The objects inside an object first. Its depth is that of the type.
void visit(Value& value, const Type& type, spec::Arena& arena) {
  if (type.kind == Kind::kList && value.IsArray()) {
    for (Value& element : value.GetArray()) visit(element, *type.element, arena);
  }
  if (type.kind != Kind::kObject || !value.IsObject()) return;
  for (auto& m : value.GetObject()) {
    if (const schema::Field* field = schema::find_field(type, spec::text_of(m.name)))
      visit(m.value, *field->type, arena);
  }
  fill_object(value, type, arena);
}

/// A type alone gets the other fields of the strategy; another type may not have them.
void fill_strategy(Value& deployment_spec, spec::Arena& arena) {
  Value* strategy = spec::find(deployment_spec, "strategy");
  if (!strategy || !strategy->IsObject()) return;
  fill(*strategy, "type", spec::make_literal("RollingUpdate"), arena);
  if (spec::ObjectView(*strategy).string("type") != "RollingUpdate") return;
  fill(*strategy, "rollingUpdate", Value(rapidjson::kObjectType), arena);
  Value& update = *spec::find(*strategy, "rollingUpdate");
  if (!update.IsObject()) return;
  fill(update, "maxUnavailable", spec::make_literal("25%"), arena);
  fill(update, "maxSurge", spec::make_literal("25%"), arena);
}

}  // namespace

void own_server_defaults(Value& object, spec::Arena& arena) {
  if (spec::ObjectView(object).string("kind") != kube::kDeployments.kind) return;
  Value* deployment_spec = spec::find(object, "spec");
  if (!deployment_spec || !deployment_spec->IsObject()) return;
  fill_strategy(*deployment_spec, arena);
  Value* pod_template = spec::find(*deployment_spec, "template");
  Value* pod = pod_template ? spec::find(*pod_template, "spec") : nullptr;
  if (pod) visit(*pod, schema::kPodSpec, arena);
}

}  // namespace modelgate::reconciler
