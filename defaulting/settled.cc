// SPDX-License-Identifier: Apache-2.0
#include "defaulting/settled.h"

#include "defaulting/runtime_selection.h"

namespace modelgate::defaulting {
const spec::Runtime* settled_runtime(const spec::InferenceServiceView& service, std::string_view ns,
                                     const spec::Catalog& catalog) {
  const spec::PredictorView predictor = service.spec().predictor();
  if (!predictor.model() || predictor.model().runtime()) return nullptr;
  return best_runtime({.model = spec::requirement_of(predictor), .namespace_ = ns}, catalog);
}

}  // namespace modelgate::defaulting
