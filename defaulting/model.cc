// SPDX-License-Identifier: Apache-2.0
//
// What is filled in for any `model`, whichever runtime serves it: its protocol version, and the annotation
// that names its format.
#include <algorithm>
#include <array>

#include "defaulting/pass.h"

namespace modelgate::defaulting {
namespace {

/// Formats whose servers have never spoken v1. (Names match exactly, as everywhere in KServe.)
constexpr std::array<std::string_view, 2> kV2Formats = {"triton", "vLLM"};

/// The format of the model at the same place of the old object.
std::string_view old_format(const Pass& pass) {
  return pass.old_service().spec().predictor().model().model_format().name();
}

}  // namespace

void default_protocol_version(Pass& pass) {
  if (pass.model_mesh) return;
  const spec::ModelSpecView model = pass.service().spec().predictor().model();
  if (!model || model.protocol_version()) return;
  const std::string_view format = model.model_format().name();
  const spec::FieldPath path = Pass::predictor_path() / "model" / "protocolVersion";
  const bool always = std::ranges::find(kV2Formats, format) != kV2Formats.end();
  // One that came with a framework's field or with the runtime stays while the format does.
  const bool came_earlier = format == old_format(pass) && pass.earlier.value(pass.document(), path);
  if (!always && !came_earlier) return;
  pass.fill(
      path, cause::kProtocol, [&](const spec::Value&) { return came_earlier; },
      [] { return spec::make_literal("v2"); });
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
