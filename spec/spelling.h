// SPDX-License-Identifier: Apache-2.0
//
// The nearest known spelling of an unknown word. Used by field errors if a value or the name of a field is
// one of a known set.
//
//   nearest("tensoflow", formats)        -> "tensorflow"
//   nearest("minreplicas", fields)       -> "minReplicas"
//   nearest("foo", fields)               -> nothing
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace modelgate::spec {

/// The number of changes (a character inserted, omitted or replaced, or two adjacent ones swapped) that turn
/// `a` into `b`, with at most one change at each place. 'A' for 'a' is not a change. At most `limit` + 1,
/// which means "more than the limit". Words longer than 64 bytes are always more than the limit.
std::size_t spelling_distance(std::string_view a, std::string_view b, std::size_t limit);

/// The entry of `known` that the user most likely meant: one that differs only in case, else the one with the
/// fewest changes, if these are at most a third of the word (one for 3 letters, two for 6, three for 9 and
/// more). In a tie, the same first letter wins, then the same length, then the alphabet, so the result does
/// not depend on the order of `known`. An exact match is returned.
std::optional<std::string_view> nearest(std::string_view word, std::span<const std::string_view> known);

}  // namespace modelgate::spec
