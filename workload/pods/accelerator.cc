// SPDX-License-Identifier: Apache-2.0
#include "workload/pods/accelerator.h"

#include "workload/objects/annotations.h"
#include "workload/objects/object_builder.h"

namespace modelgate::workload {
namespace {

constexpr std::string_view kGpu = "nvidia.com/gpu";
constexpr std::string_view kSelector = "cloud.google.com/gke-accelerator";

bool requests_gpu(const PodPass& pass) {
  for (const spec::ContainerView c : pass.spec().containers()) {
    if (c.resources().limits().has(kGpu)) return true;
  }
  return false;
}

}  // namespace

void select_accelerator(PodPass& pass) {
  const auto model = pass.annotation(annotation::kGkeAccelerator);
  if (!model) return;
  if (!requests_gpu(pass)) {
    pass.warn(std::string(annotation::kGkeAccelerator) + " has no effect: no container has a limit of " +
              std::string(kGpu));
    return;
  }
  if (pass.spec().node_selector().get(kSelector) == model) return;
  pass.edit.set((PodPass::spec_path() / "nodeSelector").key(kSelector), make_text(*model, pass.arena()));
}

}  // namespace modelgate::workload
