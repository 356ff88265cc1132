// SPDX-License-Identifier: Apache-2.0
#include "process/version.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <iterator>

#include "process/command_line.h"

namespace modelgate::process {
namespace {

TEST(Version, IsALineOfProgramVersionAndRevision) {
  EXPECT_THAT(version_line("modelgate-webhook"),
              testing::MatchesRegex(
                  "modelgate-webhook [0-9]+[.][0-9]+[.][0-9]+( [(]revision [0-9a-f]+(-dirty)?[)])?"));
  EXPECT_THAT(version_line("p"), testing::StartsWith("p " + std::string(version())));
}

TEST(Version, EveryProgramHasTheFlag) {
  const char* const arguments[] = {"p", "--version"};
  const auto end = parse({"p", "Does something.", "", {}}, std::size(arguments), arguments);
  ASSERT_TRUE(end);
  EXPECT_EQ(end->exit_code, 0);
  EXPECT_EQ(end->text, version_line("p") + "\n");
}

}  // namespace
}  // namespace modelgate::process
