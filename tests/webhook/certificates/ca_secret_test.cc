// SPDX-License-Identifier: Apache-2.0

// The Secret of the CAs as JSON: decoding it, and the requests that create and patch it.

#include "webhook/certificates/ca_secret.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "kube/client/object.h"

namespace modelgate::webhook {
namespace {

const certs::TimePoint kNow = std::chrono::sys_days(std::chrono::year(2026) / 11 / 23);

certs::Authority new_ca() {
  return *certs::Authority::make({.now = kNow});
}

kube::Object object(const std::string& json) {
  return *kube::Object::read(json, spec::ParseOptions());
}

TEST(CaSecret, IsDecodedAsItWasEncoded) {
  const certs::CaSet cas{.current = new_ca(), .next = certs::NextCa{new_ca(), kNow}, .former = {}};
  const kube::Object secret = object(new_ca_secret("ns", "name", cas));
  EXPECT_EQ(secret.name(), "name");
  EXPECT_EQ(secret.namespace_(), "ns");
  const CaSecret read = read_ca_secret(secret.value());
  ASSERT_TRUE(read.cas.has_value());
  EXPECT_EQ(certs::encode(*read.cas), certs::encode(cas));
  EXPECT_FALSE(read.rotate);
}

TEST(CaSecret, PatchesOnlyOurKeysOfTheVersionThatWasRead) {
  const certs::CaSet cas{.current = new_ca(), .next = std::nullopt, .former = {}};
  const kube::Object patch = object(ca_secret_patch("42", cas, false));
  EXPECT_EQ(patch.resource_version(), "42");
  EXPECT_EQ(spec::find(spec::find(patch.value(), "metadata"), "annotations"), nullptr);
  const std::string text = ca_secret_patch("42", cas, true);
  for (const std::string_view key : certs::secret_keys()) {
    const bool set = key == "ca.crt" || key == "ca.key";
    EXPECT_EQ(text.contains("\"" + std::string(key) + "\":null"), !set) << key;
  }
  EXPECT_TRUE(text.contains(R"("annotations":{"modelgate.io/rotate-ca":null})"));
}

struct SecretCase {
  const char* name;
  const char* json;
  bool good;
  bool rotate;
};

class ReadCaSecret : public testing::TestWithParam<SecretCase> {};

TEST_P(ReadCaSecret, DecodesDataAndAnnotation) {
  const CaSecret read = read_ca_secret(object(GetParam().json).value());
  EXPECT_EQ(read.cas.has_value(), GetParam().good);
  EXPECT_EQ(read.rotate, GetParam().rotate);
}

INSTANTIATE_TEST_SUITE_P(
    Webhook, ReadCaSecret,
    testing::Values(SecretCase{"NoData", "{}", true, false},
                    SecretCase{"NullData", R"({"data":null})", true, false},
                    SecretCase{"EmptyData", R"({"data":{}})", true, false},
                    SecretCase{"OtherKeys", R"({"data":{"a":"YQ=="}})", false, false},
                    SecretCase{"NotBase64", R"({"data":{"ca.crt":"%"}})", false, false},
                    SecretCase{"NotText", R"({"data":{"ca.crt":1}})", false, false},
                    SecretCase{"RotationRequested",
                               R"({"metadata":{"annotations":{"modelgate.io/rotate-ca":""}}})", true, true}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace modelgate::webhook
