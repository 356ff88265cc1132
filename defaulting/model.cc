// SPDX-License-Identifier: Apache-2.0
#include "defaulting/model.h"

#include <algorithm>
#include <array>

namespace modelgate::defaulting {
namespace {

/// Formats whose servers never supported v1. (Names match exactly, as everywhere in KServe.)
constexpr std::array<std::string_view, 2> kV2Formats = {"triton", "vLLM"};

/// The format of the model at the same path of the old object.
std::string_view old_format(const Pass& pass, const spec::FieldPath& predictor) {
  if (!pass.context.old_object) return {};
  const std::string text = keyed_text(pass.document(), predictor);
  const auto place = resolve(*pass.context.old_object, text);
  if (!place) return {};
  return spec::PredictorView(place->find_in(*pass.context.old_object)).model().model_format().name();
}

/// A protocol version that was set with a framework's field or the runtime stays as long as the format does.
bool was_set_earlier(const Pass& pass, const spec::FieldPath& predictor, std::string_view format) {
  return pass.earlier.value(pass.document(), predictor / "model" / "protocolVersion") &&
         format == old_format(pass, predictor);
}

void default_protocol_of(Pass& pass, const spec::FieldPath& predictor, bool always) {
  const spec::ModelSpecView model = spec::PredictorView(pass.edit.find(predictor)).model();
  if (!model || model.protocol_version()) return;
  const std::string_view format = model.model_format().name();
  always = always && std::ranges::find(kV2Formats, format) != kV2Formats.end();
  const bool earlier = was_set_earlier(pass, predictor, format);
  if (!always && !earlier) return;
  pass.fill(
      predictor / "model" / "protocolVersion", cause::kProtocol, [&](const spec::Value&) { return earlier; },
      [] { return spec::make_literal("v2"); });
}

}  // namespace

void default_protocol_version(Pass& pass) {
  if (pass.model_mesh) return;
  default_protocol_of(pass, Pass::predictor_path(), true);
  // A canary inherits the stable predictor's; one that was written for it stays.
  const std::size_t canaries = pass.canaries();
  for (std::size_t i = 0; i < canaries; ++i) default_protocol_of(pass, Pass::canary_path(i), false);
}

void annotate_model_format(Pass& pass) {
  if (pass.model_mesh) return;
  const std::string_view format = pass.service().spec().predictor().model().model_format().name();
  if (format.empty()) return;
  spec::Value name = spec::make_string(format, pass.edit.arena());
  pass.fill(
      Pass::annotation_path(spec::kModelFormatAnnotation), cause::kFormat,
      [](const spec::Value&) { return false; }, [&] { return std::move(name); });
}

}  // namespace modelgate::defaulting
