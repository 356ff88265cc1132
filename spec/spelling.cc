// SPDX-License-Identifier: Apache-2.0
//
// The restricted Damerau-Levenshtein distance (optimal string alignment), with three rows of the usual table.
#include "spec/spelling.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <tuple>
#include <utility>

#include "spec/text/ascii.h"

namespace modelgate::spec {
namespace {

using text::to_lower;

constexpr std::size_t kMaxWord = 64;  // no known name or value is longer; limits the rows

/// Two letters may have one change too: "v3" for "v2".
std::size_t allowed_changes(std::size_t length) {
  if (length < 2) return 0;
  return std::clamp<std::size_t>(length / 3, 1, 3);
}

}  // namespace

std::size_t spelling_distance(std::string_view a, std::string_view b, std::size_t limit) {
  const std::size_t more = limit + 1;
  if (a.size() > kMaxWord || b.size() > kMaxWord) return more;
  if ((a.size() > b.size() ? a.size() - b.size() : b.size() - a.size()) > limit) return more;
  using Row = std::array<std::uint8_t, kMaxWord + 1>;
  Row before{};
  Row above{};
  Row row{};
  for (std::size_t j = 0; j <= b.size(); ++j) above[j] = static_cast<std::uint8_t>(j);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = static_cast<std::uint8_t>(i);
    std::uint8_t least = row[0];
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = to_lower(a[i - 1]) == to_lower(b[j - 1]);
      int changes = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (same ? 0 : 1)});
      const bool swapped = i > 1 && j > 1 && to_lower(a[i - 1]) == to_lower(b[j - 2]) &&
                           to_lower(a[i - 2]) == to_lower(b[j - 1]);
      if (swapped) changes = std::min(changes, before[j - 2] + 1);
      row[j] = static_cast<std::uint8_t>(changes);
      least = std::min(least, row[j]);
    }
    if (least > limit) return more;
    before = above;
    above = row;
  }
  return std::min<std::size_t>(above[b.size()], more);
}

std::optional<std::string_view> nearest(std::string_view word, std::span<const std::string_view> known) {
  const std::size_t limit = allowed_changes(word.size());
  std::optional<std::string_view> best;
  // Smaller is nearer.
  const auto rank = [&](std::string_view candidate, std::size_t changes) {
    const bool other_case = candidate != word;
    const bool other_start = candidate.empty() || word.empty() || to_lower(candidate[0]) != to_lower(word[0]);
    return std::tuple(changes, other_case, other_start, candidate.size() != word.size(), candidate);
  };
  std::size_t best_changes = limit;
  for (const std::string_view candidate : known) {
    const std::size_t changes = spelling_distance(word, candidate, best_changes);
    if (changes > best_changes) continue;
    // A change of every letter is not similar: "on" and "no".
    if (changes > 0 && changes >= candidate.size()) continue;
    if (!best || rank(candidate, changes) < rank(*best, best_changes)) best = candidate;
    best_changes = std::min(best_changes, changes);
  }
  return best;
}

}  // namespace modelgate::spec
