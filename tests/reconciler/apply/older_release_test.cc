// SPDX-License-Identifier: Apache-2.0
#include "reconciler/apply/older_release.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace modelgate::reconciler {
namespace {

std::string deployment(std::string_view containers, std::string_view kind = "Deployment") {
  return fmt::format(R"({{"kind":"{}","spec":{{"template":{{"spec":{{"containers":[{}]}}}}}}}})", kind,
                     containers);
}

constexpr std::string_view kName = R"({"name":"INFERENCE_SERVICE_NAME","value":"iris"})";

std::string older(const std::string& object) {
  spec::Arena arena;
  const auto out = as_of_older_release(spec::parse_json(object, arena).value(), arena);
  return out ? spec::to_json(*out) : "";
}

TEST(OlderRelease, HasNoServiceName) {
  const std::string two =
      fmt::format(R"({{"name":"a","env":[{0},{{"name":"B"}}]}},{{"name":"b","env":[{0}]}})", kName);
  EXPECT_EQ(older(deployment(two)), deployment(R"({"name":"a","env":[{"name":"B"}]},{"name":"b"})"));
}

TEST(OlderRelease, IsTheSameWithoutServiceName) {
  EXPECT_EQ(older(deployment(R"({"name":"a","env":[{"name":"B"}]},{"name":"b"})")), "");
  EXPECT_EQ(older(deployment(fmt::format(R"({{"env":[{}]}})", kName), "Service")), "");
  EXPECT_EQ(older(R"({"kind":"Deployment"})"), "");
}

TEST(OlderRelease, IsRecognized) {
  const auto recognized = [](const std::string& object) {
    spec::Arena arena;
    return is_of_older_release(spec::parse_json(object, arena).value());
  };
  EXPECT_TRUE(recognized(deployment(R"({"name":"a","env":[{"name":"B"}]})")));
  EXPECT_FALSE(recognized(deployment(fmt::format(R"({{"name":"a"}},{{"name":"b","env":[{}]}})", kName))));
}

}  // namespace
}  // namespace modelgate::reconciler
