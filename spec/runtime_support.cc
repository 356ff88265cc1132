// SPDX-License-Identifier: Apache-2.0
#include "spec/runtime_support.h"

#include <fmt/format.h>

#include <algorithm>

namespace modelgate::spec {
namespace {

bool serves_format(const Runtime& runtime, std::string_view format) {
  return std::ranges::find(runtime.formats, format, &Runtime::Format::name) != runtime.formats.end();
}

/// Any entry of the format serves a model without a version; a model with a version needs an equal one.
bool entry_serves(const Runtime::Format& entry, const ModelRequirement& wanted) {
  return entry.name == wanted.format && (!wanted.version || entry.version == wanted.version);
}

bool serves_protocol(const Runtime& runtime, std::string_view protocol) {
  if (protocol.empty() || runtime.protocols.empty()) return true;
  return std::ranges::find(runtime.protocols, protocol) != runtime.protocols.end();
}

std::string_view protocol_of(const ModelRequirement& wanted, Choice choice) {
  return wanted.protocol.value_or(choice == Choice::kNamed ? std::string_view{} : kDefaultProtocol);
}

/// The number of names that a reason lists.
constexpr std::size_t kMaxListed = 12;

/// `a, b and c`, each name once; "..." for those beyond kMaxListed.
template <typename Range, typename Name>
std::string listed(const Range& range, Name name) {
  std::vector<std::string_view> names;
  bool more = false;
  for (const auto& element : range) {
    const std::string_view n = name(element);
    if (n.empty() || std::ranges::find(names, n) != names.end()) continue;
    more = names.size() == kMaxListed;
    if (more) break;
    names.push_back(n);
  }
  std::string out;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) out += i + 1 == names.size() ? " and " : ", ";
    out += quote(names[i]);
  }
  if (more) out += ", ...";
  return out;
}

std::string versions_text(const Runtime& runtime, const ModelRequirement& wanted) {
  const std::string versions = listed(runtime.formats, [&](const Runtime::Format& f) {
    return f.name == wanted.format ? f.version.value_or(std::string_view{}) : std::string_view{};
  });
  const std::string found = quote(wanted.version.value_or(std::string_view{}));
  if (versions.empty())
    return fmt::format("serves {} without a version, not {}", quote(wanted.format), found);
  return fmt::format("serves version {} of {}, not {}", versions, quote(wanted.format), found);
}

std::string formats_text(const Runtime& runtime, const ModelRequirement& wanted) {
  const std::string formats = listed(runtime.formats, [](const Runtime::Format& f) { return f.name; });
  if (formats.empty()) return fmt::format("serves no model format, so not {} either", quote(wanted.format));
  return fmt::format("serves {}, not {}", formats, quote(wanted.format));
}

std::string protocols_text(const Runtime& runtime, const ModelRequirement& wanted) {
  return fmt::format("speaks protocol {}, not {}",
                     listed(runtime.protocols, [](std::string_view p) { return p; }),
                     quote(wanted.protocol.value_or(kDefaultProtocol)));
}

}  // namespace

ModelRequirement requirement_of(const PredictorView& predictor) {
  const ModelSpecView model = predictor.model();
  ModelRequirement wanted;
  wanted.format = model.model_format().name();
  wanted.version = model.model_format().version();
  wanted.protocol = model.protocol_version();
  wanted.multi_node = static_cast<bool>(predictor.worker_spec());
  return wanted;
}

std::optional<Mismatch> mismatch(const Runtime& runtime, const ModelRequirement& wanted, Choice choice) {
  const auto because = [&](Mismatch::Reason reason) { return Mismatch{reason, &runtime, wanted}; };
  const bool automatic = choice == Choice::kAutomatic;
  const auto serves = [&](const Runtime::Format& f) { return entry_serves(f, wanted); };
  const auto auto_selects = [&](const Runtime::Format& f) {
    return f.auto_select && entry_serves(f, wanted);
  };

  if (runtime.disabled) return because(Mismatch::Reason::kDisabled);
  if (!serves_format(runtime, wanted.format)) return because(Mismatch::Reason::kFormat);
  if (std::ranges::none_of(runtime.formats, serves)) return because(Mismatch::Reason::kVersion);
  if (automatic && std::ranges::none_of(runtime.formats, auto_selects))
    return because(Mismatch::Reason::kNotAutoSelect);
  if (!serves_protocol(runtime, protocol_of(wanted, choice))) return because(Mismatch::Reason::kProtocol);
  if (automatic && runtime.multi_model != wanted.multi_model) return because(Mismatch::Reason::kMultiModel);
  const bool lacks_workers = wanted.multi_node && !runtime.multi_node;
  if (lacks_workers || (automatic && runtime.multi_node != wanted.multi_node))
    return because(Mismatch::Reason::kMultiNode);
  return std::nullopt;
}

std::string Mismatch::text() const {
  switch (reason) {
    case Reason::kDisabled:
      return "is disabled";
    case Reason::kFormat:
      return formats_text(*runtime, wanted);
    case Reason::kVersion:
      return versions_text(*runtime, wanted);
    case Reason::kNotAutoSelect:
      return fmt::format("is not chosen unless it is named (no autoSelect for {})", quote(wanted.format));
    case Reason::kProtocol:
      return protocols_text(*runtime, wanted);
    case Reason::kMultiModel:
      return wanted.multi_model ? "serves one model only (no multiModel)" : "is for many models (multiModel)";
    case Reason::kMultiNode:
      return wanted.multi_node ? "has no workerSpec, and the service has one"
                               : "has a workerSpec, and the service has none";
  }
  return "does not support the model";
}

}  // namespace modelgate::spec
