// SPDX-License-Identifier: Apache-2.0
#include "spec/edit.h"

#include <algorithm>
#include <utility>

namespace modelgate::spec {
namespace {

using Segments = std::span<const FieldPath::Segment>;

/// True if `prefix` is `path` or one of its parents.
bool is_prefix(Segments prefix, Segments path) {
  return prefix.size() <= path.size() &&
         std::ranges::equal(prefix, path.first(prefix.size()), [](const auto& a, const auto& b) {
           return a.index == b.index && a.name == b.name;
         });
}

FieldPath first_segments(const FieldPath& path, std::size_t count) {
  FieldPath out;
  for (const auto& s : path.segments().first(count)) {
    if (s.index >= 0) {
      out = out[static_cast<std::size_t>(s.index)];
    } else if (s.key) {
      out = out.key(s.name);
    } else {
      out = std::move(out) / s.name;
    }
  }
  return out;
}

/// Finds members of one object, many times. Linear search for a small object. A large one is sorted first:
/// otherwise the comparison of two objects with 100,000 members would take minutes.
class Members {
 public:
  explicit Members(const Value& object) : object_(object) {
    if (object.MemberCount() <= kSmall) return;
    sorted_.reserve(object.MemberCount());
    for (const auto& m : object.GetObject()) sorted_.push_back(&m);
    std::ranges::sort(sorted_, {}, name_of);
  }

  /// `guess`: its index if the other object has the same order of members.
  const Value* find(std::string_view name, rapidjson::SizeType guess) const {
    if (guess < object_.MemberCount()) {
      const Value::Member& m = *(object_.MemberBegin() + guess);
      if (name_of(&m) == name) return &m.value;
    }
    if (sorted_.empty()) return spec::find(object_, name);
    const auto it = std::ranges::lower_bound(sorted_, name, {}, name_of);
    return it != sorted_.end() && name_of(*it) == name ? &(*it)->value : nullptr;
  }

 private:
  static constexpr rapidjson::SizeType kSmall = 32;
  static std::string_view name_of(const Value::Member* m) { return text_of(m->name); }

  const Value& object_;
  std::vector<const Value::Member*> sorted_;
};

/// Collects the operations while it walks two values side by side. A path is built only for a difference.
class Patch {
 public:
  explicit Patch(Arena& arena) : arena_(arena), operations_(rapidjson::kArrayType) {}

  void compare(const FieldPath& path, const Value* before, const Value* after) {
    base_ = &path;
    walk(nullptr, before, after);
  }

  Value take() { return std::move(operations_); }

 private:
  /// A segment below the base, on the stack.
  struct Step {
    const Step* parent;
    std::string_view name;
    std::int64_t index = -1;
  };

  void walk(const Step* at, const Value* before, const Value* after) {
    if (!before && !after) return;
    if (!before) return add("add", at, after);
    if (!after) return add("remove", at, nullptr);
    if (before->IsObject() && after->IsObject()) return walk_objects(at, *before, *after);
    if (before->IsArray() && after->IsArray()) return walk_arrays(at, *before, *after);
    if (!equal(*before, *after)) add("replace", at, after);
  }

  void walk_objects(const Step* at, const Value& before, const Value& after) {
    const Members in_before(before);
    const Members in_after(after);
    rapidjson::SizeType i = 0;
    for (const auto& m : before.GetObject()) {
      const Step step{at, text_of(m.name)};
      walk(&step, &m.value, in_after.find(step.name, i++));
    }
    i = 0;
    for (const auto& m : after.GetObject()) {
      const Step step{at, text_of(m.name)};
      if (!in_before.find(step.name, i++)) add("add", &step, &m.value);
    }
  }

  void walk_arrays(const Step* at, const Value& before, const Value& after) {
    const auto common = std::min(before.Size(), after.Size());
    if (before.Size() == after.Size()) {
      for (rapidjson::SizeType i = 0; i < common; ++i) {
        const Step step{at, {}, i};
        walk(&step, &before[i], &after[i]);
      }
      return;
    }
    const bool grown = after.Size() > before.Size() &&
                       std::equal(before.Begin(), before.End(), after.Begin(),
                                  [](const Value& x, const Value& y) { return equal(x, y); });
    if (!grown) return add("replace", at, &after);
    const Step end{at, "-"};
    for (rapidjson::SizeType i = common; i < after.Size(); ++i) add("add", &end, &after[i]);
  }

  FieldPath path_to(const Step* at) const {
    if (!at) return *base_;
    const FieldPath parent = path_to(at->parent);
    return at->index >= 0 ? parent[static_cast<std::size_t>(at->index)] : parent / at->name;
  }

  void add(std::string_view op, const Step* at, const Value* value) {
    Value operation(rapidjson::kObjectType);
    operation.AddMember(make_literal("op"), make_literal(op), arena_);
    operation.AddMember(make_literal("path"), make_string(path_to(at).to_pointer(), arena_), arena_);
    if (value) operation.AddMember(make_literal("value"), clone(*value, arena_), arena_);
    operations_.PushBack(operation, arena_);
  }

  Arena& arena_;
  Value operations_;
  const FieldPath* base_ = nullptr;
};

}  // namespace

/// Records the part of the document that an edit at `path` may change: the value there, or its first missing
/// parent, or its first parent that is a list. Originals of deeper parts are put back into the copy, so that
/// the recorded part is always the original one.
void Edit::record(const FieldPath& path) {
  const Segments segments = path.segments();
  std::size_t length = 0;
  const Value* at = &document_;
  while (length < segments.size() && at && at->IsObject()) at = spec::find(*at, segments[length++].name);
  for (const Touched& t : touched_) {
    if (is_prefix(t.path.segments(), segments.first(length))) return;
  }
  Touched touched{length == segments.size() ? path : first_segments(path, length), std::nullopt};
  const Segments part = touched.path.segments();
  if (at) touched.original = clone(*at, arena_);
  std::erase_if(touched_, [&](Touched& deeper) {
    if (!is_prefix(part, deeper.path.segments())) return false;
    FieldPath below;
    for (const auto& s : deeper.path.segments().subspan(length)) below = below / s.name;
    Value& parent = *below.parent().find_in(*touched.original);
    const std::string_view name = below.segments().back().name;
    if (deeper.original) {
      set_member(parent, name, std::move(*deeper.original), arena_);
    } else {
      parent.EraseMember(
          Value(rapidjson::StringRef(name.data(), static_cast<rapidjson::SizeType>(name.size()))));
    }
    return true;
  });
  touched_.push_back(std::move(touched));
}

Value& Edit::create_parents(const FieldPath& parent) {
  Value* at = &document_;
  for (const auto& s : parent.segments()) {
    if (s.index >= 0) {
      at = &(*at)[static_cast<rapidjson::SizeType>(s.index)];
      continue;
    }
    Value* next = spec::find(*at, s.name);
    if (!next) {
      at->AddMember(make_string(s.name, arena_), Value(rapidjson::kObjectType), arena_);
      next = &(at->MemberEnd() - 1)->value;
    }
    at = next;
  }
  return *at;
}

void Edit::set(const FieldPath& path, Value value) {
  record(path);
  revision_.advance();
  Value& parent = create_parents(path.parent());
  const auto& last = path.segments().back();
  if (last.index >= 0) {
    parent[static_cast<rapidjson::SizeType>(last.index)] = value;
  } else {
    set_member(parent, last.name, std::move(value), arena_);
  }
}

void Edit::append(const FieldPath& path, Value value) {
  if (!find(path)) set(path, Value(rapidjson::kArrayType));
  record(path);
  revision_.advance();
  path.find_in(document_)->PushBack(value, arena_);
}

void Edit::remove(const FieldPath& path) {
  if (!find(path)) return;
  record(path);
  revision_.advance();
  Value& parent = *path.parent().find_in(document_);
  const auto& last = path.segments().back();
  if (last.index >= 0) {
    parent.Erase(parent.Begin() + last.index);
  } else {
    parent.EraseMember(parent.FindMember(
        Value(rapidjson::StringRef(last.name.data(), static_cast<rapidjson::SizeType>(last.name.size())))));
  }
}

void Edit::remove_if_empty(const FieldPath& path) {
  const Value* v = find(path);
  if (v && ((v->IsObject() && v->ObjectEmpty()) || (v->IsArray() && v->Empty()))) remove(path);
}

bool Edit::changed() const {
  return std::ranges::any_of(
      touched_, [&](const Touched& t) { return !equal(t.original ? &*t.original : nullptr, find(t.path)); });
}

Value Edit::patch() {
  Patch patch(arena_);
  for (const Touched& t : touched_) patch.compare(t.path, t.original ? &*t.original : nullptr, find(t.path));
  return patch.take();
}

Value make_patch(const Value& before, const Value& after, Arena& arena) {
  Patch patch(arena);
  patch.compare({}, &before, &after);
  return patch.take();
}

}  // namespace modelgate::spec
