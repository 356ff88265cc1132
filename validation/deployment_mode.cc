// SPDX-License-Identifier: Apache-2.0
#include "validation/deployment_mode.h"

#include <fmt/format.h>

#include "spec/deployment_mode.h"

namespace modelgate::validation {

void check_deployment_mode_change(const Service& s, Report& report) {
  if (!s.old()) return;
  const std::string_view before = spec::normalized_deployment_mode(s.old()->status().deployment_mode());
  if (before.empty()) return;  // not reconciled yet: no object depends on the mode
  if (!s.metadata().annotations().get(spec::kDeploymentModeAnnotation)) return;
  if (s.annotated_mode() == before) return;
  report.add(forbidden(
      s.annotations_at().key(spec::kDeploymentModeAnnotation),
      fmt::format("must stay {}, is {}: the mode of a service cannot change; delete it and create it "
                  "again",
                  spec::quote(before), spec::quote(s.annotated_mode()))));
}

void check_deployment_mode_known(const Service& s, Report& report) {
  const auto written = s.metadata().annotations().get(spec::kDeploymentModeAnnotation);
  if (!written || !spec::known_deployment_mode(*written).empty()) return;
  report.add(not_supported(s.annotations_at().key(spec::kDeploymentModeAnnotation), *written,
                           spec::kDeploymentModes));
}

}  // namespace modelgate::validation
