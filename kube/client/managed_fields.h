// SPDX-License-Identifier: Apache-2.0
//
// Who manages which fields of an object, read from metadata.managedFields: what of it one manager applied,
// and the renaming of a manager's entries.
//
//   Value ours = applied_fields(object, "modelgate-reconciler", arena);   // {"spec": {"replicas": 2, ...}}
//   if (manages(object, "manager"))
//     patch = with_renamed_manager(object, "manager", "modelgate-reconciler", arena);
//
// See "Server-Side Apply" in Kubernetes' reference, and the format of fieldsV1 in the API's FieldsV1:
// "f:name" a member, "k:{...}" a list's item by its keys, "v:..." an item of a set, "i:n" an item by place,
// "." the member or item itself. Without anything inside, a member is managed as it is, with whatever it
// holds. Pure.
//
// The object must have been read with its managedFields (ParseOptions::skip_managed_fields,
// ListOptions::managed_fields).
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "spec/json.h"

namespace modelgate::kube {

/// Only those fields that `manager` manages by Apply, in the shape of the object: maps and keyed lists hold
/// only its entries, in the object's order; what it manages whole (atomic lists, scalars) is there whole. An
/// empty object where it applied nothing. Entries of subresources do not count. A fieldsV1 that cannot be
/// read, or that names what is not there, is passed over.
///
/// It is what was sent, as the API server stored it: what that filled in is not there (of a port, for
/// instance, a protocol that was not sent, although it is a key), nor is what is in no managedFields
/// (apiVersion, kind, and the metadata that names the object). Only of a map that was sent empty one cannot
/// tell what of its content came from others: all of it is there.
spec::Value applied_fields(const spec::Value& object, std::string_view manager, spec::Arena& arena);

/// True where an entry of `manager`, by Update or Apply, and not about a subresource, is there.
bool manages(const spec::Value& object, std::string_view manager);

/// Whether `manager` is among the managers of the member at `path` ("spec", "replicas"), or another than it
/// is; subresources (an autoscaler's "scale") count here.
struct FieldManagers {
  bool given = false;  // the manager asked about
  bool others = false;
};
FieldManagers managers_of(const spec::Value& object, std::span<const std::string_view> path,
                          std::string_view manager);

/// The object's managedFields after `from`'s entries (those of subresources aside) became one entry of `to`
/// by Apply, united with the one that `to` has: to be written under the object's resourceVersion. As
/// client-go's csaupgrade does for kubectl. Its version is that of `to`'s entry, else that in which the
/// object was read where an entry has it; its time the latest.
spec::Value with_renamed_manager(const spec::Value& object, std::string_view from, std::string_view to,
                                 spec::Arena& arena);

}  // namespace modelgate::kube
