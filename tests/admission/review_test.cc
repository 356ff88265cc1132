// SPDX-License-Identifier: Apache-2.0
#include "admission/review.h"

#include <gtest/gtest.h>

#include "spec/warning_limits.h"

namespace modelgate::admission {
namespace {

using spec::Arena;
using spec::parse_json;

constexpr std::string_view kReview =
    R"({"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{
  "uid":"u-1","kind":{"group":"serving.kserve.io","version":"v1beta1","kind":"InferenceService"},
  "name":"iris","namespace":"ns","operation":"UPDATE","dryRun":true,
  "object":{"spec":{"predictor":{}}},"oldObject":{"spec":{"a":[1]}}}})";

/// kReview with one part replaced.
std::string with(std::string_view part, std::string_view other) {
  std::string text(kReview);
  const auto at = text.find(part);
  EXPECT_NE(at, text.npos) << part;
  return text.replace(at, part.size(), other);
}

TEST(Review, IsDecoded) {
  Arena arena;
  const auto r = decode_review(kReview, arena);
  ASSERT_TRUE(r) << r.error().message;
  EXPECT_EQ(r->api_version, "admission.k8s.io/v1");
  EXPECT_EQ(r->uid, "u-1");
  EXPECT_EQ(r->operation, Operation::kUpdate);
  EXPECT_TRUE(r->dry_run);
  EXPECT_EQ(r->group, "serving.kserve.io");
  EXPECT_EQ(r->version, "v1beta1");
  EXPECT_EQ(r->kind, "InferenceService");
  EXPECT_EQ(r->name, "iris");
  EXPECT_EQ(r->namespace_, "ns");
  ASSERT_NE(r->object, nullptr);
  EXPECT_EQ(spec::to_json(*r->object), R"({"spec":{"predictor":{}}})");
  EXPECT_EQ(r->old_object_text, R"({"spec":{"a":[1]}})");
  EXPECT_EQ(spec::to_json(*read_old_object(*r, arena)), R"({"spec":{"a":[1]}})");
}

TEST(Review, OfV1beta1IsDecoded) {
  Arena arena;
  const std::string body = with("admission.k8s.io/v1", "admission.k8s.io/v1beta1");
  const auto r = decode_review(body, arena);
  ASSERT_TRUE(r);
  EXPECT_NE(encode_response(*r, {}).find(R"("apiVersion":"admission.k8s.io/v1beta1")"), std::string::npos);
}

struct Malformed {
  const char* name;
  std::string body;
  const char* message;
};
void PrintTo(const Malformed& c, std::ostream* os) {
  *os << c.name;
}

class MalformedReview : public testing::TestWithParam<Malformed> {};
TEST_P(MalformedReview, IsAnErrorWithAReason) {
  Arena arena;
  const auto r = decode_review(GetParam().body, arena);
  ASSERT_FALSE(r);
  EXPECT_NE(r.error().message.find(GetParam().message), std::string::npos) << r.error().message;
}
INSTANTIATE_TEST_SUITE_P(
    Bodies, MalformedReview,
    testing::Values(
        Malformed{"Empty", "", "malformed JSON"}, Malformed{"NotJson", "hello", "malformed JSON at byte 0"},
        Malformed{"Truncated", std::string(kReview.substr(0, 100)), "malformed JSON"},
        Malformed{"Array", "[]", "not an object"},
        Malformed{"NoVersion", "{}", "apiVersion \"\" is not known"},
        Malformed{"UnknownVersion", with("admission.k8s.io/v1", "admission.k8s.io/v2"),
                  "apiVersion \"admission.k8s.io/v2\" is not known"},
        Malformed{"UnknownKind", with("AdmissionReview", "Review"), "kind \"Review\" is not known"},
        Malformed{"VersionOfAnotherType", with("\"admission.k8s.io/v1\"", "1"),
                  "apiVersion \"\" is not known"},
        Malformed{"NoRequest", R"({"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview"})",
                  "no request"},
        Malformed{"NullRequest",
                  R"({"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":null})",
                  "no request"},
        Malformed{"RequestOfAnotherType",
                  R"({"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":[]})",
                  "no request"},
        Malformed{"NoUid", with("\"u-1\"", "null"), "no uid"},
        Malformed{"UidOfAnotherType", with("\"u-1\"", "7"), "no uid"},
        Malformed{"UnknownOperation", with("UPDATE", "PATCH"), "operation \"PATCH\" is not known"},
        Malformed{"ObjectOfAnotherType", with(R"({"spec":{"predictor":{}}})", "\"x\""),
                  "object is not an object"},
        Malformed{"DuplicateKey", with(R"("uid":"u-1")", R"("uid":"u-1","uid":"u-2")"),
                  "duplicate key \"uid\" in request"},
        Malformed{"DuplicateObject", with(R"("object":)", R"("object":{},"object":)"),
                  "duplicate key \"object\" in request"},
        Malformed{"InvalidUtf8", with("iris", "ir\xFFs"), "UTF-8"},
        Malformed{"HugeNumber", with("true", "1e999"), "malformed JSON"}),
    [](const auto& i) { return i.param.name; });

TEST(Review, WithAMalformedOldObjectIsAnError) {
  Arena arena;
  const std::string body = with(R"({"spec":{"a":[1]}})", R"({"a":1,"a":2})");
  const auto r = decode_review(body, arena);
  ASSERT_TRUE(r);
  const auto old = read_old_object(*r, arena);
  ASSERT_FALSE(old);
  EXPECT_NE(old.error().message.find("oldObject: duplicate key"), std::string::npos);
}

TEST(Review, WithoutAnOldObjectGivesNull) {
  Arena arena;
  const std::string body = with(R"({"spec":{"a":[1]}})", "null");
  const auto r = decode_review(body, arena);
  ASSERT_TRUE(r);
  EXPECT_TRUE(read_old_object(*r, arena)->IsNull());
}

/// The response as JSON.
struct Encoded {
  Arena arena;
  spec::Value value;
  const spec::Value& response() const { return *spec::find(value, "response"); }
};

std::unique_ptr<Encoded> encode(const Response& response) {
  auto out = std::make_unique<Encoded>();
  const auto review = decode_review(kReview, out->arena);
  out->value = *parse_json(encode_response(*review, response), out->arena);
  return out;
}

TEST(ResponseEncoding, CarriesUidAndPatch) {
  // One, two and three bytes over a multiple of three: each padding of base64.
  const std::pair<const char*, const char*> patches[] = {
      {"[]", "W10="}, {"[1]", "WzFd"}, {"[12]", "WzEyXQ=="}};
  for (const auto& [text, base64] : patches) {
    Response r;
    r.patch = text;
    const auto e = encode(r);
    EXPECT_EQ(
        spec::to_json(e->response()),
        std::string(R"({"uid":"u-1","allowed":true,"patchType":"JSONPatch","patch":")") + base64 + "\"}");
  }
}

TEST(ResponseEncoding, OfADenialIsAStatus) {
  Response r;
  r.allowed = false;
  r.message = "a \"b\"\nc";
  r.patch = "[1]";
  r.causes = {{"spec.x", "FieldValueInvalid", "Invalid value: \"y\""}};
  r.audit_annotations = {{"denied-by", "some-rule"}};
  EXPECT_EQ(
      spec::to_json(encode(r)->response()),
      R"({"uid":"u-1","allowed":false,"status":{"status":"Failure","code":422,"reason":"Invalid","message":"a \"b\"\nc",)"
      R"("details":{"name":"iris","group":"serving.kserve.io","kind":"InferenceService","causes":[{"reason":"FieldValueInvalid",)"
      R"("message":"Invalid value: \"y\"","field":"spec.x"}]}},"auditAnnotations":{"denied-by":"some-rule"}})");
}

TEST(Warnings, AreCutForTheApiServer) {
  const std::string euro = "\xE2\x82\xAC";
  struct Row {
    std::string in;
    std::string out;
  };
  const Row rows[] = {
      {"plain", "plain"},
      {"two\nlines\tand\x7F", "two lines and "},
      {std::string(256, 'a'), std::string(256, 'a')},
      {std::string(257, 'a'), std::string(253, 'a') + "..."},
      {std::string(252, 'a') + euro + euro, std::string(252, 'a') + "..."},
      {std::string(250, 'a') + euro + euro, std::string(250, 'a') + euro + euro},
      {std::string(251, 'a') + euro + euro, std::string(251, 'a') + "..."},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(fit_warning(row.in), row.out);
    EXPECT_LE(fit_warning(row.in).size(), spec::kMaxWarningBytes);
  }
}

TEST(Warnings, StayWithinTheirBudget) {
  const auto send = [](std::size_t count) {
    Response r;
    r.warnings.assign(count, {.rule = "r", .text = std::string(256, 'w')});
    auto e = encode(r);
    std::vector<std::string> out;
    std::size_t bytes = 0;
    for (const spec::Value& w : spec::find(e->response(), "warnings")->GetArray()) {
      out.emplace_back(spec::text_of(w));
      bytes += out.back().size();
    }
    EXPECT_LE(bytes, spec::kMaxWarningsBytes);
    return out;
  };
  EXPECT_EQ(send(16).size(), 16U);  // 16 * 256 = 4096
  EXPECT_EQ(send(16).back(), std::string(256, 'w'));
  EXPECT_EQ(send(17).size(), 16U);
  EXPECT_EQ(send(17).back(), "and 2 further warnings");
}

}  // namespace
}  // namespace modelgate::admission
