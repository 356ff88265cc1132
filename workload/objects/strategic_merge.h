// SPDX-License-Identifier: Apache-2.0
//
// Kubernetes' strategic merge of two objects of one type. Called by the storage initializer, which a
// ClusterStorageContainer can change, and by the builders that merge a runtime's containers with a service's.
//
//   Value merged = strategic_merge(container, overlay, spec::schema::kContainer, {}, arena);
//
// Follows apimachinery's util/strategicpatch. Objects and maps are merged member by member. A list with a
// merge key (spec/schema.h: Type::patch_key) is merged element by element, in the base's order; new elements
// of the overlay come before elements of the base that the overlay does not name. Any other list or value is
// replaced. An empty text or list in the overlay counts as absent, as in Go's types. Directives such as
// `$patch` are data.
//
// If both have a volume of the same name, only the overlay's source remains. If the overlay sets the value of
// a variable, the base's `valueFrom` is removed, and vice versa.
#pragma once

#include "spec/json.h"
#include "spec/schema.h"

namespace modelgate::workload {

/// KServe's exceptions from the strategic merge.
struct MergeExceptions {
  /// A container's `args` are the base's followed by the overlay's. For a service's container over its
  /// runtime's.
  bool concatenate_args = false;
};

spec::Value strategic_merge(const spec::Value& base, const spec::Value& overlay,
                            const spec::schema::Type& type, MergeExceptions exceptions, spec::Arena& arena);

}  // namespace modelgate::workload
