// SPDX-License-Identifier: Apache-2.0
#include "defaulting/written.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "defaulting/pass.h"
#include "spec/text/printable.h"
#include "spec/view.h"

namespace modelgate::defaulting {
namespace {

using spec::Edit;
using spec::FieldPath;
using spec::find;
using spec::text_of;
using spec::Value;

/// The merge key of tolerations.
constexpr std::array<std::string_view, 4> kTolerationKeys = {"key", "operator", "value", "effect"};

/// Objects that are removed when they are empty after a withdrawal.
constexpr std::array<std::string_view, 4> kRemovedWhenEmpty = {"requests", "limits", "resources",
                                                               "tolerations"};

/// The longest name of an object.
constexpr std::size_t kMaxName = 253;

bool can_be_written(std::string_view s) {
  return s.size() <= kMaxName && s.find_first_of("[],=\"\\") == std::string_view::npos &&
         text::printable_length(s) == s.size();
}

/// The text of a member if a selector can hold it, else empty.
std::string_view selector_text(const Value& element, std::string_view member) {
  const Value* v = find(element, member);
  if (!v || !v->IsString() || !can_be_written(text_of(*v))) return {};
  return text_of(*v);
}

/// A canary has its name one level below, in its predictor.
std::string_view name_of(const Value& element) {
  const std::string_view name = selector_text(element, "name");
  if (!name.empty()) return name;
  const Value* predictor = find(element, "predictor");
  return predictor ? selector_text(*predictor, "name") : std::string_view{};
}

/// False for a name that several elements have, and in a list that is too long to be searched.
bool is_unique(const Value& list, std::string_view name) {
  if (list.Size() > kMaxElements) return false;
  return std::count_if(list.Begin(), list.End(), [&](const Value& e) { return name_of(e) == name; }) == 1;
}

std::string element_text(const Value* list, std::int32_t index) {
  const auto i = static_cast<rapidjson::SizeType>(index);
  std::string out = "[";
  if (list && list->IsArray() && i < list->Size()) {
    const Value& element = (*list)[i];
    if (const std::string_view name = name_of(element); !name.empty()) {
      if (is_unique(*list, name)) {
        out += "name=";
        out += name;
      }
    } else {
      for (const std::string_view key : kTolerationKeys) {
        const std::string_view text = selector_text(element, key);
        if (text.empty()) continue;
        if (out.size() > 1) out += ',';
        out += key;
        out += '=';
        out += text;
      }
    }
  }
  if (out.size() == 1) out += std::to_string(index);
  return out + ']';
}

bool matches(const Value& element, std::string_view selector) {
  while (!selector.empty()) {
    const std::string_view term = selector.substr(0, selector.find(','));
    selector.remove_prefix(std::min(term.size() + 1, selector.size()));
    const auto equals = term.find('=');
    const std::string_view key = term.substr(0, equals);
    const std::string_view found = key == "name" ? name_of(element) : selector_text(element, key);
    if (found.empty() || found != term.substr(equals + 1)) return false;
  }
  return true;
}

/// nullopt if there is no such element, or several that have the same name.
std::optional<std::size_t> element_index(const Value& list, std::string_view selector) {
  if (selector.find('=') == std::string_view::npos) {
    std::size_t index = 0;
    const auto [end, error] = std::from_chars(selector.data(), selector.data() + selector.size(), index);
    if (error != std::errc{} || end != selector.data() + selector.size() || index >= list.Size())
      return std::nullopt;
    return index;
  }
  const auto it =
      std::find_if(list.Begin(), list.End(), [&](const Value& e) { return matches(e, selector); });
  if (it == list.End()) return std::nullopt;
  if (selector.starts_with("name=") && !is_unique(list, name_of(*it))) return std::nullopt;
  return static_cast<std::size_t>(it - list.Begin());
}

/// The element of a list that `text` ends with, among equal keys the one with the digest: two tolerations may
/// differ only in a field that is no key.
std::optional<FieldPath> resolve_written(const Value& root, std::string_view text, std::string_view digest) {
  const std::size_t open = text.ends_with(']') ? text.rfind('[') : std::string_view::npos;
  const std::string_view selector =
      open == std::string_view::npos ? std::string_view{} : text.substr(open + 1, text.size() - open - 2);
  const bool has_keys = selector.find('=') != std::string_view::npos;
  const auto parent = has_keys ? resolve(root, text.substr(0, open)) : std::nullopt;
  const Value* list = parent ? parent->find_in(root) : nullptr;
  if (!list || !list->IsArray()) {
    const auto place = resolve(root, text);
    const Value* v = place ? place->find_in(root) : nullptr;
    return v && spec::digest(*v) == digest ? place : std::nullopt;
  }
  const auto it = std::find_if(list->Begin(), list->End(), [&](const Value& e) {
    return matches(e, selector) && spec::digest(e) == digest;
  });
  if (it == list->End()) return std::nullopt;
  return (*parent)[static_cast<std::size_t>(it - list->Begin())];
}

bool is_move(std::string_view c) {
  return c == cause::kMoved || c == cause::kShare || c.starts_with(cause::kWas);
}

void remove_with_empty_parents(Edit& edit, const FieldPath& path) {
  edit.remove(path);
  for (FieldPath at = path.parent(); !at.empty(); at = at.parent()) {
    if (std::ranges::find(kRemovedWhenEmpty, at.segments().back().name) == kRemovedWhenEmpty.end()) return;
    edit.remove_if_empty(at);
    if (edit.find(at)) return;
  }
}

FieldPath annotations_path() {
  return FieldPath{} / "metadata" / "annotations";
}

}  // namespace

bool can_be_recorded(std::string_view name) {
  return !name.empty() && name.find(' ') == std::string_view::npos && can_be_written(name);
}

std::string keyed_text(const Value& root, const FieldPath& path) {
  std::string out;
  out.reserve(80);  // most paths are shorter
  const Value* at = &root;
  for (const auto& s : path.segments()) {
    if (s.index >= 0) {
      const auto i = static_cast<rapidjson::SizeType>(s.index);
      out += element_text(at, s.index);
      at = at && at->IsArray() && i < at->Size() ? &(*at)[i] : nullptr;
      continue;
    }
    at = find(at, s.name);
    if (s.key) {
      out += '[';
      out += s.name;
      out += ']';
    } else {
      if (!out.empty()) out += '.';
      out += s.name;
    }
  }
  return out;
}

std::optional<FieldPath> resolve(const Value& root, std::string_view text) {
  FieldPath path;
  const Value* at = &root;
  while (!text.empty()) {
    if (text.front() == '[') {
      const auto end = text.find(']');
      if (end == std::string_view::npos) return std::nullopt;
      const std::string_view inside = text.substr(1, end - 1);
      text.remove_prefix(end + 1);
      if (at->IsArray()) {
        const auto index = element_index(*at, inside);
        if (!index) return std::nullopt;
        path = path[*index];
        at = &(*at)[static_cast<rapidjson::SizeType>(*index)];
        continue;
      }
      path = path.key(inside);
      at = find(*at, inside);
    } else {
      if (text.front() == '.') text.remove_prefix(1);
      const std::string_view name = text.substr(0, text.find_first_of(".["));
      text.remove_prefix(name.size());
      path = std::move(path) / name;
      at = find(*at, name);
    }
    if (!at) return std::nullopt;
  }
  return path;
}

Earlier::Earlier(const Value* old_object, spec::Arena& arena) : old_object_(old_object) {
  const Value* annotation =
      spec::find(spec::find(spec::find(old_object, "metadata"), "annotations"), kDefaultsAnnotation);
  if (!annotation) return;
  has_record_ = true;
  if (!annotation->IsString()) return;
  auto record = spec::parse_json(text_of(*annotation), arena);
  if (!record || !record->IsObject()) return;
  record_ = std::move(*record);
  entries_.reserve(std::min<std::size_t>(record_.MemberCount(), kMaxRecorded));
  for (const auto& m : record_.GetObject()) {
    if (!m.value.IsString() || entries_.size() == kMaxRecorded) continue;
    const std::string_view text = text_of(m.value);
    const auto blank = text.find(' ');
    if (blank == std::string_view::npos) continue;
    entries_.push_back({text_of(m.name), text.substr(0, blank), text.substr(blank + 1)});
  }
}

const Earlier::Entry* Earlier::find(const Value& document, const FieldPath& path) const {
  if (entries_.empty()) return nullptr;
  const auto it = std::ranges::find(entries_, keyed_text(document, path), &Entry::path);
  return it == entries_.end() ? nullptr : &*it;
}

bool Earlier::lists(const Value& document, const FieldPath& path) const {
  return find(document, path) != nullptr;
}

std::string_view Earlier::digest(const Value& document, const FieldPath& path) const {
  const Entry* e = find(document, path);
  return e ? e->digest : std::string_view{};
}

std::string_view Earlier::why(const Value& document, const FieldPath& path) const {
  const Entry* e = find(document, path);
  return e ? e->cause : std::string_view{};
}

const Value* Earlier::value(const Value& document, const FieldPath& path) const {
  const Entry* e = find(document, path);
  if (!e) return nullptr;
  const auto place = resolve_written(*old_object_, e->path, e->digest);
  return place ? place->find_in(*old_object_) : nullptr;
}

bool Earlier::is_unchanged_in(const Value& document, const FieldPath& path) const {
  const Entry* e = find(document, path);
  if (!e) return false;
  const Value* v = path.find_in(document);
  return v && spec::digest(*v) == e->digest;
}

std::vector<const Value*> Earlier::elements(const Value& document, const FieldPath& path) const {
  std::vector<const Value*> out;
  if (entries_.empty()) return out;
  const std::string start = keyed_text(document, path) + '[';
  for (const Entry& e : entries_) {
    if (!e.path.starts_with(start)) continue;
    if (const auto place = resolve_written(*old_object_, e.path, e.digest))
      out.push_back(place->find_in(*old_object_));
  }
  return out;
}

void Earlier::withdraw(Edit& edit, std::string_view only) const {
  for (const Entry& e : entries_) {
    if (is_move(e.cause) || (!only.empty() && e.cause != only)) continue;
    if (const auto place = resolve_written(edit.document(), e.path, e.digest))
      remove_with_empty_parents(edit, *place);
  }
}

void Ledger::add(FieldPath path, std::string_view cause, std::string digest) {
  if (lines_.size() == kMaxRecorded) return;
  if (lines_.empty()) lines_.reserve(8);
  lines_.push_back({std::move(path), cause, std::move(digest)});
}

std::vector<std::string> Ledger::write(Edit& edit) const {
  const FieldPath annotations = annotations_path();
  if (lines_.empty()) {
    if (!edit.find(annotations.key(kDefaultsAnnotation))) return {};
    edit.remove(annotations.key(kDefaultsAnnotation));
    edit.remove_if_empty(annotations);
    return {};
  }
  std::vector<std::pair<std::string, std::size_t>> sorted;
  sorted.reserve(lines_.size());
  for (std::size_t i = 0; i < lines_.size(); ++i)
    sorted.emplace_back(keyed_text(edit.document(), lines_[i].path), i);
  std::ranges::sort(sorted);

  std::string text;
  text.reserve(112 * lines_.size());
  text = "{";
  std::vector<std::string> paths;
  paths.reserve(sorted.size());
  for (auto& [path, i] : sorted) {
    const Line& line = lines_[i];
    const Value* v = edit.find(line.path);
    if (!v || (!paths.empty() && paths.back() == path)) continue;
    if (text.size() > 1) text += ',';
    text += '"';
    text += path;
    text += "\":\"";
    text += line.cause;
    text += ' ';
    text += line.digest.empty() ? spec::digest(*v) : line.digest;
    text += '"';
    paths.push_back(std::move(path));
  }
  text += '}';
  edit.set(annotations.key(kDefaultsAnnotation), spec::make_string(text, edit.arena()));
  return paths;
}

}  // namespace modelgate::defaulting
