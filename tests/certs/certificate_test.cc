// SPDX-License-Identifier: Apache-2.0
#include "certs/certificate.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "certs/authority.h"

namespace modelgate::certs {
namespace {

using namespace std::chrono_literals;

const TimePoint kNow = std::chrono::sys_days(std::chrono::year(2026) / 11 / 23) + 12h;

TEST(ReadCertificates, ReturnsEachInOrder) {
  const Authority one = *Authority::make({.lifetime = 24h, .now = kNow});
  const Authority two = *Authority::make({.now = kNow});
  const auto leaf = *two.sign({.dns_names = {"a"}, .now = kNow});
  const auto read = read_certificates("# ours\n" + one.certificate_pem() + "\n" + leaf->chain_pem());
  ASSERT_TRUE(read.has_value());
  ASSERT_EQ(read->size(), 2U);
  EXPECT_EQ(read->front().pem, one.certificate_pem());
  EXPECT_EQ(read->front().fingerprint, one.fingerprint());
  EXPECT_EQ(read->front().not_after, kNow + 24h);
  EXPECT_EQ(read->front().not_before, kNow - kBackdate);
  EXPECT_TRUE(read->front().is_ca);
  EXPECT_EQ(read->back().fingerprint, leaf->fingerprint());
  EXPECT_FALSE(read->back().is_ca);
}

// Created with openssl req -x509 -days 2912000: until 9999, which means no end in RFC 5280.
constexpr const char* kEndless = R"(-----BEGIN CERTIFICATE-----
MIIBejCCASGgAwIBAgIUJWcRsHk/Xl4aW8+MyMZ7+05JoFgwCgYIKoZIzj0EAwIw
EjEQMA4GA1UEAwwHZW5kbGVzczAgFw0yNjExMjMxNTM4MDVaGA85OTk5MDkwNjE1
MzgwNVowEjEQMA4GA1UEAwwHZW5kbGVzczBZMBMGByqGSM49AgEGCCqGSM49AwEH
A0IABBWWqf6qtYqxtsPqRa34AyEL+4xp1jJPC/Yj8CDgmA56BHgyFWTz/IN+tVGV
dT0wgbS4ZDnPJmw3La6qbCP33lijUzBRMB0GA1UdDgQWBBQRJClEYIF0pyMmI1+0
ADfdT19cQDAfBgNVHSMEGDAWgBQRJClEYIF0pyMmI1+0ADfdT19cQDAPBgNVHRMB
Af8EBTADAQH/MAoGCCqGSM49BAMCA0cAMEQCIAc9kM+bverSVooLu632XPJuwPqv
jkfAoQWax2MHtnCmAiBK86qyuSGoM20HOC5tbLGHLkzotNGH8/9/vBDzdUqmZQ==
-----END CERTIFICATE-----
)";

TEST(ReadCertificates, ReadsACertificateWithoutEnd) {
  const auto read = read_certificates(kEndless);
  ASSERT_TRUE(read.has_value());
  EXPECT_GT(read->front().not_after, kNow + std::chrono::years(200));
}

TEST(ReadCertificates, RejectsTextWithoutCertificate) {
  for (const char* text : {"", "hello", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"}) {
    EXPECT_FALSE(read_certificates(text).has_value()) << text;
  }
}

TEST(ReadCertificates, ThatAreTooMany) {
  const std::string one = Authority::make({.now = kNow})->certificate_pem();
  std::string many;
  for (std::size_t i = 0; i < kMaxChainLength; ++i) many += one;
  EXPECT_TRUE(read_certificates(many).has_value());
  EXPECT_FALSE(read_certificates(many + one).has_value());
}

TEST(Trusts, ByTheIssuersKeyNotByItsName) {
  const Authority ours = *Authority::make({.now = kNow});
  const Authority same_name = *Authority::make({.now = kNow});
  const auto leaf = *ours.sign({.dns_names = {"a"}, .now = kNow});
  EXPECT_TRUE(trusts(*read_certificates(ours.certificate_pem()), *leaf));
  EXPECT_FALSE(trusts(*read_certificates(same_name.certificate_pem()), *leaf));
  EXPECT_TRUE(trusts(*read_certificates(same_name.certificate_pem() + ours.certificate_pem()), *leaf));
  EXPECT_FALSE(trusts({}, *leaf));
}

TEST(Trusts, TheLeafItselfWhereThatIsInTheBundle) {
  const auto leaf = *Authority::make({.now = kNow})->sign({.dns_names = {"a"}, .now = kNow});
  EXPECT_TRUE(trusts(*read_certificates(leaf->chain_pem()), *leaf));
}

TEST(Trusts, NoClientCertificate) {
  const Authority ours = *Authority::make({.now = kNow});
  const auto client = *ours.sign({.dns_names = {"a"}, .for_client = true, .now = kNow});
  EXPECT_FALSE(trusts(*read_certificates(ours.certificate_pem()), *client));
}

TEST(Trusts, IgnoringTheDate) {
  const Authority ours = *Authority::make({.lifetime = 1h, .now = kNow - 24h * 3650});
  const auto leaf = *ours.sign({.dns_names = {"a"}, .now = kNow - 24h * 3650});
  EXPECT_TRUE(trusts(*read_certificates(ours.certificate_pem()), *leaf));
}

}  // namespace
}  // namespace modelgate::certs
