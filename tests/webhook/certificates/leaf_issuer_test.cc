// SPDX-License-Identifier: Apache-2.0

// When a leaf certificate is due, and which CA signs it.

#include "webhook/certificates/leaf_issuer.h"

#include <gtest/gtest.h>
#include <openssl/x509v3.h>

#include <chrono>
#include <string>
#include <vector>

namespace modelgate::webhook {
namespace {

using namespace std::chrono_literals;

const certs::TimePoint kNow = std::chrono::sys_days(std::chrono::year(2026) / 11 / 23);
const BundleHistory::Time kSteadyNow{};

certs::Authority new_ca() {
  return *certs::Authority::make({.now = kNow});
}

bool is_for(const LeafIssuer::Pair& pair, const char* name) {
  return X509_check_host(pair->leaf(), name, 0, 0, nullptr) == 1;
}

bool is_for_ip(const LeafIssuer::Pair& pair, const char* address) {
  return X509_check_ip_asc(pair->leaf(), address, 0) == 1;
}

TEST(LeafOptions, HasTheNamesOfTheServiceAndTheHosts) {
  const std::vector<std::string> hosts{"webhook.example.com", "10.1.2.3", "fd00::1"};
  certs::LeafOptions leaf = leaf_options({.ns = "kserve", .service = "modelgate-webhook", .hosts = hosts});
  leaf.now = kNow;
  const auto pair = new_ca().sign(leaf);
  ASSERT_TRUE(pair);
  for (const char* name :
       {"modelgate-webhook", "modelgate-webhook.kserve", "modelgate-webhook.kserve.svc",
        "modelgate-webhook.kserve.svc.cluster.local", "localhost", "webhook.example.com"}) {
    EXPECT_TRUE(is_for(*pair, name)) << name;
  }
  for (const char* address : {"127.0.0.1", "::1", "10.1.2.3", "fd00::1"}) {
    EXPECT_TRUE(is_for_ip(*pair, address)) << address;
  }
  EXPECT_FALSE(is_for(*pair, "other.kserve.svc"));
}

class Issuer : public testing::Test {
 protected:
  LeafIssuer::Inputs inputs(std::chrono::seconds later = 0s) const {
    return {.cas = cas_,
            .published = published_,
            .history = history_,
            .now = kNow + later,
            .steady_now = kSteadyNow + later};
  }
  /// What every caBundle holds from now on.
  void observe(std::vector<std::string> pems) {
    Registration registration{.name = "modelgate", .resource_version = "1", .webhooks = {}};
    std::string all;
    for (const std::string& pem : pems) all += pem;
    registration.webhooks.push_back({.name = "a", .bundle = *certs::read_certificates(all)});
    history_.observe(std::vector{registration}, kSteadyNow);
  }
  std::string signer() const { return issuer_.signer()->fingerprint(); }

  certs::CaSet cas_{.current = new_ca(), .next = std::nullopt, .former = {}};
  std::string published_;
  BundleHistory history_;
  LeafIssuer issuer_{certs::LeafOptions{.dns_names = {"a"}}, certs::RotationOptions()};
};

TEST_F(Issuer, NeedsACurrentCa) {
  cas_.current.reset();
  EXPECT_FALSE(issuer_.is_due(inputs()));
}

TEST_F(Issuer, RenewsAtTwoThirdsOfTheLifetime) {
  ASSERT_TRUE(issuer_.is_due(inputs()));
  ASSERT_TRUE(issuer_.issue(inputs()));
  EXPECT_FALSE(issuer_.is_due(inputs(20 * 24h - 1s)));
  EXPECT_TRUE(issuer_.is_due(inputs(20 * 24h)));
}

TEST_F(Issuer, AdoptsANewCaAtOnceWithoutARegistration) {
  ASSERT_TRUE(issuer_.issue(inputs()));
  cas_.current = new_ca();
  ASSERT_TRUE(issuer_.is_due(inputs(1s)));
  ASSERT_TRUE(issuer_.issue(inputs(1s)));
  EXPECT_EQ(signer(), cas_.current->fingerprint());
  EXPECT_EQ(issuer_.signer_certificate()->fingerprint, signer());
}

TEST_F(Issuer, AdoptsANewCaThatWasPublished) {
  const std::string old = cas_.current->certificate_pem();
  ASSERT_TRUE(issuer_.issue(inputs()));
  cas_.current = new_ca();
  observe({old, cas_.current->certificate_pem()});
  EXPECT_FALSE(issuer_.is_due(inputs(1s))) << "the Secret was edited: not all API servers may trust it yet";
  published_ = cas_.current->fingerprint();
  EXPECT_TRUE(issuer_.is_due(inputs(1s)));
}

TEST_F(Issuer, SignsWithTheFormerCaUntilAnEditedOneHasBeenInTheBundleLongEnough) {
  const std::string former = cas_.current->fingerprint();
  const std::string former_pem = cas_.current->certificate_pem();
  ASSERT_TRUE(issuer_.issue(inputs()));
  cas_.current = new_ca();
  observe({former_pem, cas_.current->certificate_pem()});
  EXPECT_FALSE(issuer_.is_due(inputs(10min - 1s)));
  ASSERT_TRUE(issuer_.issue(inputs(10min - 1s)));
  EXPECT_EQ(signer(), former);
  EXPECT_TRUE(issuer_.is_due(inputs(10min)));
  ASSERT_TRUE(issuer_.issue(inputs(10min)));
  EXPECT_EQ(signer(), cas_.current->fingerprint());
}

}  // namespace
}  // namespace modelgate::webhook
