// SPDX-License-Identifier: Apache-2.0
//
// Ratcheting: a rule that is newer than an object does not block updates of the object.
//
// It compares errors, not fields. When the new object has errors, the old object is defaulted and validated
// in the same way. An error of the same rule at the same place with the same value (error_identity.h) is
// pre-existing and becomes a warning. Rules about a change (validation::Ratchet::kTransition) never ratchet,
// except where the fields that they are about did not change.
//
//   PreexistingErrors before(old_object, type);
//   validate(old_object, &before);                   // as the filter of its errors
//   NewErrors filter(before, object, type);
//   FieldErrors errors = validate(object, &filter);  // has only those that are new
//
// The difference is exact, however many errors both objects have: a list of errors is bounded, and its filter
// sees each error. It counts, so a second variable of the same name is new.
//
// The idea is Kubernetes' CRD validation ratcheting (KEP-4008), applied to errors instead of schema fields.
#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "admission/error_identity.h"
#include "spec/field.h"
#include "spec/schema.h"

namespace modelgate::admission {

/// Errors of the old object that are remembered: more than an object below the API server's limit has, except
/// for one that consists of errors. Those beyond the limit excuse nothing. Takes at most 8 MiB.
inline constexpr std::size_t kMaxPreexisting = 65'536;

/// Collects the errors of the old object.
class PreexistingErrors : public spec::ErrorFilter {
 public:
  /// Both must outlive the collecting.
  PreexistingErrors(const spec::Value& object, const spec::schema::Type& type) : identities_(object, type) {}

  /// Remembers the error. False: the list does not need it.
  bool keeps(const spec::FieldError& error) override;

  /// True if the old object has the error. Each of its errors matches one.
  bool take(const ErrorIdentity& identity);

 private:
  /// One error, in two lists: of the errors with the same digest by index, and by content.
  struct Entry {
    std::uint32_t next_by_index = kNone;
    std::uint32_t next_by_content = kNone;
    bool taken = false;
  };
  static constexpr std::uint32_t kNone = 0xFFFFFFFF;
  using Heads = std::unordered_map<std::uint64_t, std::uint32_t>;
  bool take(Heads& heads, std::uint64_t digest, std::uint32_t Entry::* next);

  ErrorIdentities identities_;
  std::vector<Entry> entries_;
  Heads by_index_;
  Heads by_content_;
};

/// Keeps the errors that the old object does not have.
class NewErrors : public spec::ErrorFilter {
 public:
  /// All must outlive this. `transitions`: rules about a change ratchet too.
  NewErrors(PreexistingErrors& before, const spec::Value& object, const spec::schema::Type& type,
            bool transitions = false)
      : before_(before), identities_(object, type), transitions_(transitions) {}

  bool keeps(const spec::FieldError& error) override;

  /// The pre-existing errors, as many as a list of errors has, and then their number.
  std::vector<spec::FieldWarning> take_warnings();

 private:
  PreexistingErrors& before_;
  ErrorIdentities identities_;
  bool transitions_;
  std::vector<spec::FieldWarning> warnings_;
  std::size_t more_ = 0;
};

}  // namespace modelgate::admission
