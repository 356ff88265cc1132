// SPDX-License-Identifier: Apache-2.0
//
// The kinds of Knative Serving's API that we use. Its Service has the kind and plural of Kubernetes' own, so that the
// group has to be compared, too.
#pragma once

#include "kube/client/resource.h"

namespace modelgate::kube {

inline constexpr Resource kKnativeServices{"serving.knative.dev", "v1", "services", "Service"};

}  // namespace modelgate::kube
