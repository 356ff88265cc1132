// SPDX-License-Identifier: Apache-2.0

// Which parts of a registration are ours, and the requests that change them, as text.

#include "webhook/certificates/ca_bundle.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "certs/authority.h"
#include "kube/client/object.h"
#include "spec/text/base64.h"

namespace modelgate::webhook {
namespace {

using namespace std::chrono_literals;

const certs::TimePoint kNow = std::chrono::sys_days(std::chrono::year(2026) / 11 / 23);
constexpr OurService kOurs{"kserve", "modelgate-webhook"};

certs::Authority new_ca() {
  return *certs::Authority::make({.now = kNow});
}

std::string fingerprint_of(const std::string& pem) {
  return certs::read_certificates(pem)->front().fingerprint;
}

kube::Object object(const std::string& json) {
  spec::ParseOptions options;
  options.skip_managed_fields = false;
  return *kube::Object::read(json, options);
}

std::string json_text(std::string_view text) {
  std::string out;
  spec::append_json(text, out);
  return out;
}

std::string webhook(const std::string& name, const std::string& client, const std::string& bundle = "") {
  const std::string ca = bundle.empty() ? "" : R"(,"caBundle":")" + text::encode_base64(bundle) + "\"";
  return R"({"name":)" + json_text(name) + R"(,"clientConfig":{)" + client + ca + "}}";
}

std::string by_service(const std::string& service, const std::string& ns = "kserve") {
  return R"("service":{"name":")" + service + R"(","namespace":")" + ns + "\"}";
}

std::string configuration(const std::string& webhooks, const std::string& managed = "") {
  return R"({"metadata":{"name":"modelgate","resourceVersion":"7")" +
         (managed.empty() ? "" : R"(,"managedFields":[)" + managed + "]") + R"(},"webhooks":[)" + webhooks +
         "]}";
}

Registration read(const std::string& json) {
  return read_registration(object(json).value(), kOurs);
}

struct OursCase {
  const char* name;
  std::string client;
  bool ours;
};

class Ours : public testing::TestWithParam<OursCase> {};

TEST_P(Ours, IsRecognized) {
  EXPECT_EQ(read(configuration(webhook("a", GetParam().client))).webhooks.size(), GetParam().ours ? 1U : 0U);
}

INSTANTIATE_TEST_SUITE_P(Webhook, Ours,
                         testing::Values(OursCase{"OurService", by_service("modelgate-webhook"), true},
                                         OursCase{"OtherService", by_service("other"), false},
                                         OursCase{"OurServiceNameInAnotherNamespace",
                                                  by_service("modelgate-webhook", "other"), false},
                                         OursCase{"ByUrl", R"("url":"https://127.0.0.1:9443/x")", true}),
                         [](const auto& info) { return info.param.name; });

TEST(Registration, ReportsWhetherABundleDiffers) {
  const std::string one = new_ca().certificate_pem();
  const std::string two = new_ca().certificate_pem();
  const auto desired = *certs::read_certificates(one + two);
  struct Row {
    const char* what;
    std::string bundle;
    bool differs;
  };
  const std::vector<Row> rows{{"none", "", true},
                              {"the same", one + two, false},
                              {"another order", two + one, false},
                              {"one of two", one, true},
                              {"one more", one + two + new_ca().certificate_pem(), true},
                              {"text around", "# ours\n" + one + "\n" + two, false},
                              {"no PEM", "hello", true}};
  for (const Row& row : rows) {
    const Registration found = read(configuration(webhook("a", by_service("modelgate-webhook"), row.bundle)));
    EXPECT_EQ(differs(found, desired), row.differs) << row.what;
    const Registration second =
        read(configuration(webhook("a", by_service("modelgate-webhook"), one + two) + "," +
                           webhook("b", by_service("modelgate-webhook"), row.bundle)));
    EXPECT_EQ(differs(second, desired), row.differs) << row.what << ", in the second webhook";
  }
  EXPECT_FALSE(differs(read(configuration(webhook("a", by_service("other"), "hello"))), desired))
      << "of another Service";
}

TEST(Registration, IsPatchedByNameAndBundleOfOurWebhooks) {
  const Registration found = read(configuration(webhook("a", by_service("modelgate-webhook")) + "," +
                                                webhook("b", by_service("other")) + "," +
                                                webhook("c", R"("url":"https://127.0.0.1/")")));
  EXPECT_EQ(
      bundle_patch("ValidatingWebhookConfiguration", found, "PEM"),
      R"({"apiVersion":"admissionregistration.k8s.io/v1","kind":"ValidatingWebhookConfiguration",)"
      R"("metadata":{"name":"modelgate","resourceVersion":"7"},"webhooks":[)"
      R"({"name":"a","clientConfig":{"caBundle":"UEVN"}},{"name":"c","clientConfig":{"caBundle":"UEVN"}}]})");
}

TEST(Registration, OwnershipIsReleasedIfWeOwnFields) {
  const std::string hook = webhook("a", by_service("modelgate-webhook"));
  const std::string admin = R"({"manager":"kubectl","operation":"Apply","fieldsV1":{"f:webhooks":{}}})";
  const std::string ours = R"({"manager":"modelgate-webhook","operation":"Apply","fieldsV1":{}})";
  EXPECT_EQ(read(configuration(hook)).release_patch, "");
  EXPECT_EQ(read(configuration(hook, admin)).release_patch, "");
  EXPECT_EQ(read(configuration(hook, admin + "," + ours)).release_patch,
            R"({"metadata":{"resourceVersion":"7","managedFields":[)" + admin + "]}}");
  EXPECT_EQ(read(configuration(hook, ours)).release_patch,
            R"({"metadata":{"resourceVersion":"7","managedFields":[{}]}})");
}

TEST(BundleHistory, KnowsSinceWhenACaIsInAllBundles) {
  const std::string one = new_ca().certificate_pem();
  const std::string two = new_ca().certificate_pem();
  const std::string service = by_service("modelgate-webhook");
  const Registration both = read(configuration(webhook("a", service, one + two)));
  const Registration first = read(configuration(webhook("a", service, one)));
  const BundleHistory::Time start{};
  BundleHistory history;
  EXPECT_FALSE(history.is_registered());

  history.observe(std::vector{both, first}, start);
  EXPECT_TRUE(history.is_registered());
  EXPECT_EQ(history.held_for(fingerprint_of(one), start + 5s), 5s);
  EXPECT_EQ(history.held_for(fingerprint_of(two), start + 5s), std::nullopt) << "in one of two only";

  history.observe(std::vector{both, both}, start + 10s);
  EXPECT_EQ(history.held_for(fingerprint_of(one), start + 15s), 15s);
  EXPECT_EQ(history.held_for(fingerprint_of(two), start + 15s), 5s);

  history.observe(std::vector{first}, start + 20s);
  history.observe(std::vector{both}, start + 30s);
  EXPECT_EQ(history.held_for(fingerprint_of(two), start + 31s), 1s) << "a gap restarts the time";

  history.observe(std::vector<Registration>{}, start + 40s);
  EXPECT_FALSE(history.is_registered());
  EXPECT_EQ(history.held_for(fingerprint_of(one), start + 40s), std::nullopt);
}

}  // namespace
}  // namespace modelgate::webhook
