// SPDX-License-Identifier: Apache-2.0
#include "workload/objects/gpu_types.h"

#include <algorithm>

#include "spec/json.h"

namespace modelgate::workload {

std::vector<std::string> gpu_types(const spec::Configuration& configuration, std::string_view annotation) {
  std::vector<std::string> types = {"nvidia.com/gpu", "amd.com/gpu", "intel.com/gpu", "habana.ai/gaudi"};
  const auto add = [&](std::string_view type) {
    if (std::ranges::find(types, type) == types.end()) types.emplace_back(type);
  };
  for (const std::string& type : configuration.multi_node.custom_gpu_resource_type_list) add(type);
  if (annotation.empty()) return types;
  spec::Arena arena;
  const auto list = spec::parse_json(annotation, arena);
  if (!list || !list->IsArray()) return types;
  for (const spec::Value& e : list->GetArray()) {
    if (e.IsString() && e.GetStringLength() > 0) add(spec::text_of(e));
  }
  return types;
}

}  // namespace modelgate::workload
