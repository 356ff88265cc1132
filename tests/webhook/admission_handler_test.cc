// SPDX-License-Identifier: Apache-2.0

// The HTTP side of a review, and the lookup loop. The decisions of admission/ are tested there; here they
// are fakes.

#include "webhook/admission_handler.h"

#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "spec/json.h"
#include "spec/lookup_rounds.h"
#include "webhook/paths.h"

namespace modelgate::webhook {
namespace {

using admission::Fact;
using admission::Needs;
using admission::ObjectKey;
using admission::Outcome;
using admission::Response;
using std::chrono::steady_clock;

constexpr std::string_view kMutate = "/mutate-serving-kserve-io-v1beta1-inferenceservice";
constexpr std::string_view kMutatePods = "/mutate-pods";
constexpr std::string_view kReview =
    R"({"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{
  "uid":"u-1","kind":{"group":"serving.kserve.io","version":"v1beta1","kind":"InferenceService"},
  "resource":{"group":"serving.kserve.io","version":"v1beta1","resource":"inferenceservices"},
  "name":"a","namespace":"b","operation":"CREATE","object":{"metadata":{"name":"a"}}}})";

Outcome allow_all(admission::Endpoint, admission::Review&, const spec::Catalog&, const admission::Facts&,
                  spec::Arena&) {
  return Response{};
}

Outcome deny_all(admission::Endpoint, admission::Review&, const spec::Catalog&, const admission::Facts&,
                 spec::Arena&) {
  Response response;
  response.allowed = false;
  return response;
}

Outcome warn_if_strict_would_deny(admission::Endpoint, admission::Review&, const spec::Catalog&,
                                  const admission::Facts&, spec::Arena&) {
  Response response;
  response.strict_would_deny = true;
  return response;
}

Outcome throw_always(admission::Endpoint, admission::Review&, const spec::Catalog&, const admission::Facts&,
                     spec::Arena&) {
  throw std::logic_error("a bug");
}

ObjectKey secret(int round) {
  return {.kind = "Secret", .namespace_ = "b", .name = std::to_string(round)};
}

// Needs kRounds Secrets, one after the other, and lists their states in its warnings. Fails if the review was
// changed by the round before.
template <int kRounds>
Outcome need_rounds(admission::Endpoint, admission::Review& review, const spec::Catalog&,
                    const admission::Facts& facts, spec::Arena& arena) {
  if (spec::find(*review.object, "changed") != nullptr) throw std::logic_error("the review is not a new one");
  spec::set_member(*review.object, "changed", spec::make_literal("yes"), arena);
  Response response;
  for (int round = 0; round < kRounds; ++round) {
    const Fact* const fact = facts.find(secret(round));
    if (fact == nullptr) return Needs{.objects = {secret(round)}};
    response.warnings.push_back({.rule = "test",
                                 .text = fact->state == Fact::State::kUnknown  ? "unknown"
                                         : fact->state == Fact::State::kAbsent ? "absent"
                                                                               : "present"});
  }
  return response;
}

// Needs these objects in one round, and lists the unknown ones as unread.
std::vector<ObjectKey> needed;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)

Outcome need_all(admission::Endpoint, admission::Review&, const spec::Catalog&, const admission::Facts& facts,
                 spec::Arena&) {
  if (facts.empty()) return Needs{.objects = needed};
  Response response;
  for (const auto& [key, fact] : facts) {
    if (fact.state == Fact::State::kUnknown) response.unread.push_back(key);
  }
  return response;
}

// Is complete unless the service "a/x" is present; then warns of it. Counts its calls in `reviews`.
int reviews = 0;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)
const ObjectKey kOther{.kind = "InferenceService", .namespace_ = "a", .name = "x"};

Outcome warn_if_present(admission::Endpoint, admission::Review&, const spec::Catalog&,
                        const admission::Facts& facts, spec::Arena&) {
  ++reviews;
  Response response;
  const Fact* const fact = facts.find(kOther);
  if (fact == nullptr) response.unless_present = {kOther};
  if (fact != nullptr && fact->state == Fact::State::kPresent)
    response.warnings.push_back({.rule = "test", .text = "present"});
  return response;
}

// Answers "unknown".
class FailingFacts final : public FactSource {
 public:
  explicit FailingFacts(bool overloaded) : overloaded_(overloaded) {}
  std::optional<LookedUpFacts> look_up(const Needs& needs, std::string_view, http::SteadyTime,
                                       http::RunOnThread, std::function<void(LookedUpFacts)>) override {
    return all_unknown(needs, "403 Forbidden\nof the API server", overloaded_);
  }

 private:
  bool overloaded_;
};

// Answers "absent", or another state, at once or when the test calls answer().
class FakeFacts final : public FactSource {
 public:
  explicit FakeFacts(bool at_once, Fact::State state = Fact::State::kAbsent)
      : at_once_(at_once), state_(state) {}

  std::optional<LookedUpFacts> look_up(const Needs& needs, std::string_view ns, http::SteadyTime deadline,
                                       http::RunOnThread, std::function<void(LookedUpFacts)> later) override {
    last_namespace = ns;
    looked_up.insert(looked_up.end(), needs.objects.begin(), needs.objects.end());
    ++lookups;
    last_deadline = deadline;
    LookedUpFacts found;
    for (const ObjectKey& key : needs.objects) found.facts.emplace_back(key, Fact{.state = state_});
    if (at_once_) return found;
    answer = [later = std::move(later), found = std::move(found)] { later(found); };
    return std::nullopt;
  }

  int lookups = 0;
  std::string last_namespace;
  std::vector<ObjectKey> looked_up;
  http::SteadyTime last_deadline;
  std::function<void()> answer;

 private:
  bool at_once_;
  Fact::State state_;
};

class Later final : public http::ReplyLater {
 public:
  void reply(http::Reply reply) override {
    EXPECT_FALSE(got.has_value()) << "replied twice";
    got = std::move(reply);
  }
  http::RunOnThread thread() override {
    return [this](std::function<void()> task) { tasks.push_back(std::move(task)); };
  }
  bool may_wait() override { return room; }
  bool room = true;
  std::vector<std::function<void()>> tasks;
  std::optional<http::Reply> got;
};

class HandlerTest : public testing::Test {
 protected:
  AdmissionHandler handler(Admit admit) {
    return AdmissionHandler(spec::CatalogBuilder().build(1), facts_, metrics_.add_thread(), admit);
  }

  static http::Request request(std::string_view query = "") {
    return {.method = "POST",
            .path = kMutate,
            .query = query,
            .content_type = "application/json",
            .body = kReview};
  }

  BasicPathCounts<std::uint64_t> counts() const {
    return metrics_.sum().paths[*find_admission_path(kMutate)];
  }

  // The counter of a status code.
  std::uint64_t count_of(int code) const {
    for (std::size_t i = 0; i < kCountedCodes.size(); ++i) {
      if (kCountedCodes[i] == code) return counts().codes[i];
    }
    return metrics_.sum().not_found;
  }

  // A reply to a review that needs `objects`.
  http::Reply reply_to(std::string_view path, std::vector<ObjectKey> objects,
                       std::shared_ptr<FactSource> facts) {
    needed = std::move(objects);
    AdmissionHandler mine(spec::CatalogBuilder().build(1), std::move(facts), metrics_.add_thread(), need_all);
    http::Request asked = request();
    asked.path = path;
    auto reply = mine.handle(asked, later_);
    return reply ? std::move(*reply) : http::Reply{.status = 0};
  }

  std::shared_ptr<FakeFacts> facts_ = std::make_shared<FakeFacts>(true);
  AdmissionMetrics metrics_;
  Later later_;
};

struct RefusedCase {
  const char* name;
  const char* method;
  std::string_view path;
  const char* content_type;
  std::string_view body;
  int status;
};

class Refused : public HandlerTest, public testing::WithParamInterface<RefusedCase> {};

TEST_P(Refused, ByStatus) {
  AdmissionHandler mine = handler(allow_all);
  const RefusedCase& refused = GetParam();
  const auto reply = mine.handle({.method = refused.method,
                                  .path = refused.path,
                                  .query = "timeout=5s",
                                  .content_type = refused.content_type,
                                  .body = refused.body},
                                 later_);
  ASSERT_TRUE(reply.has_value());
  EXPECT_EQ(reply->status, refused.status) << reply->body;
  EXPECT_EQ(reply->allow, refused.status == 405 ? "POST" : "");
  EXPECT_EQ(count_of(refused.status), 1U);
  EXPECT_EQ(counts().in_flight, 0U);
}

constexpr const char* kJson = "application/json";

INSTANTIATE_TEST_SUITE_P(
    Table, Refused,
    testing::Values(
        RefusedCase{"Good", "POST", kMutate, kJson, kReview, 200},
        RefusedCase{"Charset", "POST", kMutate, "application/json; charset=utf-8", kReview, 200},
        RefusedCase{"UpperCaseType", "POST", kMutate, "Application/JSON", kReview, 200},
        RefusedCase{"UnknownPath", "POST", "/nosuch", kJson, kReview, 404},
        RefusedCase{"PathWithMore", "POST", "/mutate-pods/", kJson, kReview, 404},
        RefusedCase{"Get", "GET", kMutate, kJson, "", 405},
        RefusedCase{"Put", "PUT", kMutate, kJson, kReview, 405},
        RefusedCase{"NoType", "POST", kMutate, "", kReview, 415},
        RefusedCase{"Yaml", "POST", kMutate, "application/yaml", kReview, 415},
        RefusedCase{"JsonPatch", "POST", kMutate, "application/json-patch+json", kReview, 415},
        RefusedCase{"EmptyBody", "POST", kMutate, kJson, "", 400},
        RefusedCase{"HalfJson", "POST", kMutate, kJson, kReview.substr(0, 100), 400},
        RefusedCase{"NotAReview", "POST", kMutate, kJson, R"({"kind":"Pod","apiVersion":"v1"})", 400},
        RefusedCase{"NoRequest", "POST", kMutate, kJson,
                    R"({"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1"})", 400},
        RefusedCase{"UnknownVersion", "POST", kMutate, kJson,
                    R"({"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v7","request":{"uid":"a"}})",
                    400}),
    [](const auto& info) { return info.param.name; });

TEST_F(HandlerTest, ADenialHasStatus200AndIsCounted) {
  const auto reply = handler(deny_all).handle(request(), later_);
  ASSERT_TRUE(reply.has_value());
  EXPECT_EQ(reply->status, 200);
  EXPECT_NE(reply->body.find(R"("uid":"u-1")"), std::string::npos);
  EXPECT_NE(reply->body.find(R"("allowed":false)"), std::string::npos);
  EXPECT_EQ(counts().denied, 1U);
}

TEST_F(HandlerTest, CountsWhatStrictWouldDeny) {
  EXPECT_EQ(handler(warn_if_strict_would_deny).handle(request(), later_)->status, 200);
  EXPECT_EQ(counts().strict_would_deny, 1U);
  EXPECT_EQ(counts().denied, 0U);
}

TEST_F(HandlerTest, AnExceptionIs500AndTheNextRequestIsAnswered) {
  AdmissionHandler mine = handler(throw_always);
  for (int i = 0; i < 2; ++i) EXPECT_EQ(mine.handle(request(), later_)->status, 500);
  EXPECT_EQ(count_of(500), 2U);
  EXPECT_EQ(counts().in_flight, 0U);
}

TEST_F(HandlerTest, LooksUpFactsInRoundsAndDecodesTheReviewAgainForEach) {
  const auto reply = handler(need_rounds<3>).handle(request(), later_);
  ASSERT_TRUE(reply.has_value());
  EXPECT_EQ(reply->status, 200);
  EXPECT_NE(reply->body.find(R"("warnings":["absent","absent","absent"])"), std::string::npos) << reply->body;
  EXPECT_EQ(facts_->lookups, 3);
}

TEST_F(HandlerTest, FactsOfTheFourthRoundAreUnknownAndAFifthIsAnError) {
  const auto fourth = handler(need_rounds<4>).handle(request(), later_);
  EXPECT_EQ(fourth->status, 200);
  EXPECT_NE(fourth->body.find(R"(["absent","absent","absent","unknown"])"), std::string::npos)
      << fourth->body;
  EXPECT_EQ(facts_->lookups, spec::LookupRounds::kMax);
  EXPECT_EQ(handler(need_rounds<5>).handle(request(), later_)->status, 500);
}

struct DecidingCase {
  const char* name;
  Fact::State state;
  bool at_once;
  int reviews;
};
class Deciding : public HandlerTest, public testing::WithParamInterface<DecidingCase> {};

TEST_P(Deciding, ReviewsAgainOnlyIfTheObjectIsPresent) {
  reviews = 0;
  facts_ = std::make_shared<FakeFacts>(GetParam().at_once, GetParam().state);
  AdmissionHandler mine = handler(warn_if_present);
  auto reply = mine.handle(request(), later_);
  EXPECT_EQ(reply.has_value(), GetParam().at_once);
  if (!reply) {
    const auto answer = std::move(facts_->answer);
    answer();
    reply = std::move(later_.got);
  }
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 200);
  EXPECT_EQ(reply->body.contains("present"), GetParam().state == Fact::State::kPresent);
  EXPECT_EQ(facts_->looked_up, std::vector{kOther});
  EXPECT_EQ(counts().in_flight, 0U);
  EXPECT_EQ(reviews, GetParam().reviews);
}

INSTANTIATE_TEST_SUITE_P(Table, Deciding,
                         testing::Values(DecidingCase{"Absent", Fact::State::kAbsent, true, 1},
                                         DecidingCase{"AbsentLater", Fact::State::kAbsent, false, 1},
                                         DecidingCase{"Unknown", Fact::State::kUnknown, true, 1},
                                         DecidingCase{"Present", Fact::State::kPresent, true, 2},
                                         DecidingCase{"PresentLater", Fact::State::kPresent, false, 2}),
                         [](const auto& info) { return info.param.name; });

TEST_F(HandlerTest, FactsMayComeLaterWhileOthersAreAnswered) {
  facts_ = std::make_shared<FakeFacts>(false);
  AdmissionHandler mine = handler(need_rounds<2>);
  EXPECT_FALSE(mine.handle(request(), later_).has_value());
  EXPECT_EQ(counts().in_flight, 1U);

  http::Request other = request();
  other.path = "/nosuch";
  Later not_used;
  EXPECT_EQ(mine.handle(other, not_used)->status, 404);

  for (int round = 0; round < 2; ++round) {
    EXPECT_FALSE(later_.got.has_value());
    const auto answer = std::move(facts_->answer);
    answer();
  }
  ASSERT_TRUE(later_.got.has_value());
  EXPECT_EQ(later_.got->status, 200);
  EXPECT_NE(later_.got->body.find(R"(["absent","absent"])"), std::string::npos);
  EXPECT_EQ(counts().in_flight, 0U);
  EXPECT_EQ(counts().lookups, 2U);
}

TEST_F(HandlerTest, APodIsNotAnsweredWithoutAFactThatCannotBeRead) {
  const http::Reply reply = reply_to(kMutatePods, {secret(1)}, std::make_shared<FailingFacts>(false));
  EXPECT_EQ(reply.status, 500);
  EXPECT_FALSE(reply.retry_after);
  EXPECT_NE(reply.body.find("Secret 1 could not be read"), std::string::npos) << reply.body;
  EXPECT_NE(reply.body.find("403 Forbidden of the API server"), std::string::npos) << reply.body;
  EXPECT_EQ(metrics_.sum().paths[*find_admission_path(kMutatePods)].in_flight, 0U);
}

TEST_F(HandlerTest, APodIsAskedForAgainUnderLoad) {
  const http::Reply reply = reply_to(kMutatePods, {secret(1)}, std::make_shared<FailingFacts>(true));
  EXPECT_EQ(reply.status, 429);
  EXPECT_TRUE(reply.retry_after);
}

TEST_F(HandlerTest, WhatManifestsDoNotHaveIsAbsentForAPod) {
  kube::ManifestReader reader;
  const auto manifests = reader.finish(1);
  ASSERT_TRUE(manifests);
  EXPECT_EQ(reply_to(kMutatePods, {secret(1)}, std::make_shared<ManifestFacts>(*manifests)).status, 200);
}

TEST_F(HandlerTest, AnAbsentObjectIsAnAnswerForAPod) {
  EXPECT_EQ(reply_to(kMutatePods, {secret(1)}, facts_).status, 200);
}

TEST_F(HandlerTest, AServiceIsAnsweredWithoutFactsThatCannotBeRead) {
  for (const bool overloaded : {false, true})
    EXPECT_EQ(reply_to(kMutate, {secret(1)}, std::make_shared<FailingFacts>(overloaded)).status, 200);
}

std::vector<ObjectKey> secrets(int count) {
  std::vector<ObjectKey> out;
  for (int i = 0; i < count; ++i) out.push_back(secret(i));
  return out;
}

TEST_F(HandlerTest, AServiceGetsABoundedNumberOfLookups) {
  constexpr int kMax = spec::LookupRounds::kMaxObjects;
  EXPECT_EQ(reply_to(kMutate, secrets(kMax), facts_).status, 200);
  EXPECT_EQ(facts_->looked_up.size(), kMax);
  EXPECT_EQ(facts_->last_namespace, "b");
  facts_ = std::make_shared<FakeFacts>(true);
  EXPECT_EQ(reply_to(kMutate, secrets(kMax + 100), facts_).status, 200);
  EXPECT_EQ(facts_->looked_up.size(), kMax);
}

TEST_F(HandlerTest, APodGetsAllItsLookups) {
  EXPECT_EQ(reply_to(kMutatePods, secrets(40), facts_).status, 200);
  EXPECT_EQ(facts_->looked_up.size(), 40U);
}

struct TimeoutCase {
  const char* name;
  const char* query;
  std::chrono::milliseconds at_most;
  std::chrono::milliseconds at_least;
};

class Timeouts : public HandlerTest, public testing::WithParamInterface<TimeoutCase> {};

TEST_P(Timeouts, LimitTheLookup) {
  const auto before = steady_clock::now();
  handler(need_rounds<1>).handle(request(GetParam().query), later_);
  const auto after = steady_clock::now();
  EXPECT_LE(facts_->last_deadline, after + GetParam().at_most);
  EXPECT_GE(facts_->last_deadline, before + GetParam().at_least);
}

using namespace std::chrono_literals;

TEST_F(HandlerTest, WhileTooManyWaitOnlyRequestsThatNeedFactsAreRefused) {
  later_.room = false;
  EXPECT_EQ(handler(need_rounds<0>).handle(request(), later_)->status, 200);
  const auto refused = handler(need_rounds<1>).handle(request(), later_);
  ASSERT_TRUE(refused.has_value());
  EXPECT_EQ(refused->status, 429);
  EXPECT_TRUE(refused->retry_after);
  EXPECT_EQ(facts_->lookups, 0);
}

TEST_F(HandlerTest, TheTimeToReceiveARequestCountsForItsTimeout) {
  http::Request slow = request("timeout=5s");
  slow.taken = 4s;
  const auto before = steady_clock::now();
  handler(need_rounds<1>).handle(slow, later_);
  const auto after = steady_clock::now();
  EXPECT_LE(facts_->last_deadline, after + 500ms);
  EXPECT_GE(facts_->last_deadline, before + 500ms);
}

INSTANTIATE_TEST_SUITE_P(Table, Timeouts,
                         testing::Values(TimeoutCase{"OfTheRequest", "timeout=1s", 1s, 800ms},
                                         TimeoutCase{"OursIfShorter", "timeout=30s", kMaxReviewTime, 10s},
                                         TimeoutCase{"OursIfNone", "", kMaxReviewTime, 10s},
                                         TimeoutCase{"MalformedIsIgnored", "timeout=soon", kMaxReviewTime,
                                                     10s}),
                         [](const auto& info) { return info.param.name; });

TEST(Paths, AreKServes) {
  for (const AdmissionPath& path : admission_paths()) {
    const auto found = find_admission_path(path.path);
    ASSERT_TRUE(found.has_value());
    EXPECT_EQ(admission_paths()[*found].path, path.path);
  }
  EXPECT_LE(admission_paths().size(), kMaxPaths);
  EXPECT_FALSE(find_admission_path("").has_value());
}

}  // namespace
}  // namespace modelgate::webhook
