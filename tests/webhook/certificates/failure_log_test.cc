// SPDX-License-Identifier: Apache-2.0
#include "webhook/certificates/failure_log.h"

#include <gtest/gtest.h>

namespace modelgate::webhook {
namespace {

/// Lines logged by `run`; without log::configure() they are written to the standard output.
int lines_of(const auto& run) {
  testing::internal::CaptureStdout();
  run();
  const std::string text = testing::internal::GetCapturedStdout();
  return static_cast<int>(std::ranges::count(text, '\n'));
}

TEST(FailureLog, LogsAFailureOnceAndItsEnd) {
  FailureLog log;
  EXPECT_EQ(lines_of([&] { log.failed("reading", "forbidden"); }), 1);
  EXPECT_EQ(lines_of([&] { log.failed("reading", "forbidden"); }), 0) << "the same again";
  EXPECT_EQ(lines_of([&] { log.failed("reading", "timeout"); }), 1) << "another reason";
  EXPECT_EQ(lines_of([&] { log.failed("writing", "timeout"); }), 1) << "another action";
  EXPECT_EQ(lines_of([&] { log.succeeded("reading"); }), 1);
  EXPECT_EQ(lines_of([&] { log.succeeded("reading"); }), 0);
  EXPECT_EQ(log.count(), 4U) << "logged or not";
}

}  // namespace
}  // namespace modelgate::webhook
