// SPDX-License-Identifier: Apache-2.0
#include "http/timeout.h"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>

namespace modelgate::http {
namespace {

using namespace std::chrono_literals;
using Duration = std::optional<std::chrono::nanoseconds>;

struct QueryCase {
  const char* name;
  const char* query;
  Duration value;
};

class Queries : public testing::TestWithParam<QueryCase> {};

TEST_P(Queries, GiveTheTimeout) {
  EXPECT_EQ(timeout_of_query(GetParam().query), GetParam().value);
}

INSTANTIATE_TEST_SUITE_P(Table, Queries,
                         testing::Values(QueryCase{"Alone", "timeout=5s", 5s},
                                         QueryCase{"First", "timeout=5s&a=b", 5s},
                                         QueryCase{"Last", "a=b&timeout=10s", 10s},
                                         QueryCase{"Empty", "", std::nullopt},
                                         QueryCase{"Other", "mytimeout=5s", std::nullopt},
                                         QueryCase{"Malformed", "timeout=soon", std::nullopt},
                                         QueryCase{"Zero", "timeout=0s", std::nullopt},
                                         QueryCase{"Ampersands", "&&timeout=1s&", 1s}),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace modelgate::http
