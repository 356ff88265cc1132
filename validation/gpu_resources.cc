// SPDX-License-Identifier: Apache-2.0
#include "validation/gpu_resources.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace modelgate::validation {
namespace {

constexpr std::array<std::string_view, 4> kBasic = {"cpu", "memory", "storage", "ephemeral-storage"};
constexpr std::array<std::string_view, 4> kGpus = {"nvidia.com/gpu", "amd.com/gpu", "intel.com/gpu",
                                                   "habana.ai/gaudi"};

bool known(std::string_view name, const spec::Configuration& configuration,
           const std::vector<std::string>& annotation_types) {
  const auto& configured = configuration.multi_node.custom_gpu_resource_type_list;
  return std::ranges::find(kBasic, name) != kBasic.end() || std::ranges::find(kGpus, name) != kGpus.end() ||
         std::ranges::find(configured, name) != configured.end() ||
         std::ranges::find(annotation_types, name) != annotation_types.end();
}

}  // namespace

std::optional<std::vector<std::string>> parse_gpu_resource_types(std::string_view annotation) {
  spec::Arena arena;
  const auto parsed = spec::parse_json(annotation, arena);
  if (!parsed || !parsed->IsArray() || parsed->Empty()) return std::nullopt;
  std::vector<std::string> types;
  for (const spec::Value& v : parsed->GetArray()) {
    if (!v.IsString() || v.GetStringLength() == 0) return std::nullopt;
    types.emplace_back(spec::text_of(v));
  }
  return types;
}

void check_gpu_resources(const spec::ResourceRequirementsView& resources, const LazyPath& resources_at,
                         const spec::Configuration& configuration,
                         const std::vector<std::string>& annotation_types, Report& report) {
  for (const std::string_view kind : {"limits", "requests"}) {
    const spec::ObjectView map = resources.object(kind);
    if (!map) continue;
    const LazyPath at = resources_at / kind;
    for (const auto& m : map.value()->GetObject()) {
      const std::string_view name = spec::text_of(m.name);
      if (known(name, configuration, annotation_types)) continue;
      report.add({spec::ErrorType::kNotSupported, at.key(name), spec::quote(name),
                  fmt::format("supported GPUs are {}; the annotation {} adds others", fmt::join(kGpus, ", "),
                              spec::kGpuResourceTypesAnnotation)});
    }
  }
}

}  // namespace modelgate::validation
