// SPDX-License-Identifier: Apache-2.0
#include "defaulting/legacy_framework.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

namespace modelgate::defaulting {
namespace {

using spec::FieldPath;
using spec::Framework;
using spec::Value;

/// Removes an empty object below `parent`: KServe writes them, we do not, and the digests should be equal.
void drop_if_empty(Value& parent, std::string_view name) {
  const Value* v = spec::find(parent, name);
  if (v && v->IsObject() && v->ObjectEmpty()) {
    parent.EraseMember(
        Value(rapidjson::StringRef(name.data(), static_cast<rapidjson::SizeType>(name.size()))));
  }
}

/// Fields of `model` that a framework does not have: unknown there, they must not get a meaning by the move.
constexpr std::array<std::string_view, 2> kOfModelOnly = {"modelFormat", "runtime"};

Value model_from(const Framework& framework, const Value& field, spec::Arena& arena) {
  Value format(rapidjson::kObjectType);
  format.AddMember(spec::make_literal("name"), spec::make_literal(framework.name), arena);
  Value model(rapidjson::kObjectType);
  model.AddMember(spec::make_literal("modelFormat"), format, arena);
  for (const auto& m : field.GetObject()) {
    if (std::ranges::find(kOfModelOnly, spec::text_of(m.name)) != kOfModelOnly.end()) continue;
    model.AddMember(spec::clone(m.name, arena), spec::clone(m.value, arena), arena);
  }
  if (Value* resources = spec::find(model, "resources"); resources && resources->IsObject()) {
    drop_if_empty(*resources, "requests");
    drop_if_empty(*resources, "limits");
  }
  drop_if_empty(model, "resources");
  return model;
}

/// True for a model that KServe moved, before us: it is unchanged, nothing of ours is recorded, and it has
/// the format of the field beside it.
bool moved_before_us(const Pass& pass, const FieldPath& model_path, const Framework& framework) {
  if (pass.earlier.has_record() || !pass.context.old_object) return false;
  const Value* now = pass.edit.find(model_path);
  return spec::ModelSpecView(now).model_format().name() == framework.name &&
         spec::equal(now, model_path.find_in(*pass.context.old_object));
}

/// The members of the user's model that the framework's field does not have, as many as a warning holds.
std::string lost_members(const Value& model, const Value& field) {
  constexpr int kMaxNamed = 32;
  std::string out;
  int count = 0;
  for (const auto& m : model.GetObject()) {
    if (++count > kMaxNamed) break;
    if (is_empty(m.value) || spec::equal(&m.value, spec::find(field, spec::text_of(m.name)))) continue;
    if (!out.empty()) out += ", ";
    out += spec::text_of(m.name);
  }
  return out;
}

enum class Beside { kReplace, kDrop, kLeave };

Beside beside_model(Pass& pass, const FieldPath& predictor, const Framework& framework) {
  const FieldPath model_path = predictor / "model";
  const spec::ModelSpecView model(pass.edit.find(model_path));
  if (!model || pass.earlier.is_unchanged_in(pass.document(), model_path)) return Beside::kReplace;
  if (moved_before_us(pass, model_path, framework)) return Beside::kReplace;

  const Value& field = *pass.edit.find(predictor / framework.name);
  if (is_empty(field) && model.model_format().name() == framework.name) {
    pass.warn(predictor / framework.name, "is empty and was removed, since model has this format");
    return Beside::kDrop;
  }
  if (pass.strict()) return Beside::kLeave;
  pass.warn(model_path, fmt::format("is replaced by {}; lost fields: {}", framework.name,
                                    lost_members(*model.value(), field)));
  return Beside::kReplace;
}

void move_field(Pass& pass, const FieldPath& predictor, const Framework& framework) {
  const FieldPath field_path = predictor / framework.name;
  const FieldPath model_path = predictor / "model";
  const Value& field = *pass.edit.find(field_path);
  for (const std::string_view name : kOfModelOnly) {
    if (spec::find(field, name))
      pass.warn(field_path / name, "is not a field of a framework and was removed: set it in model");
  }
  Value model = model_from(framework, field, pass.edit.arena());
  const bool needs_protocol = !framework.default_protocol.empty() && !spec::find(model, "protocolVersion");
  std::string digest = spec::digest(model);
  pass.edit.set(model_path, std::move(model));
  pass.edit.remove(field_path);
  pass.ledger.add(model_path, cause::kMoved, std::move(digest));
  if (!needs_protocol) return;
  pass.fill(
      model_path / "protocolVersion", cause::kProtocol, [](const Value&) { return false; },
      [&] { return spec::make_literal(framework.default_protocol); });
}

bool has_serving_container(const spec::PredictorView& predictor) {
  return std::ranges::any_of(predictor.containers(),
                             [](spec::ContainerView c) { return c.name() == spec::kServingContainerName; });
}

/// A model moved earlier, without the field it came from: containers replace it, else it stays.
void keep_moved_model(Pass& pass, const FieldPath& predictor) {
  const FieldPath model_path = predictor / "model";
  if (!pass.earlier.is_unchanged_in(pass.document(), model_path)) return;
  if (has_serving_container(spec::PredictorView(pass.edit.find(predictor)))) {
    pass.edit.remove(model_path);
    return;
  }
  pass.ledger.add(model_path, cause::kMoved, std::string(pass.earlier.digest(pass.document(), model_path)));
}

/// True for a field that an earlier pass left beside the model it had moved: of several, only one is moved.
bool was_left_over(const Pass& pass, const FieldPath& predictor, const Framework& framework) {
  if (!pass.context.old_object || !pass.earlier.is_unchanged_in(pass.document(), predictor / "model"))
    return false;
  const FieldPath field = predictor / framework.name;
  return spec::equal(pass.edit.find(field), field.find_in(*pass.context.old_object));
}

/// False if a field is left beside a model.
bool move_framework_field(Pass& pass, const FieldPath& predictor) {
  const Framework* framework = spec::first_framework(spec::PredictorView(pass.edit.find(predictor)));
  if (!framework || was_left_over(pass, predictor, *framework)) {
    keep_moved_model(pass, predictor);
    return framework == nullptr;
  }
  switch (beside_model(pass, predictor, *framework)) {
    case Beside::kReplace:
      move_field(pass, predictor, *framework);
      break;
    case Beside::kDrop:
      pass.edit.remove(predictor / framework->name);
      break;
    case Beside::kLeave:
      break;
  }
  return !spec::first_framework(spec::PredictorView(pass.edit.find(predictor)));
}

}  // namespace

void move_framework_fields(Pass& pass) {
  if (pass.model_mesh) return;
  pass.model_is_ambiguous = !move_framework_field(pass, Pass::predictor_path());
  const std::size_t canaries = pass.canaries();
  const bool move_canaries = pass.strict() || pass.canary_converted;
  for (std::size_t i = 0; i < canaries; ++i) {
    const FieldPath predictor = Pass::canary_path(i);
    if (move_canaries) {
      move_framework_field(pass, predictor);
    } else {
      keep_moved_model(pass, predictor);
    }
  }
}

}  // namespace modelgate::defaulting
