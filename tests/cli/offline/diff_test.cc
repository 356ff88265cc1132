// SPDX-License-Identifier: Apache-2.0
#include "cli/offline/diff.h"

#include <gtest/gtest.h>

#include <string>

namespace modelgate::cli {
namespace {

struct Case {
  const char* name;
  std::string before;
  std::string after;
  std::string want;
};
void PrintTo(const Case& c, std::ostream* os) {
  *os << c.name;
}

class Diff : public testing::TestWithParam<Case> {};

TEST_P(Diff, IsUnified) {
  EXPECT_EQ(diff(GetParam().before, GetParam().after, false), GetParam().want);
}

INSTANTIATE_TEST_SUITE_P(
    Texts, Diff,
    testing::Values(Case{"Same", "a\nb\n", "a\nb\n", ""}, Case{"BothEmpty", "", "", ""},
                    Case{"Changed", "a\nb\nc\n", "a\nx\nc\n", "@@ -1,3 +1,3 @@\n a\n-b\n+x\n c\n"},
                    Case{"Added", "a\n", "a\nb\n", "@@ -1,1 +1,2 @@\n a\n+b\n"},
                    Case{"AddedBefore", "b\n", "a\nb\n", "@@ -1,1 +1,2 @@\n+a\n b\n"},
                    Case{"Removed", "a\nb\n", "a\n", "@@ -1,2 +1,1 @@\n a\n-b\n"},
                    Case{"FromNothing", "", "a\n", "@@ -1,0 +1,1 @@\n+a\n"},
                    Case{"ToNothing", "a\n", "", "@@ -1,1 +1,0 @@\n-a\n"},
                    Case{"RepeatedLines", "a\na\na\n", "a\na\n", "@@ -1,3 +1,2 @@\n a\n a\n-a\n"},
                    Case{"ThreeLinesAround", "1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nx\n6\n7\n8\n9\n",
                         "@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+x\n 6\n 7\n 8\n"},
                    Case{"TwoHunks", "a\n1\n2\n3\n4\n5\n6\n7\nb\n", "x\n1\n2\n3\n4\n5\n6\n7\ny\n",
                         "@@ -1,4 +1,4 @@\n-a\n+x\n 1\n 2\n 3\n@@ -6,4 +6,4 @@\n 5\n 6\n 7\n-b\n+y\n"},
                    Case{"NoLineFeedAtTheEnd", "a", "b", "@@ -1,1 +1,1 @@\n-a\n+b\n"}),
    [](const auto& info) { return info.param.name; });

TEST(Diff, HasColors) {
  EXPECT_EQ(diff("a\n", "b\n", true),
            "\x1b[36m@@ -1,1 +1,1 @@\x1b[0m\n\x1b[31m-a\x1b[0m\n\x1b[32m+b\x1b[0m\n");
}

TEST(Diff, OfLongTextsIsLimited) {
  const auto lines = [](std::size_t n, const char* end) {
    std::string out;
    for (std::size_t i = 0; i < n; ++i) out += std::to_string(i) + end;
    return out;
  };
  constexpr std::size_t kSide = 2047;  // (2047 + 1)^2 is kMaxDiffCells
  static_assert((kSide + 1) * (kSide + 1) == kMaxDiffCells);
  const auto common = [&](std::size_t n) {  // alternate lines are the same
    std::string before = "b\n";
    std::string after = "a\n";
    for (std::size_t i = 1; i + 1 < n; ++i) {
      const std::string same = std::to_string(i) + "\n";
      before += i % 2 ? same : "-" + same;
      after += i % 2 ? same : "+" + same;
    }
    return diff(before + "b\n", after + "a\n", false).find("\n 1\n") != std::string::npos;
  };
  EXPECT_TRUE(common(kSide));
  EXPECT_FALSE(common(kSide + 1));
  EXPECT_EQ(diff(lines(100'000, "a\n"), lines(100'000, "b\n"), false).substr(0, 26),
            "@@ -1,100000 +1,100000 @@\n");
}

}  // namespace
}  // namespace modelgate::cli
