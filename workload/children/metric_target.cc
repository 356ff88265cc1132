// SPDX-License-Identifier: Apache-2.0
#include "workload/children/metric_target.h"

#include "spec/quantity.h"

namespace modelgate::workload {

std::string quantity_text(const spec::Value* quantity, std::string_view otherwise) {
  if (!quantity) return std::string(otherwise);
  if (quantity->IsString()) return std::string(spec::text_of(*quantity));
  const auto parsed = spec::Quantity::parse(*quantity);
  return parsed ? parsed->canonical() : std::string(otherwise);
}

}  // namespace modelgate::workload
