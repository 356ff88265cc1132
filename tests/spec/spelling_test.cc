// SPDX-License-Identifier: Apache-2.0
#include "spec/spelling.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace modelgate::spec {
namespace {

struct Distance {
  const char* name;
  std::string a;
  std::string b;
  std::size_t limit;
  std::size_t changes;
};

class SpellingDistanceTest : public testing::TestWithParam<Distance> {};

TEST_P(SpellingDistanceTest, CountsChangesBothWays) {
  const auto& [name, a, b, limit, changes] = GetParam();
  EXPECT_EQ(spelling_distance(a, b, limit), changes);
  EXPECT_EQ(spelling_distance(b, a, limit), changes);
}

INSTANTIATE_TEST_SUITE_P(
    All, SpellingDistanceTest,
    testing::Values(Distance{"equal", "abc", "abc", 3, 0}, Distance{"empty", "", "", 3, 0},
                    Distance{"case", "ABC", "abc", 0, 0}, Distance{"insert", "abc", "abxc", 3, 1},
                    Distance{"replace", "abc", "axc", 3, 1}, Distance{"swap", "abcd", "acbd", 3, 1},
                    Distance{"swap_at_the_end", "abcd", "abdc", 1, 1},
                    Distance{"swap_and_insert", "ca", "abc", 3, 3}, Distance{"to_nothing", "abc", "", 3, 3},
                    Distance{"beyond_the_limit", "abcdef", "uvwxyz", 3, 4},
                    Distance{"beyond_by_length", "a", "abcdef", 3, 4},
                    Distance{"at_the_limit", "kitten", "sitting", 3, 3},
                    Distance{"one_beyond", "kitten", "sitting", 2, 3},
                    Distance{"longest", std::string(64, 'a'), std::string(63, 'a'), 1, 1},
                    Distance{"too_long", std::string(65, 'a'), std::string(65, 'a'), 1, 2}),
    [](const auto& info) { return std::string(info.param.name); });

struct Spelling {
  const char* name;
  const char* word;
  std::vector<std::string_view> known;
  const char* meant;  // nullptr: nothing is near
};

class NearestTest : public testing::TestWithParam<Spelling> {};

TEST_P(NearestTest, DoesNotDependOnTheOrder) {
  auto [name, word, known, meant] = GetParam();
  std::ranges::sort(known);
  do {
    const auto found = nearest(word, known);
    ASSERT_EQ(found.has_value(), meant != nullptr) << found.value_or("");
    if (found) ASSERT_EQ(*found, meant);
  } while (std::ranges::next_permutation(known).found);
}

INSTANTIATE_TEST_SUITE_P(
    All, NearestTest,
    testing::Values(
        Spelling{"misspelled_format", "tensoflow", {"tensorflow", "sklearn", "onnx"}, "tensorflow"},
        Spelling{"swapped", "skelarn", {"tensorflow", "sklearn", "xgboost"}, "sklearn"},
        Spelling{"case_first", "minreplicas", {"minReplicas", "maxReplicas"}, "minReplicas"},
        Spelling{"case_before_a_change", "ENV", {"env", "ENVS"}, "env"},
        Spelling{"exact", "env", {"env", "envs", "ENV"}, "env"},
        Spelling{"one_in_three", "alk", {"all", "request"}, "all"},
        Spelling{"two_in_three", "akk", {"all", "request"}, nullptr},
        Spelling{"two_in_six", "modxx1", {"modell"}, nullptr},
        Spelling{"two_of_six", "modexx", {"modell"}, "modell"},
        Spelling{"three_of_nine", "predixxxr", {"predictor"}, "predictor"},
        Spelling{"four_of_twelve", "abcdefghWXYZ", {"abcdefghijkl"}, nullptr},
        Spelling{"version", "v3", {"v2", "v1"}, "v1"}, Spelling{"single_letter", "a", {"b", "c"}, nullptr},
        Spelling{"single_letter_by_case", "E", {"e"}, "e"},
        Spelling{"nothing_alike", "foo", {"bar", "quux"}, nullptr},
        Spelling{"no_word", "", {"a", "b"}, nullptr}, Spelling{"none_known", "abc", {}, nullptr},
        Spelling{"same_start_wins", "bast", {"best", "cast"}, "best"},
        Spelling{"same_length_wins", "host", {"hosts", "hoss"}, "hoss"},
        Spelling{"alphabet_decides", "cat", {"car", "cab"}, "cab"}),
    [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace modelgate::spec
