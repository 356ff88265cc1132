// SPDX-License-Identifier: Apache-2.0
//
// Edits of a document, and the RFC 6902 patch that says what they came to.
//
//   Edit edit(object, arena);
//   edit.set(FieldPath{} / "spec" / "predictor" / "model" / "protocolVersion", make_literal("v2"));
//   edit.remove(FieldPath{} / "spec" / "predictor" / "sklearn");
//   if (edit.changed()) response.patch = to_json(edit.patch());
//
// An edit changes the document at once and remembers what each part was before it was first touched. The
// operations are made once, at the end, from the parts as they were against the parts as they are. So
//   - fields that nobody named are not in the patch and survive, known or not;
//   - what cancels out leaves no operation;
//   - the patch, applied to the original, gives the document as it is now, and a second pass over that makes
//     an empty patch.
//
// Views (spec/view.h) of the document are void after any edit of it: take them anew. Builds with
// MODELGATE_CHECK_VIEWS end with an exception where an old one is used.
//
// Follows RFC 6902 (JSON Patch) and RFC 6901 (JSON Pointer). Not thread-safe.
#pragma once

#include <optional>
#include <vector>

#include "spec/field.h"
#include "spec/json.h"
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
  /// What to hand to views of this document, so that they notice that they are out of date.
  const Revision& revision() const { return revision_; }

  const Value* find(const FieldPath& path) const { return path.find_in(std::as_const(document_)); }

  /// Sets the value at `path`, in place where there is one. Missing objects on the way are made. The last
  /// segment is a member or the index of an element that is there.
  /// Throws std::logic_error where the way leads through something that is no object or list: whoever edits
  /// has checked the structure first.
  void set(const FieldPath& path, Value value);

  /// Appends to the list at `path`, which is made where it is missing.
  void append(const FieldPath& path, Value value);

  /// Removes a member or an element; nothing where there is none.
  void remove(const FieldPath& path);

  /// Removes the object or list at `path` where it is empty.
  void remove_if_empty(const FieldPath& path);

  /// True where the document differs in meaning from what it was.
  bool changed() const;

  /// The operations: `add`, `remove` and `replace` only, an empty array where nothing changed.
  Value patch();

 private:
  struct Touched {
    FieldPath path;                 // through objects only: a list is remembered as a whole
    std::optional<Value> original;  // empty: there was nothing
  };

  void remember(const FieldPath& path);
  Value& make_way(const FieldPath& parent);

  Value& document_;
  Arena& arena_;
  Revision revision_;
  std::vector<Touched> touched_;
};

/// The operations that lead from one document to another. Lists of equal length are compared element by
/// element, a list that only grew gets its new elements at the end, any other is replaced as a whole.
Value make_patch(const Value& before, const Value& after, Arena& arena);

}  // namespace modelgate::spec
