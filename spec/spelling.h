// SPDX-License-Identifier: Apache-2.0
//
// The nearest right spelling of a word that is not known. Who calls: field errors, wherever a value or a
// field's name is one of a known set.
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

/// How many changes (a character inserted, left out, replaced, or two neighbours swapped) turn `a` into `b`,
/// each place being changed once at most. 'A' for 'a' is no change. At most
/// `limit` + 1, which says "more than the limit". Words above 64 bytes are always more than the limit.
std::size_t spelling_distance(std::string_view a, std::string_view b, std::size_t limit);

/// The entry of `known` that a person most likely meant: one that differs only in case, else the one with the
/// fewest changes, as long as these are at most a third of the word (one for 3 letters, two for 6, three for
/// 9 and more). Ties go to the same first letter, then the same length, then the order of the alphabet, so
/// the answer does not depend on the order of `known`. An exact match is given back as it is.
std::optional<std::string_view> nearest(std::string_view word, std::span<const std::string_view> known);

}  // namespace modelgate::spec
