// SPDX-License-Identifier: Apache-2.0
#include "spec/text/base64.h"

#include <gtest/gtest.h>

namespace modelgate::text {
namespace {

TEST(Base64, DecodesWhatItEncodes) {
  std::string bytes;
  for (int i = 0; i < 300; ++i) {
    const std::string encoded = encode_base64(bytes);
    EXPECT_EQ(decode_base64(encoded), bytes);
    EXPECT_EQ(decode_base64(encoded, LineBreaks::kReject), bytes);
    bytes += static_cast<char>(i * 7);
  }
}

struct VectorCase {
  const char* name;
  std::string_view bytes;
  std::string_view text;
};

class Rfc4648 : public testing::TestWithParam<VectorCase> {};

TEST_P(Rfc4648, EncodesAndDecodes) {
  EXPECT_EQ(encode_base64(GetParam().bytes), GetParam().text);
  EXPECT_EQ(decode_base64(GetParam().text), GetParam().bytes);
}

// Section 10 of the RFC, and bytes that are not text.
INSTANTIATE_TEST_SUITE_P(Base64, Rfc4648,
                         testing::Values(VectorCase{"Empty", "", ""}, VectorCase{"One", "f", "Zg=="},
                                         VectorCase{"Two", "fo", "Zm8="}, VectorCase{"Three", "foo", "Zm9v"},
                                         VectorCase{"Four", "foob", "Zm9vYg=="},
                                         VectorCase{"Five", "fooba", "Zm9vYmE="},
                                         VectorCase{"Six", "foobar", "Zm9vYmFy"},
                                         VectorCase{"LastDigits", "\xff\xef", "/+8="},
                                         VectorCase{"Nuls", std::string_view("\0\0", 2), "AAA="}),
                         [](const auto& row) { return row.param.name; });

struct DecodeCase {
  const char* name;
  std::string_view text;
  std::optional<std::string> skipping, rejecting;  // with line breaks skipped, and rejected
};

class DecodeBase64 : public testing::TestWithParam<DecodeCase> {};

TEST_P(DecodeBase64, ChecksTheText) {
  EXPECT_EQ(decode_base64(GetParam().text, LineBreaks::kSkip), GetParam().skipping);
  EXPECT_EQ(decode_base64(GetParam().text, LineBreaks::kReject), GetParam().rejecting);
}

INSTANTIATE_TEST_SUITE_P(
    Table, DecodeBase64,
    testing::Values(
        DecodeCase{"LineBreaks", "YW\r\nI=\n", "ab", {}}, DecodeCase{"LastLineBreak", "Zm9v\n", "foo", {}},
        DecodeCase{"OnlyLineBreaks", "\n\n\n\n", "", {}}, DecodeCase{"UnusedBits", "Zh==", "f", "f"},
        DecodeCase{"OneDigit", "Y", {}, {}}, DecodeCase{"NoPadding", "Zg", {}, {}},
        DecodeCase{"ShortPadding", "Zg=", {}, {}}, DecodeCase{"LongPadding", "YWI==", {}, {}},
        DecodeCase{"ThreePadding", "Z===", {}, {}}, DecodeCase{"OnlyPadding", "====", {}, {}},
        DecodeCase{"OnePadding", "=", {}, {}}, DecodeCase{"PaddingInside", "YW=I", {}, {}},
        DecodeCase{"TwoTexts", "Zg==Zg==", {}, {}}, DecodeCase{"BlankInside", "YW I=", {}, {}},
        DecodeCase{"BlanksBefore", "    Zm9v", {}, {}}, DecodeCase{"HyphensAfter", "Zm9v----", {}, {}},
        DecodeCase{"UrlAlphabet", "Zm9-", {}, {}}, DecodeCase{"Nul", std::string_view("Zm9\0", 4), {}, {}},
        DecodeCase{"NotAscii", "Zm\xC3\xA9", {}, {}}),
    [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace modelgate::text
