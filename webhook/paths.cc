// SPDX-License-Identifier: Apache-2.0
#include "webhook/paths.h"

#include <algorithm>
#include <array>

namespace modelgate::webhook {
namespace {

using admission::Endpoint;

constexpr std::array kPaths{
    AdmissionPath{"/mutate-serving-kserve-io-v1beta1-inferenceservice", Endpoint::kMutateInferenceService},
    AdmissionPath{"/validate-serving-kserve-io-v1beta1-inferenceservice",
                  Endpoint::kValidateInferenceService},
    AdmissionPath{"/validate-serving-kserve-io-v1alpha1-servingruntime", Endpoint::kValidateServingRuntime},
    AdmissionPath{"/validate-serving-kserve-io-v1alpha1-clusterservingruntime",
                  Endpoint::kValidateClusterServingRuntime},
    AdmissionPath{"/mutate-pods", Endpoint::kMutatePods, true},
};

}  // namespace

std::span<const AdmissionPath> admission_paths() {
  return kPaths;
}

std::optional<std::size_t> find_admission_path(std::string_view path) {
  const auto* const found = std::ranges::find(kPaths, path, &AdmissionPath::path);
  if (found == kPaths.end()) return std::nullopt;
  return static_cast<std::size_t>(found - kPaths.begin());
}

}  // namespace modelgate::webhook
