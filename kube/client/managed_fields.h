// SPDX-License-Identifier: Apache-2.0
//
// Reads metadata.managedFields: the fields that a manager applied or manages, and renames a manager's
// entries.
//
//   Value ours = applied_fields(object, "modelgate-reconciler", arena);   // {"spec": {"replicas": 2, ...}}
//   if (manages(object, "manager"))
//     patch = with_renamed_manager(object, "manager", "modelgate-reconciler", arena);
//
// See "Server-Side Apply" in Kubernetes' documentation, and FieldsV1 in its API reference: "f:name" is a
// member, "k:{...}" a list item by its keys, "v:..." an item of a set, "i:n" an item by index, "." the member
// or item itself. A member with an empty set is managed as a whole. No I/O.
//
// The object must have been read with its managedFields (ParseOptions::skip_managed_fields,
// ListOptions::managed_fields).
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "spec/json.h"

namespace modelgate::kube {

/// The fields that `manager` manages by Apply, as a partial object: maps and keyed lists contain only its
/// entries, in the object's order; atomic lists and scalars are complete. An empty object if it applied
/// nothing. Ignores entries of subresources, and a fieldsV1 that cannot be read or that names missing fields.
///
/// This is what the manager sent, as stored: without defaults of the API server (such as a port's protocol,
/// although that is a key), and without fields that are never in managedFields (apiVersion, kind, and the
/// metadata that identifies the object). Exception: if a map was sent empty, all of its entries are included,
/// since managedFields do not show which ones other managers added.
spec::Value applied_fields(const spec::Value& object, std::string_view manager, spec::Arena& arena);

/// Whether `manager` has an entry, by Update or Apply, that is not of a subresource.
bool manages(const spec::Value& object, std::string_view manager);

/// Whether `manager`, or any other manager, manages the member at `path` ("spec", "replicas"). Includes
/// entries of subresources, such as "scale" by an autoscaler.
struct FieldManagers {
  bool given = false;  // `manager`
  bool others = false;
};
FieldManagers managers_of(const spec::Value& object, std::span<const std::string_view> path,
                          std::string_view manager);

/// The object's managedFields with `from`'s entries, except those of subresources, merged into one Apply
/// entry of `to`, like client-go's csaupgrade for kubectl. Write it with the object's resourceVersion. The
/// merged entry has the apiVersion of `to`'s entry, else the object's if an entry has that, and the latest
/// time.
spec::Value with_renamed_manager(const spec::Value& object, std::string_view from, std::string_view to,
                                 spec::Arena& arena);

}  // namespace modelgate::kube
