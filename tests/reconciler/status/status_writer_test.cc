// SPDX-License-Identifier: Apache-2.0
#include "reconciler/status/status_writer.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <ostream>

#include "tests/kube/client/fake_api_server.h"

namespace modelgate::reconciler {
namespace {

using namespace std::chrono_literals;
using kube::FakeApiServer;
using kube::FakeExchange;
using Result = StatusOutcome::Result;
using spec::Value;

Value read(std::string_view json, spec::Arena& arena) {
  auto value = spec::parse_json(json, arena);
  EXPECT_TRUE(value) << json;
  return std::move(value).value();
}

struct PatchCase {
  std::string name, before, after;
  std::string patch;  // empty: none
};
void PrintTo(const PatchCase& c, std::ostream* out) {
  *out << c.name;
}

class MergePatch : public testing::TestWithParam<PatchCase> {};

TEST_P(MergePatch, IsTheDifference) {
  spec::Arena arena;
  const Value before = read(GetParam().before, arena);
  const Value after = read(GetParam().after, arena);
  const auto patch = merge_patch(before, after, arena);
  EXPECT_EQ(patch ? spec::to_json(*patch) : "", GetParam().patch);
}

INSTANTIATE_TEST_SUITE_P(
    , MergePatch,
    testing::Values(PatchCase{"Same", R"({"a":1,"b":{"c":[1]}})", R"({"b":{"c":[1.0]},"a":1})", ""},
                    PatchCase{"Added", R"({})", R"({"a":{"b":1}})", R"({"a":{"b":1}})"},
                    PatchCase{"Changed", R"({"a":1,"b":2})", R"({"a":3,"b":2})", R"({"a":3})"},
                    PatchCase{"Removed", R"({"a":1,"b":2})", R"({"b":2})", R"({"a":null})"},
                    PatchCase{"Within", R"({"a":{"b":1,"c":2,"d":3}})", R"({"a":{"b":1,"c":4}})",
                              R"({"a":{"c":4,"d":null}})"},
                    PatchCase{"ListsAreWhole", R"({"a":[{"x":1},{"y":2}]})", R"({"a":[{"x":1}]})",
                              R"({"a":[{"x":1}]})"},
                    PatchCase{"ObjectForScalar", R"({"a":1})", R"({"a":{}})", R"({"a":{}})"}),
    [](const auto& c) { return c.param.name; });

constexpr const char* kPath = "/apis/serving.kserve.io/v1beta1/namespaces/ns/inferenceservices/iris/status";

std::string service_with(std::string_view status, std::string_view version = "8") {
  return fmt::format(
      R"({{"apiVersion":"serving.kserve.io/v1beta1","kind":"InferenceService","metadata":{{"name":"iris",)"
      R"("namespace":"ns","uid":"u","resourceVersion":"{}"}},"status":{}}})",
      version, status);
}

class StatusWrite : public testing::Test {
 protected:
  /// Writes `status` to a service with the status `stored`, several times.
  std::vector<StatusOutcome> write(const std::string& stored, const std::string& status, int times = 1) {
    std::vector<StatusOutcome> out;
    kube::run_with_client(server_.config(), {}, [&](kube::Client& client) -> kube::Task<void> {
      StatusWriter writer(client, cache_);
      spec::Arena arena;
      const Value document = read(service_with(stored, "7"), arena);
      const Value wanted = read(status, arena);
      ServiceRecord record;
      record.key = {"ns", "iris"};
      record.uid = "u";
      record.resource_version = "7";
      for (int i = 0; i < times; ++i) {
        const auto until = std::chrono::steady_clock::now() + 10s;
        StatusOutcome outcome = co_await writer.write(record, document, wanted, until);
        out.push_back(std::move(outcome));
      }
    });
    return out;
  }

  FakeApiServer server_;
  Cache cache_{[](const ServiceKey&, Priority) {}};
};

TEST_F(StatusWrite, CarriesTheVersionThatItWasComputedFrom) {
  server_.on("PATCH", kPath, [](FakeExchange& x) { x.reply(200, service_with(R"({"phase":"Ready"})")); });
  EXPECT_EQ(write(R"({"phase":"Loading"})", R"({"phase":"Ready"})").front().result, Result::kWritten);
  ASSERT_EQ(server_.requests().size(), 1U);
  EXPECT_EQ(server_.requests().front().body,
            R"({"metadata":{"resourceVersion":"7"},"status":{"phase":"Ready"}})");
  const auto cached = cache_.service({"ns", "iris"});
  ASSERT_TRUE(cached);
  EXPECT_EQ(cached->resource_version, "8");
}

TEST_F(StatusWrite, SendsNothingIfNothingChanged) {
  EXPECT_EQ(write(R"({"phase":"Ready"})", R"({"phase":"Ready"})").front().result, Result::kUnchanged);
  EXPECT_TRUE(server_.requests().empty());
}

TEST_F(StatusWrite, DoesNotSendPrunedMembersAgain) {
  server_.on("PATCH", kPath, [](FakeExchange& x) { x.reply(200, service_with(R"({"a":1})")); });
  const auto outcomes = write(R"({"a":1})", R"({"a":1,"phase":"Ready"})", 2);
  EXPECT_EQ(outcomes.at(0).result, Result::kWritten);
  EXPECT_EQ(outcomes.at(1).result, Result::kUnchanged);
  EXPECT_EQ(server_.requests().size(), 1U);
}

/// After a restart, the pruned members are learnt from the first service.
TEST_F(StatusWrite, SendsNoPatchOfPrunedMembersOnly) {
  const auto of_other = [](std::string status) {
    std::string text = service_with(status);
    return text.replace(text.find(R"("uid":"u")"), 9, R"("uid":"v")");
  };
  server_.once("PATCH", kPath, [](FakeExchange& x) { x.reply(200, service_with(R"({"a":1})")); });
  server_.on("PATCH", kPath,
             [](FakeExchange& x) { x.reply(200, service_with(R"({"a":2,"phase":"Ready"})")); });
  kube::run_with_client(server_.config(), {}, [&](kube::Client& client) -> kube::Task<void> {
    StatusWriter writer(client, cache_);
    spec::Arena arena;
    const Value stored = read(of_other(R"({"a":1})"), arena);
    const Value with_phase = read(R"({"a":1,"phase":"Ready"})", arena);
    const Value changed = read(R"({"a":2,"phase":"Ready"})", arena);
    ServiceRecord first, other;
    first.key = other.key = {"ns", "iris"};
    first.uid = "u";
    other.uid = "v";
    const auto until = std::chrono::steady_clock::now() + 10s;
    const StatusOutcome learnt = co_await writer.write(first, stored, with_phase, until);
    EXPECT_EQ(learnt.result, Result::kWritten);
    const StatusOutcome alone = co_await writer.write(other, stored, with_phase, until);
    EXPECT_EQ(alone.result, Result::kUnchanged);
    const StatusOutcome with_more = co_await writer.write(other, stored, changed, until);
    EXPECT_EQ(with_more.result, Result::kWritten);
    // The CRD now has the member.
    const StatusOutcome again = co_await writer.write(other, stored, with_phase, until);
    EXPECT_EQ(again.result, Result::kWritten);
  });
}

/// As if another controller reverted it each time.
TEST_F(StatusWrite, IsRateLimited) {
  server_.on("PATCH", kPath, [](FakeExchange& x) { x.reply(200, service_with(R"({"phase":"Ready"})")); });
  const auto start = std::chrono::steady_clock::now();
  const auto outcomes = write(R"({"phase":"Loading"})", R"({"phase":"Ready"})", kStatusBurst + 2);
  EXPECT_EQ(outcomes.at(kStatusBurst - 1).result, Result::kWritten);
  EXPECT_EQ(outcomes.at(kStatusBurst).result, Result::kHeld);
  ASSERT_TRUE(outcomes.at(kStatusBurst + 1).again_at);
  EXPECT_GT(*outcomes.at(kStatusBurst + 1).again_at, start);
  EXPECT_LE(*outcomes.at(kStatusBurst + 1).again_at, std::chrono::steady_clock::now() + kStatusEvery);
  EXPECT_EQ(server_.requests().size(), std::size_t{kStatusBurst});
}

struct RefusalCase {
  std::string name;
  int code;
  std::string reason;
  Result result;
};
void PrintTo(const RefusalCase& c, std::ostream* out) {
  *out << c.name;
}

class StatusRefused : public StatusWrite, public testing::WithParamInterface<RefusalCase> {};

TEST_P(StatusRefused, HasAResult) {
  server_.on("PATCH", kPath,
             [](FakeExchange& x) { x.status(GetParam().code, GetParam().reason, {}, "in words"); });
  const StatusOutcome outcome = write("{}", R"({"phase":"Ready"})").front();
  EXPECT_EQ(outcome.result, GetParam().result);
  EXPECT_EQ(outcome.problem.empty(),
            GetParam().result != Result::kFailed && GetParam().result != Result::kRefused);
}

INSTANTIATE_TEST_SUITE_P(, StatusRefused,
                         testing::Values(RefusalCase{"Conflict", 409, "Conflict", Result::kConflict},
                                         RefusalCase{"Gone", 404, "NotFound", Result::kGone},
                                         RefusalCase{"Forbidden", 403, "Forbidden", Result::kRefused},
                                         RefusalCase{"Internal", 500, "InternalError", Result::kFailed}),
                         [](const auto& c) { return c.param.name; });

}  // namespace
}  // namespace modelgate::reconciler
