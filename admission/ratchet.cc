// SPDX-License-Identifier: Apache-2.0
#include "admission/ratchet.h"

#include <fmt/format.h>

#include <utility>

#include "validation/validation.h"

namespace modelgate::admission {

bool PreexistingErrors::keeps(const spec::FieldError& error) {
  if (entries_.size() == kMaxPreexisting) return false;
  const ErrorIdentity identity = identities_.of(error);
  const auto index = static_cast<std::uint32_t>(entries_.size());
  Entry& entry = entries_.emplace_back();
  const auto prepend = [&](Heads& heads, std::uint64_t digest, std::uint32_t& next) {
    const auto [head, is_first] = heads.try_emplace(digest, index);
    if (!is_first) next = std::exchange(head->second, index);
  };
  prepend(by_index_, identity.by_index, entry.next_by_index);
  prepend(by_content_, identity.by_content, entry.next_by_content);
  return false;
}

bool PreexistingErrors::take(const ErrorIdentity& identity) {
  return take(by_index_, identity.by_index, &Entry::next_by_index) ||
         take(by_content_, identity.by_content, &Entry::next_by_content);
}

/// Entries that were taken by the other list are skipped once: the head moves behind them.
bool PreexistingErrors::take(Heads& heads, std::uint64_t digest, std::uint32_t Entry::* next) {
  const auto head = heads.find(digest);
  if (head == heads.end()) return false;
  while (head->second != kNone) {
    Entry& entry = entries_[head->second];
    head->second = entry.*next;
    if (!std::exchange(entry.taken, true)) return true;
  }
  return false;
}

bool NewErrors::keeps(const spec::FieldError& error) {
  const bool ratchets = transitions_ || validation::ratchet_of(error.rule) == validation::Ratchet::kRatchets;
  if (!ratchets || !before_.take(identities_.of(error))) return true;
  if (warnings_.size() == spec::FieldErrors::kMaxErrors) {
    ++more_;
    return false;
  }
  spec::FieldWarning& warning = warnings_.emplace_back(spec::as_warning(error));
  warning.text += " (pre-existing)";
  return false;
}

std::vector<spec::FieldWarning> NewErrors::take_warnings() {
  if (more_ > 0)
    warnings_.push_back({.rule = {}, .text = fmt::format("and {} further pre-existing errors", more_)});
  return std::exchange(warnings_, {});
}

}  // namespace modelgate::admission
