// SPDX-License-Identifier: Apache-2.0
#include "certs/authority.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "certs/openssl.h"

namespace modelgate::certs {
namespace {

using namespace std::chrono_literals;

const TimePoint kNow = std::chrono::sys_days(std::chrono::year(2026) / 11 / 23) + 12h;

Authority make_ca() {
  auto ca = Authority::make({.now = kNow});
  EXPECT_TRUE(ca.has_value());
  return std::move(*ca);
}

// Verifies a leaf as a TLS client does: chain to a trusted CA, purpose, time.
int verify(X509* leaf, const std::string& ca_pem, TimePoint when) {
  const BioPtr bio = read_bio(ca_pem);
  const X509Ptr ca(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  const std::unique_ptr<X509_STORE, OpensslFree<X509_STORE_free>> store(X509_STORE_new());
  X509_STORE_add_cert(store.get(), ca.get());
  const std::unique_ptr<X509_STORE_CTX, OpensslFree<X509_STORE_CTX_free>> context(X509_STORE_CTX_new());
  X509_STORE_CTX_init(context.get(), store.get(), leaf, nullptr);
  X509_STORE_CTX_set_purpose(context.get(), X509_PURPOSE_SSL_SERVER);
  X509_VERIFY_PARAM_set_flags(X509_STORE_CTX_get0_param(context.get()), X509_V_FLAG_X509_STRICT);
  X509_STORE_CTX_set_time(context.get(), 0, std::chrono::system_clock::to_time_t(when));
  X509_verify_cert(context.get());
  return X509_STORE_CTX_get_error(context.get());
}

TEST(Authority, LeafIsTrustedThroughItsCaAndNoOther) {
  const Authority ca = make_ca();
  const Authority other = make_ca();
  const auto leaf = ca.sign({.dns_names = {"webhook.modelgate.svc"}, .now = kNow});
  ASSERT_TRUE(leaf.has_value());
  EXPECT_EQ(verify((*leaf)->leaf(), ca.certificate_pem(), kNow), X509_V_OK);
  EXPECT_NE(verify((*leaf)->leaf(), other.certificate_pem(), kNow), X509_V_OK);
}

struct DateCase {
  const char* name;
  std::chrono::seconds after;
  int verdict;
};

class LeafDates : public testing::TestWithParam<DateCase> {};

TEST_P(LeafDates, AreBackdatedAndEnd) {
  const Authority ca = make_ca();
  const auto leaf = ca.sign({.dns_names = {"a"}, .lifetime = 24h, .now = kNow});
  ASSERT_TRUE(leaf.has_value());
  EXPECT_EQ(verify((*leaf)->leaf(), ca.certificate_pem(), kNow + GetParam().after), GetParam().verdict);
}

INSTANTIATE_TEST_SUITE_P(Both, LeafDates,
                         testing::Values(DateCase{"BeforeBackdate", -kBackdate - 1s,
                                                  X509_V_ERR_CERT_NOT_YET_VALID},
                                         DateCase{"AtBackdate", -kBackdate, X509_V_OK},
                                         DateCase{"LastSecond", 24h - 1s, X509_V_OK},
                                         DateCase{"Over", 24h + 1s, X509_V_ERR_CERT_HAS_EXPIRED}),
                         [](const auto& info) { return info.param.name; });

TEST(Authority, LeafNeverOutlivesItsCa) {
  const auto ca = Authority::make({.lifetime = 2h, .now = kNow});
  ASSERT_TRUE(ca.has_value());
  const auto leaf = ca->sign({.dns_names = {"a"}, .lifetime = 24h, .now = kNow});
  ASSERT_TRUE(leaf.has_value());
  EXPECT_EQ((*leaf)->not_after(), ca->not_after());
}

TEST(Authority, ExpiredCaSignsNothing) {
  const auto ca = Authority::make({.lifetime = 2h, .now = kNow});
  ASSERT_TRUE(ca.has_value());
  const auto leaf = ca->sign({.dns_names = {"a"}, .now = kNow + 3h});
  ASSERT_FALSE(leaf.has_value());
  EXPECT_EQ(leaf.error().kind, CertificateError::Kind::kExpired);
}

struct NameCase {
  const char* name;
  std::vector<std::string> dns;
  std::vector<std::string> ip;
  bool accepted;
};

class LeafNames : public testing::TestWithParam<NameCase> {};

TEST_P(LeafNames, AreChecked) {
  const auto leaf = make_ca().sign({.dns_names = GetParam().dns, .ip_addresses = GetParam().ip, .now = kNow});
  EXPECT_EQ(leaf.has_value(), GetParam().accepted);
  if (!leaf) {
    EXPECT_EQ(leaf.error().kind, CertificateError::Kind::kBadName);
    return;
  }
  for (const std::string& name : GetParam().dns) {
    EXPECT_EQ(X509_check_host((*leaf)->leaf(), name.data(), name.size(), 0, nullptr), 1) << name;
  }
  for (const std::string& address : GetParam().ip) {
    EXPECT_EQ(X509_check_ip_asc((*leaf)->leaf(), address.c_str(), 0), 1) << address;
  }
  EXPECT_EQ(X509_check_host((*leaf)->leaf(), "other.example", 0, 0, nullptr), 0);
}

INSTANTIATE_TEST_SUITE_P(
    Table, LeafNames,
    testing::Values(
        NameCase{"ServiceNames", {"webhook.modelgate.svc", "webhook.modelgate.svc.cluster.local"}, {}, true},
        NameCase{"AddressesOfBothKinds", {}, {"127.0.0.1", "::1"}, true},
        NameCase{"Localhost", {"localhost"}, {"127.0.0.1"}, true}, NameCase{"None", {}, {}, false},
        NameCase{"EmptyName", {""}, {}, false},
        NameCase{"TwoNamesInOne", {"a.example,DNS:b.example"}, {}, false},
        NameCase{"NulInside", {std::string("a\0b", 3)}, {}, false},
        NameCase{"Longest", {std::string(253, 'a')}, {}, true},
        NameCase{"TooLong", {std::string(254, 'a')}, {}, false},
        NameCase{"NotAnAddress", {}, {"127.0.0.256"}, false},
        NameCase{"NetworkIsNotAnAddress", {}, {"10.0.0.0/8"}, false}),
    [](const auto& info) { return info.param.name; });

TEST(Authority, SerialsAndKeysDiffer) {
  const Authority ca = make_ca();
  const auto one = ca.sign({.dns_names = {"a"}, .now = kNow});
  const auto two = ca.sign({.dns_names = {"a"}, .now = kNow});
  ASSERT_TRUE(one && two);
  EXPECT_NE(ASN1_INTEGER_cmp(X509_get_serialNumber((*one)->leaf()), X509_get_serialNumber((*two)->leaf())),
            0);
  EXPECT_NE(EVP_PKEY_eq((*one)->key(), (*two)->key()), 1);
}

TEST(Authority, IsReadFromItsPem) {
  const Authority ca = make_ca();
  const auto again = Authority::from_pem(ca.certificate_pem(), ca.key_pem());
  ASSERT_TRUE(again.has_value());
  const auto leaf = again->sign({.dns_names = {"a"}, .now = kNow});
  ASSERT_TRUE(leaf.has_value());
  EXPECT_EQ(verify((*leaf)->leaf(), ca.certificate_pem(), kNow), X509_V_OK);
}

TEST(Authority, LeafIsNotAnAuthority) {
  const auto leaf = make_ca().sign({.dns_names = {"a"}, .now = kNow});
  ASSERT_TRUE(leaf.has_value());
  const auto ca = Authority::from_pem((*leaf)->chain_pem(), (*leaf)->key_pem());
  ASSERT_FALSE(ca.has_value());
  EXPECT_EQ(ca.error().kind, CertificateError::Kind::kMalformed);
}

}  // namespace
}  // namespace modelgate::certs
