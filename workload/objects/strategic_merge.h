// SPDX-License-Identifier: Apache-2.0
//
// Kubernetes' strategic merge over documents: two objects of one type become one, lists of named things name
// by name. Who calls: the storage initializer, which a ClusterStorageContainer may change; whoever merges a
// runtime's containers with a service's.
//
//   Value merged = strategic_merge(container, overlay, spec::schema::kContainer, {}, arena);
//
// Follows apimachinery's util/strategicpatch as far as documents go: objects and maps are merged member by
// member; a list with a merge key (spec/schema.h: Type::patch_key) element by element, elements of the
// overlay that are new before those of the base that it does not name, otherwise in the base's order; any
// other list, and every other value, is replaced. What is empty in the overlay (a text, a list) counts as
// absent there, as it does for Go's types. Directives such as `$patch` are data: nobody here sends any.
//
// Volumes of one name keep only the source that the overlay names. A variable whose value the overlay sets
// loses the other way of setting it.
#pragma once

#include "spec/json.h"
#include "spec/schema.h"

namespace modelgate::workload {

/// Where KServe departs from the strategic merge.
struct MergeExceptions {
  /// A container's `args`: those of the base, then those of the overlay. So it merges a service's container
  /// with its runtime's.
  bool concatenate_args = false;
};

spec::Value strategic_merge(const spec::Value& base, const spec::Value& overlay,
                            const spec::schema::Type& type, MergeExceptions exceptions, spec::Arena& arena);

}  // namespace modelgate::workload
