// SPDX-License-Identifier: Apache-2.0
//
// What defaulting wrote: the record that one pass writes and the next one reads.
//
//   Earlier earlier(old_object, arena);
//   earlier.withdraw(edit);                       // removes what is unchanged
//   ... steps fill in again, reading earlier.value(document, path) ...
//   ledger.add(path, "runtime");
//   std::vector<std::string> paths = ledger.write(edit);
//
// The record is the annotation modelgate.io/defaults, one member a path:
//
//   {"spec.predictor.model.runtime":"runtime 8c1f0b3e5d2a9741",
//    "spec.predictor.tolerations[key=nvidia.com/gpu,operator=Exists,effect=NoSchedule]":"gpu ..."}
//
// An element of a list is identified by its merge key, so that a path stays valid when its index changes, and
// by its index where the key does not identify it. The digest (spec::digest) shows whether the value is
// unchanged: a value that the user changed is user-owned from then on and leaves the record.
//
// Internal to defaulting/. Not thread-safe. Paths hold views of literals and of the arena.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "spec/edit.h"
#include "spec/field.h"
#include "spec/json.h"

namespace modelgate::defaulting {

// Why something was written. `withdraw` skips moves: the step that wrote them removes them if something else
// replaces them.
namespace cause {
inline constexpr std::string_view kMode = "mode";
inline constexpr std::string_view kFormat = "format";
inline constexpr std::string_view kProtocol = "protocol";
inline constexpr std::string_view kRuntime = "runtime";
inline constexpr std::string_view kResources = "resources";
inline constexpr std::string_view kGpu = "gpu";
inline constexpr std::string_view kToken = "token";
inline constexpr std::string_view kExplainer = "explainer";
inline constexpr std::string_view kTracing = "tracing";
inline constexpr std::string_view kMoved = "moved";  // from a framework's field, or another place
inline constexpr std::string_view kShare = "share";  // a canary's, the rest of canaryTrafficPercent
inline constexpr std::string_view kWas = "was=";     // a container's name; the one it had follows
}  // namespace cause

/// The path with elements identified by merge key; by index if the key has special characters, or if several
/// elements of the list have the same name.
std::string keyed_text(const spec::Value& root, const spec::FieldPath& path);

/// True for a name that such a text, and a cause, can hold.
bool can_be_recorded(std::string_view name);

/// The path in `root` that such a text denotes, if exactly one exists. The path refers to the text.
std::optional<spec::FieldPath> resolve(const spec::Value& root, std::string_view text);
std::optional<spec::FieldPath> resolve(const spec::Value& root, std::string&& text) = delete;

/// The record in the old object's annotation.
class Earlier {
 public:
  /// `old_object` may be nullptr; it and the arena must outlive this.
  Earlier(const spec::Value* old_object, spec::Arena& arena);

  /// The old object has our annotation: we defaulted it.
  bool has_record() const { return has_record_; }
  const spec::Value* object() const { return old_object_; }

  /// True if the annotation lists this path.
  bool lists(const spec::Value& document, const spec::FieldPath& path) const;
  /// The value that we wrote, if it is unchanged in the old object.
  const spec::Value* value(const spec::Value& document, const spec::FieldPath& path) const;
  /// True if the document has the value that we wrote earlier.
  bool is_unchanged_in(const spec::Value& document, const spec::FieldPath& path) const;
  /// The digest of what we wrote; empty if we did not.
  std::string_view digest(const spec::Value& document, const spec::FieldPath& path) const;

  /// Why we wrote it; empty if we did not.
  std::string_view why(const spec::Value& document, const spec::FieldPath& path) const;
  /// The elements that we added to the list at `path`, if they are unchanged in the old object.
  std::vector<const spec::Value*> elements(const spec::Value& document, const spec::FieldPath& path) const;

  /// Removes from the document what is unchanged since we wrote it, except for moves. With `only`: what has this
  /// cause.
  void withdraw(spec::Edit& edit, std::string_view only = {}) const;

 private:
  struct Entry {
    std::string_view path;
    std::string_view cause;
    std::string_view digest;
  };
  const Entry* find(const spec::Value& document, const spec::FieldPath& path) const;

  const spec::Value* old_object_ = nullptr;
  spec::Value record_;  // the annotation, read; the entries refer to it
  std::vector<Entry> entries_;
  bool has_record_ = false;
};

/// What this pass writes.
class Ledger {
 public:
  /// `digest`: if it is not that of the final value.
  void add(spec::FieldPath path, std::string_view cause, std::string digest = {});

  /// Sets the annotation, or removes it if there is nothing to list. Returns the listed paths, sorted.
  std::vector<std::string> write(spec::Edit& edit) const;

 private:
  struct Line {
    spec::FieldPath path;
    std::string_view cause;
    std::string digest;
  };
  std::vector<Line> lines_;
};

}  // namespace modelgate::defaulting
