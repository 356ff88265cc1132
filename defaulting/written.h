// SPDX-License-Identifier: Apache-2.0
//
// What defaulting wrote: the record made in one pass, and the record read in the next.
//
//   Earlier earlier(old_object, arena);
//   earlier.withdraw(edit);                       // what is as we left it
//   ... steps fill in again, looking at earlier.value(document, path) ...
//   ledger.add(path, "runtime");
//   std::vector<std::string> paths = ledger.write(edit);
//
// The record is the annotation modelgate.io/defaults, one member a path:
//
//   {"spec.predictor.model.runtime":"runtime 8c1f0b3e5d2a9741",
//    "spec.predictor.tolerations[key=nvidia.com/gpu,operator=Exists,effect=NoSchedule]":"gpu ..."}
//
// An element of a list is named by its merge key, so that a path stays right when its index moves. The digest
// (spec::digest) tells whether the value is still the one that we wrote: what somebody changed is his from
// then on and leaves the record.
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

// Why something was written. The causes that `withdraw` passes over are moves: they are taken back only where
// something else takes their place, by the step that made them.
namespace cause {
inline constexpr std::string_view kMode = "mode";
inline constexpr std::string_view kFormat = "format";
inline constexpr std::string_view kProtocol = "protocol";
inline constexpr std::string_view kRuntime = "runtime";
inline constexpr std::string_view kResources = "resources";
inline constexpr std::string_view kGpu = "gpu";
inline constexpr std::string_view kToken = "token";
inline constexpr std::string_view kExplainer = "explainer";
inline constexpr std::string_view kMoved = "moved";  // from a framework's field, or another place
inline constexpr std::string_view kShare = "share";  // a canary's, the rest of canaryTrafficPercent
inline constexpr std::string_view kWas = "was=";     // a container's name; the one it had follows
}  // namespace cause

/// The path with elements named by merge key; by index where that cannot be written in one piece.
std::string keyed_text(const spec::Value& root, const spec::FieldPath& path);

/// True for a name that can stand in such a text, and behind a cause.
bool can_be_recorded(std::string_view name);

/// The place in `root` that such a text names, or nothing. The path refers to the text.
std::optional<spec::FieldPath> resolve(const spec::Value& root, std::string_view text);
std::optional<spec::FieldPath> resolve(const spec::Value& root, std::string&& text) = delete;

/// What the old object's annotation says, or nothing.
class Earlier {
 public:
  /// `old_object` may be nullptr; it and the arena must outlive this.
  Earlier(const spec::Value* old_object, spec::Arena& arena);

  /// The old object has our annotation: it was written under us.
  bool has_record() const { return has_record_; }
  const spec::Value* object() const { return old_object_; }

  /// True where we wrote the old object's value at this path, as far as the annotation says.
  bool lists(const spec::Value& document, const spec::FieldPath& path) const;
  /// The value that we wrote there, if the old object still has it as we left it.
  const spec::Value* value(const spec::Value& document, const spec::FieldPath& path) const;
  /// True where the document still has there what we wrote earlier.
  bool stands_in(const spec::Value& document, const spec::FieldPath& path) const;
  /// The digest of what we wrote there; empty where we did not.
  std::string_view digest(const spec::Value& document, const spec::FieldPath& path) const;

  /// Why we wrote there; empty where we did not.
  std::string_view why(const spec::Value& document, const spec::FieldPath& path) const;
  /// What we wrote into the list at `path`, elements that the old object still has as we left them.
  std::vector<const spec::Value*> elements(const spec::Value& document, const spec::FieldPath& path) const;

  /// Removes from the document what stands there as we wrote it, but for what was moved.
  void withdraw(spec::Edit& edit) const;

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

/// What this pass wrote.
class Ledger {
 public:
  /// `digest` where it is not that of the value as it is in the end.
  void add(spec::FieldPath path, std::string_view cause, std::string digest = {});

  /// Sets the annotation, or removes it where there is nothing to list. The listed paths, sorted.
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
