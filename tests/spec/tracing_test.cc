// SPDX-License-Identifier: Apache-2.0
#include "spec/tracing.h"

#include <gtest/gtest.h>

namespace modelgate::spec {
namespace {

struct UrlCase {
  const char* name;
  const char* text;
  bool valid;
};

class HttpUrl : public testing::TestWithParam<UrlCase> {};

TEST_P(HttpUrl, Is) {
  EXPECT_EQ(is_http_url(GetParam().text), GetParam().valid) << GetParam().text;
}

INSTANTIATE_TEST_SUITE_P(
    Cases, HttpUrl,
    testing::Values(
        UrlCase{"Default", "http://otel-collector:4317", true},
        UrlCase{"Https", "https://otel.example.com", true}, UrlCase{"Capitals", "HTTP://otel:4317", true},
        UrlCase{"Path", "http://otel:4318/v1/traces?a=b#c", true},
        UrlCase{"Address", "http://10.0.0.1:4317", true},
        UrlCase{"AddressOfVersion6", "http://[::1]:4317", true},
        UrlCase{"User", "http://user:word@otel:4317", true},
        UrlCase{"NoPortAfterTheColon", "http://otel:/", true},
        UrlCase{"LargestPort", "http://otel:65535", true},
        UrlCase{"PortTooLargeAsInGo", "http://otel:65536", true},
        UrlCase{"Escape", "http://otel/a%2Fb?c=%", true}, UrlCase{"BrokenEscape", "http://otel/a%2", false},
        UrlCase{"EscapeThatIsNotHexadecimal", "http://otel/%zz", false},
        UrlCase{"PortIsAWord", "http://otel:grpc", false}, UrlCase{"NegativePort", "http://otel:-1", false},
        UrlCase{"Empty", "", false}, UrlCase{"NoScheme", "otel-collector:4317", false},
        UrlCase{"OnlyAPath", "/v1/traces", false}, UrlCase{"NoSchemeButSlashes", "//otel:4317", false},
        UrlCase{"AnotherScheme", "grpc://otel:4317", false},
        UrlCase{"SchemeThatBeginsTheSame", "httpx://otel:4317", false},
        UrlCase{"OneSlash", "http:/otel:4317", false}, UrlCase{"NoHost", "http://", false},
        UrlCase{"OnlyAPort", "http://:4317", false}, UrlCase{"UserWithoutHost", "http://user@", false},
        UrlCase{"Space", "http://otel collector:4317", false},
        UrlCase{"SpaceBefore", " http://otel:4317", false}, UrlCase{"Newline", "http://otel:4317\n", false},
        UrlCase{"OpenBracket", "http://[::1", false}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(HttpUrl, HasAPort) {
  EXPECT_EQ(port_of("http://otel:4317/a:b"), "4317");
  EXPECT_EQ(port_of("http://user:word@[::1]:4317"), "4317");
  EXPECT_EQ(port_of("http://otel:"), "");
  EXPECT_EQ(port_of("http://otel"), std::nullopt);
  EXPECT_EQ(port_of("http://[::1]/"), std::nullopt);
  EXPECT_EQ(port_of("otel"), std::nullopt);
}

TEST(Tracing, HasDefaultsForEachField) {
  Arena arena;
  const auto service = parse_json(R"({"spec": {"tracing": {"sampler": "always_on"}}})", arena);
  const TracingView tracing = tracing_of(InferenceServiceView(*service));
  ASSERT_TRUE(tracing);
  EXPECT_EQ(tracing.sampler(), "always_on");
  EXPECT_EQ(tracing.exporter_endpoint(), "http://otel-collector:4317");
  EXPECT_EQ(tracing.sampler_arg(), "0.05");
  EXPECT_EQ(tracing.value_of(kTracingFields[1]), "otlp");
}

TEST(Tracing, IsAbsentWithoutTheField) {
  Arena arena;
  EXPECT_FALSE(tracing_of(InferenceServiceView(*parse_json(R"({"spec": {}})", arena))));
  EXPECT_FALSE(tracing_of(InferenceServiceView(*parse_json(R"({"spec": {"tracing": null}})", arena))));
}

}  // namespace
}  // namespace modelgate::spec
