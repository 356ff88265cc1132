// SPDX-License-Identifier: Apache-2.0
#include "spec/json.h"

#include <gtest/gtest.h>

#include <string>

#include "spec/json_text.h"

namespace modelgate::spec {
namespace {

struct Case {
  const char* name;
  std::string in;
  std::string out;    // the document again, or
  std::string error;  // a part of the message
};

void PrintTo(const Case& c, std::ostream* os) {
  *os << c.name;
}

std::string repeat(std::string_view s, std::size_t n) {
  std::string out;
  for (std::size_t i = 0; i < n; ++i) out += s;
  return out;
}

class JsonReading : public testing::TestWithParam<Case> {};

TEST_P(JsonReading, ReturnsValueOrError) {
  const Case& c = GetParam();
  Arena arena;
  const auto r = parse_json(c.in, arena);
  if (c.error.empty()) {
    ASSERT_TRUE(r) << r.error().message;
    EXPECT_EQ(to_json(*r), c.out);
  } else {
    ASSERT_FALSE(r) << to_json(*r);
    EXPECT_NE(r.error().message.find(c.error), std::string::npos) << r.error().message;
  }
}

const std::size_t kDepth = JsonLimits{}.max_depth;

INSTANTIATE_TEST_SUITE_P(
    Documents, JsonReading,
    testing::Values(
        Case{"Empty", "", "", "empty"}, Case{"Blank", " \n", "", "empty"},
        Case{"Object", R"( {"a" : [ 1 ,true] } )", R"({"a":[1,true]})", ""},
        Case{"Scalar", "\"a\"", "\"a\"", ""}, Case{"Truncated", R"({"a":)", "", "invalid value"},
        Case{"Unterminated", R"({"a":"b)", "", "quotation"},
        Case{"TrailingComma", "[1,]", "", "invalid value"},
        Case{"TextBehind", "{} x", "", "must not be followed"},
        Case{"NulBehind", std::string("{}\0{}", 5), "", "text after"},
        Case{"Comment", "{}//", "", "must not be followed"}, Case{"SingleQuotes", "{'a':1}", "", "name"},
        Case{"NullMemberIsAbsent", R"({"a":null,"b":{"c":null}})", R"({"b":{}})", ""},
        Case{"NullElementStays", "[null,1]", "[null,1]", ""}, Case{"NullRoot", "null", "null", ""},
        Case{"Escapes", R"(["\"\\\/\b\f\n\r\t\u0041\u00e9\ud83d\ude00"])",
             "[\"\\\"\\\\/\\b\\f\\n\\r\\tA\xC3\xA9\xF0\x9F\x98\x80\"]", ""},
        Case{"RawControlCharacter", "[\"\x01\"]", "", "invalid"},
        Case{"HighSurrogateAlone", R"(["\ud800"])", "", "surrogate"},
        Case{"LowSurrogateAlone", R"(["\udc00"])", "", "UTF-8"},
        Case{"LowSurrogateInKey", R"({"\udc00":1})", "", "UTF-8"},
        Case{"DuplicateKey", R"({"a":1,"a":1})", "", R"(duplicate key "a")"},
        Case{"DuplicateKeyByEscape", R"({"a":1,"\u0061":1})", "", R"(duplicate key "a")"},
        Case{"DuplicateKeyBelow", R"({"x":[{"y":{"a":1,"b":2,"a":1}}]})", "",
             R"(duplicate key "a" in x[0].y)"},
        Case{"DuplicateKeyAmongMany",
             R"({"a":1,"b":1,"c":1,"d":1,"e":1,"f":1,"g":1,"h":1,"i":1,"j":1,"k":1,"l":1,"m":1,"b":1})", "",
             R"(duplicate key "b")"},
        Case{"SameKeyElsewhere", R"({"a":{"a":{"a":1}}})", R"({"a":{"a":{"a":1}}})", ""},
        Case{"EmptyKey", R"({"":1})", R"({"":1})", ""},
        Case{"DepthAtTheLimit", repeat("[", kDepth) + repeat("]", kDepth),
             repeat("[", kDepth) + repeat("]", kDepth), ""},
        Case{"DepthOverTheLimit", repeat("[", kDepth + 1) + repeat("]", kDepth + 1), "", "nested deeper"},
        Case{"DepthOfAMillion", repeat("[", 1'000'000), "", "nested deeper"}),
    [](const auto& i) { return i.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Numbers, JsonReading,
    testing::Values(Case{"Zero", "0", "0", ""}, Case{"MinusZero", "-0", "-0", ""},
                    Case{"LargestInteger", "9223372036854775807", "9223372036854775807", ""},
                    Case{"SmallestInteger", "-9223372036854775808", "-9223372036854775808", ""},
                    Case{"BeyondIntegers", "9223372036854775808", "9223372036854775808", ""},
                    Case{"Fraction", "0.10", "0.1", ""}, Case{"WholeFraction", "1.0", "1", ""},
                    Case{"Exponent", "1e3", "1000", ""}, Case{"ExponentUpper", "1E+2", "100", ""},
                    Case{"NoFractionDigits", "0.", "", "fraction"},
                    Case{"NoExponentDigits", "1e", "", "exponent"},
                    Case{"TwentyZeros", "00000000000000000000", "", "must not be followed"},
                    Case{"LeadingZero", "01", "", "must not be followed"},
                    Case{"Minus", "-", "", "invalid value"}, Case{"Plus", "+1", "", "invalid value"},
                    Case{"NaN", "NaN", "", "invalid value"},
                    Case{"UnderflowOfRapidJson", "1e-2147483639", "0", ""},
                    Case{"UnderflowFurther", "1e-99999999999999999999", "0", ""},
                    Case{"Denormal", "4.9e-324", "5e-324", ""},
                    Case{"LargestDouble", "1.7976931348623157e308", "1.7976931348623157e+308", ""},
                    Case{"OverLargestDouble", "1.8e308", "", "number"},
                    Case{"FarOver", "1e400", "", "number"}, Case{"FarOverNegative", "-1e400", "", "number"},
                    Case{"ManyDigits", "0." + repeat("0", 5000) + "1", "0", ""},
                    Case{"TooManyDigits", "1" + repeat("0", 400), "", "number"}),
    [](const auto& i) { return i.param.name; });

// Strings are read and written a word at a time: all lengths, with an escape at each position.
TEST(JsonReading, ReadsStringsWithEscapesAtAnyPosition) {
  for (const std::string_view escape : {R"(\")", R"(\\)", R"(\n)", R"(\u001f)", "\u00e4"}) {
    for (std::size_t length = 0; length < 36; ++length) {
      for (std::size_t at = 0; at <= length; ++at) {
        const std::string inner = repeat("x", at) + std::string(escape) + repeat("y", length - at);
        const std::string text = "{\"" + inner + "\":\"" + inner + "\"}";
        Arena arena;
        const auto r = parse_json(text, arena);
        ASSERT_TRUE(r) << text;
        ASSERT_EQ(to_json(*r), text);
      }
    }
  }
}

TEST(JsonReading, RejectsControlCharactersAtAnyPosition) {
  for (std::size_t at = 0; at < 36; ++at) {
    Arena arena;
    EXPECT_FALSE(parse_json("\"" + repeat("x", at) + "\x1f" + repeat("y", 36 - at) + "\"", arena)) << at;
    EXPECT_FALSE(parse_json("\"" + repeat("x", at), arena)) << at;
  }
}

// Up to 32 members are compared in pairs, more are sorted.
TEST(JsonReading, FindsDuplicatesInObjectsOfAnySize) {
  for (const int size : {2, 31, 32, 33, 100}) {
    std::string text = "{";
    for (int i = 0; i < size; ++i) text += "\"k" + std::to_string(i) + "z\":0,";
    Arena arena;
    EXPECT_TRUE(parse_json(text + "\"other\":0}", arena)) << size;
    EXPECT_FALSE(parse_json(text + "\"k" + std::to_string(size - 1) + "z\":0}", arena)) << size;
  }
}

TEST(JsonReading, StringsReferToTheTextOnlyWithDeferred) {
  const std::string text = R"({"a-key-that-fits-into-no-value":"a-string-that-fits-into-no-value"})";
  const auto in_text = [&](const ParseOptions& options) {
    Arena arena;
    const auto r = parse_json(text, arena, options);
    const char* at = r->MemberBegin()->value.GetString();
    return at >= text.data() && at < text.data() + text.size();
  };
  std::string_view deferred;
  ParseOptions options;
  EXPECT_FALSE(in_text(options));
  options.deferred = &deferred;
  EXPECT_TRUE(in_text(options));
}

TEST(JsonReading, LimitsTheNumberOfValues) {
  Arena arena;
  ParseOptions options;
  options.limits.max_values = 5;
  EXPECT_TRUE(parse_json(R"({"a":[1,2]})", arena, options));  // object, key, array, two numbers
  EXPECT_FALSE(parse_json(R"({"a":[1,2,3]})", arena, options));
}

TEST(JsonReading, StopsAtTheLimitInSevenMebibytesOfZeros) {
  std::string text = "[" + repeat("0,", 3'670'000) + "0]";
  Arena arena;
  const auto r = parse_json(text, arena);
  ASSERT_FALSE(r);
  EXPECT_LT(r.error().offset, text.size() / 4);
  EXPECT_LT(arena.Size(), 1U << 20);
}

TEST(JsonReading, RejectsTextThatIsNotUtf8) {
  Arena arena;
  EXPECT_TRUE(parse_json("[\"\xE2\x82\xAC\"]", arena));
  EXPECT_FALSE(parse_json("[\"\xE2\x82\"]", arena));
  EXPECT_FALSE(parse_json("[\"\xED\xA0\x80\"]", arena));
}

TEST(JsonReading, SkipsManagedFields) {
  Arena arena;
  const auto r = parse_json(R"({"metadata":{"managedFields":[{"f:a":{"x":[1]}}],"name":"n"},"managedFields":1,
                               "spec":{"managedFields":{"kept":true}},
                               "items":[{"metadata":{"managedFields":null,"labels":{"managedFields":"kept"}}}]})",
                            arena);
  ASSERT_TRUE(r) << r.error().message;
  EXPECT_EQ(to_json(*r),
            R"({"metadata":{"name":"n"},"managedFields":1,"spec":{"managedFields":{"kept":true}},)"
            R"("items":[{"metadata":{"labels":{"managedFields":"kept"}}}]})");
  ParseOptions keep;
  keep.skip_managed_fields = false;
  EXPECT_EQ(to_json(*parse_json(R"({"metadata":{"managedFields":[1]}})", arena, keep)),
            R"({"metadata":{"managedFields":[1]}})");
}

struct DeferCase {
  const char* name;
  std::string in;
  std::string deferred;
  bool ok = true;
};
class Deferring : public testing::TestWithParam<DeferCase> {};
TEST_P(Deferring, ReturnsTheText) {
  Arena arena;
  std::string_view deferred;
  ParseOptions options;
  options.outer = "request";
  options.defer = "oldObject";
  options.deferred = &deferred;
  const auto r = parse_json(GetParam().in, arena, options);
  EXPECT_EQ(r.has_value(), GetParam().ok);
  if (r) {
    EXPECT_EQ(deferred, GetParam().deferred);
  }
}
INSTANTIATE_TEST_SUITE_P(
    OldObjects, Deferring,
    testing::Values(
        DeferCase{"Object", R"({"request":{"oldObject": {"a":["}",{}]} ,"uid":"u"}})", R"({"a":["}",{}]})"},
        DeferCase{"Empty", R"({"request":{"oldObject":{}}})", "{}"},
        DeferCase{"Null", R"({"request":{"oldObject":null,"uid":"u"}})", ""},
        DeferCase{"Scalar", R"({"request":{"oldObject":1}})", ""},
        DeferCase{"Elsewhere", R"({"other":{"oldObject":{}},"request":{"x":{"oldObject":{}}}})", ""},
        DeferCase{"MalformedIsFoundWhenItIsRead", R"({"request":{"oldObject":{"a":}}})", R"({"a":})"},
        DeferCase{"Unbalanced", R"({"request":{"oldObject":{"a":[}]}})", "", false},
        DeferCase{"Unterminated", R"({"request":{"oldObject":{"a":"}}})", "", false},
        DeferCase{"EscapedQuote", R"({"request":{"oldObject":{"a\\\"}":"\\"}}})", R"({"a\\\"}":"\\"})"},
        DeferCase{"QuotesOneAfterTheOther", R"({"request":{"oldObject":{"a":"\"\"}","b":""}}})",
                  R"({"a":"\"\"}","b":""})"},
        DeferCase{"SlashesBeforeTheQuote", R"({"request":{"oldObject":{"a":"\\\\","b":"}\\\""}}})",
                  R"({"a":"\\\\","b":"}\\\""})"},
        DeferCase{"EscapedLastQuote", R"({"request":{"oldObject":{"a":"\"}}})", "", false},
        DeferCase{"TextBehind", R"({"request":{"oldObject":{}.5}})", "", false},
        DeferCase{"NoColon", R"({"request":{"oldObject"{}}})", "", false},
        DeferCase{"Twice", R"({"request":{"oldObject":{},"oldObject":{}}})", "", false},
        DeferCase{"TooDeep", R"({"request":{"oldObject":{"a":)" + repeat("[", 200) + repeat("]", 200) + "}}}",
                  "", false}),
    [](const auto& i) { return i.param.name; });

TEST(JsonReading, FindsMembersByTheirFullName) {
  Arena arena;
  const Value v = *parse_json(R"({"name":1,"nama":2,"":3,"names":4})", arena);
  EXPECT_EQ(to_json(*find(v, "nama")), "2");
  EXPECT_EQ(to_json(*find(v, "")), "3");
  EXPECT_EQ(find(v, "nam"), nullptr);
  EXPECT_EQ(find(v, "namo"), nullptr);
  EXPECT_EQ(find(Value(1), "name"), nullptr);
}

TEST(JsonReading, SkipsMembers) {
  constexpr std::string_view kSkip[] = {"a", "b"};
  ParseOptions options;
  options.outer = "request";
  options.skip = kSkip;
  Arena arena;
  const auto r =
      parse_json(R"({"a":1,"request":{"a":{"x":[1]},"b":2,"c":{"a":3}},"other":{"a":4}})", arena, options);
  ASSERT_TRUE(r) << r.error().message;
  EXPECT_EQ(to_json(*r), R"({"a":1,"request":{"c":{"a":3}},"other":{"a":4}})");
  EXPECT_FALSE(parse_json(R"({"request":{"a":{"x":]}}})", arena, options));
}

struct EqualCase {
  const char* name;
  const char* a;
  const char* b;
  bool equal;
};
class Equality : public testing::TestWithParam<EqualCase> {};
TEST_P(Equality, AndCanonicalFormAgree) {
  Arena arena;
  const Value a = *parse_json(GetParam().a, arena);
  const Value b = *parse_json(GetParam().b, arena);
  EXPECT_EQ(equal(a, b), GetParam().equal);
  EXPECT_EQ(equal(b, a), GetParam().equal);
  EXPECT_EQ(to_canonical_json(a) == to_canonical_json(b), GetParam().equal);
  EXPECT_EQ(digest(a) == digest(b), GetParam().equal);
}
INSTANTIATE_TEST_SUITE_P(
    Values, Equality,
    testing::Values(
        EqualCase{"MembersInAnyOrder", R"({"a":1,"b":2})", R"({"b":2,"a":1})", true},
        EqualCase{"ElementsInOrder", "[1,2]", "[2,1]", false},
        EqualCase{"IntegerAndFraction", "1", "1.0", true}, EqualCase{"TextAndNumber", "\"1\"", "1", false},
        EqualCase{"NullMember", R"({"a":null})", "{}", true},
        EqualCase{"ExtraMember", R"({"a":1})", R"({"a":1,"b":1})", false},
        EqualCase{"OtherKey", R"({"a":1})", R"({"b":1})", false},
        EqualCase{"TrueAndFalse", "true", "false", false},
        EqualCase{"ManyMembers",
                  R"({"a":1,"b":2,"c":3,"d":4,"e":5,"f":6,"g":7,"h":8,"i":9,"j":10,"k":11,"l":12,"m":13})",
                  R"({"m":13,"l":12,"k":11,"j":10,"i":9,"h":8,"g":7,"f":6,"e":5,"d":4,"c":3,"b":2,"a":1})",
                  true},
        EqualCase{"ManyMembersOneDiffers",
                  R"({"a":1,"b":2,"c":3,"d":4,"e":5,"f":6,"g":7,"h":8,"i":9,"j":10,"k":11,"l":12,"m":13})",
                  R"({"m":14,"l":12,"k":11,"j":10,"i":9,"h":8,"g":7,"f":6,"e":5,"d":4,"c":3,"b":2,"a":1})",
                  false}),
    [](const auto& i) { return i.param.name; });

}  // namespace
}  // namespace modelgate::spec
