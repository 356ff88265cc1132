// SPDX-License-Identifier: Apache-2.0
#include "certs/key_pair.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "certs/authority.h"

namespace modelgate::certs {
namespace {

using namespace std::chrono_literals;
using Kind = CertificateError::Kind;

const TimePoint kNow = std::chrono::sys_days(std::chrono::year(2026) / 11 / 23) + 12h;

struct Made {
  std::string ca;
  std::string leaf;
  std::string key;
  std::string other_key;
};

// Created once, since all cases use the same keys.
const Made& made() {
  static const Made kMade = [] {
    const auto ca = Authority::make({.now = kNow});
    const auto leaf = ca->sign({.dns_names = {"a"}, .now = kNow});
    const auto other = ca->sign({.dns_names = {"a"}, .now = kNow});
    return Made{ca->certificate_pem(), (*leaf)->chain_pem(), (*leaf)->key_pem(), (*other)->key_pem()};
  }();
  return kMade;
}

// PKCS #8, AES-256-CBC: what `openssl genpkey -aes256` writes. The password does not matter.
constexpr const char* kEncryptedKey =
    "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
    "MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAgAAAAAAAAAAAICCAAw\n"
    "DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEAAAAAAAAAAAAAAAAAAAAAAEgZAA\n"
    "-----END ENCRYPTED PRIVATE KEY-----\n";

struct BadCase {
  const char* name;
  std::string chain;
  std::string key;
  Kind kind;
};

class BadPair : public testing::TestWithParam<BadCase> {};

TEST_P(BadPair, IsRejectedByKind) {
  const auto pair = KeyPair::from_pem(GetParam().chain, GetParam().key);
  ASSERT_FALSE(pair.has_value());
  EXPECT_EQ(pair.error().kind, GetParam().kind) << pair.error().text;
  EXPECT_EQ(pair.error().text.find("PRIVATE"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(
    Table, BadPair,
    testing::Values(
        BadCase{"EmptyCertificate", "", made().key, Kind::kMalformed},
        BadCase{"EmptyKey", made().leaf, "", Kind::kMalformed},
        BadCase{"NoPem", "hello", made().key, Kind::kMalformed},
        BadCase{"HalfCertificate", made().leaf.substr(0, made().leaf.size() / 2), made().key,
                Kind::kMalformed},
        BadCase{"HalfKey", made().leaf, made().key.substr(0, made().key.size() / 2), Kind::kMalformed},
        BadCase{"SecondCertificateBroken",
                made().leaf + "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", made().key,
                Kind::kMalformed},
        BadCase{"KeyOfAnother", made().leaf, made().other_key, Kind::kMismatch},
        BadCase{"CaFirst", made().ca + made().leaf, made().key, Kind::kMismatch},
        BadCase{"EncryptedKeyDoesNotPrompt", made().leaf, kEncryptedKey, Kind::kMalformed},
        BadCase{"TooLarge", made().leaf + std::string(kMaxPemBytes, '\n'), made().key, Kind::kTooLarge}),
    [](const auto& info) { return info.param.name; });

TEST(KeyPair, KeepsTheWholeChain) {
  const auto pair = KeyPair::from_pem("a line of text\n" + made().leaf + made().ca, made().key);
  ASSERT_TRUE(pair.has_value());
  EXPECT_EQ((*pair)->chain().size(), 2U);
  EXPECT_EQ((*pair)->chain_pem(), made().leaf + made().ca);
  EXPECT_EQ((*pair)->fingerprint().size(), 64U);
}

TEST(KeyPair, ChainLengthHasALimit) {
  std::string chain = made().leaf;
  for (std::size_t i = 1; i < kMaxChainLength; ++i) chain += made().ca;
  EXPECT_TRUE(KeyPair::from_pem(chain, made().key).has_value());
  EXPECT_FALSE(KeyPair::from_pem(chain + made().ca, made().key).has_value());
}

TEST(KeyPair, FileOfExactlyTheLimitIsRead) {
  const std::string padding(kMaxPemBytes - made().leaf.size(), '\n');
  EXPECT_TRUE(KeyPair::from_pem(made().leaf + padding, made().key).has_value());
}

TEST(KeyPair, DatesDependOnTheTime) {
  const auto pair = KeyPair::from_pem(made().leaf, made().key);
  ASSERT_TRUE(pair.has_value());
  EXPECT_TRUE((*pair)->check_dates(kNow).has_value());
  EXPECT_TRUE((*pair)->check_dates((*pair)->not_before()).has_value());
  EXPECT_EQ((*pair)->check_dates((*pair)->not_before() - 1s).error().kind, Kind::kNotYetValid);
  EXPECT_TRUE((*pair)->check_dates((*pair)->not_after() - 1s).has_value());
  EXPECT_EQ((*pair)->check_dates((*pair)->not_after()).error().kind, Kind::kExpired);
}

}  // namespace
}  // namespace modelgate::certs
