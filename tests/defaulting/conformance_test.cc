// SPDX-License-Identifier: Apache-2.0
//
// KServe v0.20's recorded answers, if they are next to the source tree: in the compatible settings the defaulted
// object means the same. again_test.cc uses the same cases.
#include <gtest/gtest.h>

#include "tests/defaulting/recorded.h"
#include "tests/defaulting/world.h"

namespace modelgate::defaulting {
namespace {

using spec::Value;

TEST(Conformance, DefaultsAsKServe) {
  const auto cases = recorded_cases();
  if (cases.empty()) GTEST_SKIP() << "no recorded answers beside the source tree";
  World world(recorded_catalog(make_compatible));
  std::size_t compared = 0;
  for (const std::string& line : cases) {
    const Value c = world.yaml(line);
    const Value* want = at(c, "expect.object");
    const Value* old = spec::find(c, "oldObject");
    const Value& object = *spec::find(c, "object");
    const Value got = old ? world.update(object, *old) : world.create(object);
    if (!want) continue;  // KServe crashed
    ++compared;
    EXPECT_EQ(meaning_text(*want), meaning_text(got)) << text_at(c, "id") << "\n" << spec::to_json(object);
  }
  EXPECT_GT(compared, 100U);
}

}  // namespace
}  // namespace modelgate::defaulting
