// SPDX-License-Identifier: Apache-2.0
//
// Edits of a document, and the RFC 6902 patch with their effect.
//
//   Edit edit(object, arena);
//   edit.set(FieldPath{} / "spec" / "predictor" / "model" / "protocolVersion", make_literal("v2"));
//   edit.remove(FieldPath{} / "spec" / "predictor" / "sklearn");
//   if (edit.changed()) response.patch = to_json(edit.patch());
//
// An edit changes the document at once and records the original of each part that it changes. patch()
// compares these parts with the current ones. So
//   - fields that were not edited are not in the patch and survive, known or not;
//   - edits that cancel out leave no operation;
//   - the patch, applied to the original, gives the current document, and a second pass over that gives an
//     empty patch.
//
// Views (spec/view.h) of the document are invalid after any edit of it: create new ones. Builds with
// MODELGATE_CHECK_VIEWS throw if an old view is used.
//
// Follows RFC 6902 (JSON Patch) and RFC 6901 (JSON Pointer). Not thread-safe.
#pragma once

#include <optional>
#include <vector>

#include "spec/field.h"
#include "spec/json_value.h"
#include "spec/view.h"

namespace modelgate::spec {

class Edit {
 public:
  /// `document` must be an object, and must outlive the edit; `arena` is where its values live.
  Edit(Value& document, Arena& arena) : document_(document), arena_(arena) {}
  Edit(const Edit&) = delete;
  Edit& operator=(const Edit&) = delete;

  const Value& document() const { return document_; }
  Arena& arena() { return arena_; }
  /// For views of this document, so that they detect that they are outdated.
  const Revision& revision() const { return revision_; }

  const Value* find(const FieldPath& path) const { return path.find_in(std::as_const(document_)); }

  /// Sets the value at `path`, in place if there is one, and creates missing parent objects. The last segment
  /// is a member, or the index of an existing element. Throws std::logic_error if a parent is not an object
  /// or list: the caller has checked the structure.
  void set(const FieldPath& path, Value value);

  /// Appends to the list at `path`, and creates the list if it is missing.
  void append(const FieldPath& path, Value value);

  /// Removes a member or an element, if it exists.
  void remove(const FieldPath& path);

  /// Removes the object or list at `path` if it is empty.
  void remove_if_empty(const FieldPath& path);

  /// True if the meaning of the document has changed.
  bool changed() const;

  /// The operations: `add`, `remove` and `replace` only. An empty array if nothing changed.
  Value patch();

 private:
  struct Touched {
    FieldPath path;                 // through objects only: a list is recorded as a whole
    std::optional<Value> original;  // empty: it did not exist
  };

  void record(const FieldPath& path);
  Value& create_parents(const FieldPath& parent);

  Value& document_;
  Arena& arena_;
  Revision revision_;
  std::vector<Touched> touched_;
};

/// The operations that turn one document into another. Lists of equal length are compared element by element;
/// for a list that only grew, the new elements are added at the end; any other list is replaced as a whole.
Value make_patch(const Value& before, const Value& after, Arena& arena);

}  // namespace modelgate::spec
