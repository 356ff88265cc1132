// SPDX-License-Identifier: Apache-2.0
//
// Finds duplicates in a list, for rules about names that must differ.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

namespace modelgate::validation {

/// Up to this size, which few lists exceed, comparing pairs is faster and allocates nothing.
inline constexpr std::size_t kPairwise = 16;

/// Calls `f(i)` in order for each i < n whose `key(i)`, a string_view, equals an earlier one. Skips empty
/// keys. O(n log n).
template <typename Key, typename F>
void for_each_duplicate(std::size_t n, Key&& key, F&& f) {
  if (n < 2) return;
  if (n <= kPairwise) {
    std::array<std::string_view, kPairwise> keys;
    for (std::size_t i = 0; i < n; ++i) {
      keys[i] = key(i);
      if (!keys[i].empty() && std::find(keys.begin(), keys.begin() + i, keys[i]) != keys.begin() + i) f(i);
    }
    return;
  }
  std::vector<std::pair<std::string_view, std::size_t>> keys;
  keys.reserve(n);
  for (std::size_t i = 0; i < n; ++i) keys.emplace_back(key(i), i);
  std::ranges::sort(keys);
  std::vector<std::size_t> found;
  for (std::size_t i = 1; i < n; ++i) {
    if (!keys[i].first.empty() && keys[i].first == keys[i - 1].first) found.push_back(keys[i].second);
  }
  std::ranges::sort(found);
  for (const std::size_t i : found) f(i);
}

}  // namespace modelgate::validation
