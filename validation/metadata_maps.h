// SPDX-License-Identifier: Apache-2.0
//
// Labels and annotations that the API server would deny in the children of an object.
#pragma once

#include "spec/view.h"
#include "validation/lazy_path.h"
#include "validation/report.h"

namespace modelgate::validation {

void check_labels(const spec::StringMapView& labels, const LazyPath& at, Report& report);
void check_annotations(const spec::StringMapView& annotations, const LazyPath& at, Report& report);

}  // namespace modelgate::validation
