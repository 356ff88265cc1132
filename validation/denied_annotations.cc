// SPDX-License-Identifier: Apache-2.0
#include "validation/denied_annotations.h"

#include <span>
#include <string>

#include "spec/denied_annotations.h"

namespace modelgate::validation {
namespace {

void check(const spec::StringMapView& annotations, const LazyPath& at, std::span<const std::string> denied,
           Report& report) {
  annotations.for_each([&](std::string_view key, std::string_view) {
    if (!spec::is_denied_annotation(denied, key)) return;
    report.add(
        {spec::ErrorType::kForbidden,
         at.key(key),
         {},
         "can configure the cluster's ingress controller or load balancer; allowed are annotations that "
         "match no pattern of deniedAnnotations in the configuration"});
  });
}

}  // namespace

void check_denied_annotations(const Service& s, Report& report) {
  const auto& denied = s.configuration().modelgate.denied_annotations;
  check(s.metadata().annotations(), s.annotations_at(), denied, report);
  for (const Component& c : s.components()) check(c.view.annotations(), c.at / "annotations", denied, report);
}

void check_denied_runtime_annotations(const RuntimeObject& r, Report& report) {
  const auto& denied = r.configuration().modelgate.denied_annotations;
  const spec::ObjectView workers = r.spec().object("workerSpec");
  check(r.spec().object<spec::StringMapView>("annotations"), r.spec_at() / "annotations", denied, report);
  check(workers.object<spec::StringMapView>("annotations"), r.spec_at() / "workerSpec" / "annotations",
        denied, report);
}

}  // namespace modelgate::validation
