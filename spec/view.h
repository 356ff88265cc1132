// SPDX-License-Identifier: Apache-2.0
//
// Typed, read-only views of documents: the base of those in core.h, inference_service.h and
// serving_runtime.h.
//
//   InferenceServiceView isvc(document);
//   for (ContainerView c : isvc.spec().predictor().containers()) use(c.name());
//
// A view is a pointer to a value, or to nothing. All fields of an absent object are absent, so a chain of
// accessors needs no checks in between; `if (view)` tests whether the object exists. A field of the wrong
// JSON type reads as absent; spec/schema.h reports it.
//
// Views do not own. They are valid as long as the arena of their document, and until the next edit of it.
#pragma once

#include <cstdint>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <string_view>

#include "spec/json.h"

namespace modelgate::spec {

/// Counts the edits of a document, so that a view can detect that it is outdated.
class Revision {
 public:
  void advance() { ++number_; }
  std::uint32_t number() const { return number_; }

 private:
  std::uint32_t number_ = 0;
};

template <typename View>
class ListView;

class ObjectView {
 public:
  ObjectView() = default;
  explicit ObjectView(const Value* v, const Revision* revision = nullptr)
      : value_(v && v->IsObject() ? v : nullptr) {
#ifdef MODELGATE_CHECK_VIEWS
    revision_ = revision;
    seen_ = revision ? revision->number() : 0;
#else
    static_cast<void>(revision);
#endif
  }
  explicit ObjectView(const Value& v, const Revision* revision = nullptr) : ObjectView(&v, revision) {}

  explicit operator bool() const { return value_ != nullptr; }
  /// The object itself, or nullptr.
  const Value* value() const {
    check();
    return value_;
  }

  /// Any member by name, of any type, or nullptr.
  const Value* field(std::string_view name) const {
    check();
    return value_ ? find(*value_, name) : nullptr;
  }
  bool has(std::string_view name) const { return field(name) != nullptr; }

  /// A string; empty if absent.
  std::string_view string(std::string_view name) const {
    return optional_string(name).value_or(std::string_view{});
  }
  std::optional<std::string_view> optional_string(std::string_view name) const;
  std::optional<std::int64_t> integer(std::string_view name) const;
  std::optional<bool> boolean(std::string_view name) const;

  template <typename View = ObjectView>
  View object(std::string_view name) const {
    return View(field(name), revision());
  }
  template <typename View = ObjectView>
  ListView<View> list(std::string_view name) const {
    return ListView<View>(field(name), revision());
  }

 protected:
#ifdef MODELGATE_CHECK_VIEWS
  const Revision* revision() const { return revision_; }
  void check() const {
    if (revision_ && revision_->number() != seen_) throw std::logic_error("a view was used after an edit");
  }
#else
  const Revision* revision() const { return nullptr; }
  void check() const {}
#endif

 private:
  const Value* value_ = nullptr;
#ifdef MODELGATE_CHECK_VIEWS
  const Revision* revision_ = nullptr;
  std::uint32_t seen_ = 0;
#endif
};

/// The objects of a list. Elements that are not objects give absent views, so that indices are correct.
template <typename View>
class ListView {
 public:
  explicit ListView(const Value* v, const Revision* revision = nullptr)
      : value_(v && v->IsArray() ? v : nullptr), revision_(revision) {}

  class Iterator {
   public:
    using difference_type = std::ptrdiff_t;
    using value_type = View;
    Iterator() = default;
    Iterator(const Value* at, const Revision* revision) : at_(at), revision_(revision) {}
    View operator*() const { return View(at_, revision_); }
    Iterator& operator++() {
      ++at_;
      return *this;
    }
    Iterator operator++(int) {
      Iterator before = *this;
      ++at_;
      return before;
    }
    bool operator==(const Iterator& other) const { return at_ == other.at_; }

   private:
    const Value* at_ = nullptr;
    const Revision* revision_ = nullptr;
  };

  bool present() const { return value_ != nullptr; }
  bool empty() const { return size() == 0; }
  std::size_t size() const { return value_ ? value_->Size() : 0; }
  View operator[](std::size_t i) const {
    return View(&(*value_)[static_cast<rapidjson::SizeType>(i)], revision_);
  }
  Iterator begin() const { return {value_ ? value_->Begin() : nullptr, revision_}; }
  Iterator end() const { return {value_ ? value_->End() : nullptr, revision_}; }
  const Value* value() const { return value_; }

 private:
  const Value* value_;
  const Revision* revision_;
};

/// A map of strings: labels, annotations, node selectors, parameters.
class StringMapView : public ObjectView {
 public:
  using ObjectView::ObjectView;
  std::optional<std::string_view> get(std::string_view key) const { return optional_string(key); }
  /// Calls `f(key, value)` for each entry whose value is a string.
  template <typename F>
  void for_each(F&& f) const {
    if (!value()) return;
    for (const auto& m : value()->GetObject()) {
      if (m.value.IsString()) f(text_of(m.name), text_of(m.value));
    }
  }
};

}  // namespace modelgate::spec
