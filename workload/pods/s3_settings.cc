// SPDX-License-Identifier: Apache-2.0
#include "workload/pods/s3_settings.h"

#include <fmt/format.h>

#include <array>

#include "spec/text/ascii.h"

namespace modelgate::workload {
namespace {

using S3 = spec::CredentialsConfiguration::S3;

/// A variable, and the three places that can set it, in order of precedence.
struct Setting {
  std::string_view env;
  std::string_view annotation;
  std::string_view secret_key;
  std::string S3::* configured;
  /// The value is needed here, so a reference to the Secret's key does not suffice.
  bool read = false;
};

constexpr Setting kEndpoint{"S3_ENDPOINT", "serving.kserve.io/s3-endpoint", "S3_ENDPOINT", &S3::endpoint,
                            true};
constexpr Setting kUseHttps{"S3_USE_HTTPS", "serving.kserve.io/s3-usehttps", "S3_USE_HTTPS", &S3::use_https,
                            true};
constexpr std::array<Setting, 7> kSettings = {{
    {"S3_VERIFY_SSL", "serving.kserve.io/s3-verifyssl", "S3_VERIFY_SSL", &S3::verify_ssl},
    {"awsAnonymousCredential", "serving.kserve.io/s3-useanoncredential", "awsAnonymousCredential",
     &S3::use_anonymous_credential},
    {"AWS_DEFAULT_REGION", "serving.kserve.io/s3-region", "AWS_DEFAULT_REGION", &S3::region},
    {"S3_USER_VIRTUAL_BUCKET", "serving.kserve.io/s3-usevirtualbucket", "S3_USER_VIRTUAL_BUCKET",
     &S3::use_virtual_bucket},
    {"S3_USE_ACCELERATE", "serving.kserve.io/s3-useaccelerate", "S3_USE_ACCELERATE", &S3::use_accelerate},
    {kAwsCaBundle, "serving.kserve.io/s3-cabundle", kAwsCaBundle, &S3::ca_bundle, true},
    {kAwsCaBundleConfigMap, "serving.kserve.io/s3-cabundle-configmap", kAwsCaBundleConfigMap,
     &S3::ca_bundle_config_map, true},
}};

class Settings {
 public:
  Settings(spec::StringMapView annotations, const SecretView& secret,
           const spec::Configuration& configuration)
      : annotations_(annotations), secret_(secret), configuration_(configuration) {}

  /// From the first place that sets it, even to an empty text.
  std::string value(const Setting& setting) const {
    if (const auto annotated = annotations_.get(setting.annotation)) return std::string(*annotated);
    if (secret_.has_key(setting.secret_key)) return secret_.read(setting.secret_key).value_or("");
    return configuration_.credentials.s3.*setting.configured;
  }

  void add(const Setting& setting, std::vector<EnvVar>& out) const {
    std::string found = value(setting);
    if (found.empty()) return;
    const bool refer = !setting.read && configuration_.modelgate.strict() &&
                       !annotations_.get(setting.annotation) && secret_.has_key(setting.secret_key);
    if (refer) {
      out.push_back({.name = std::string(setting.env),
                     .value = {},
                     .from = SecretKey{std::string(secret_.name()), std::string(setting.secret_key)}});
    } else {
      out.push_back({.name = std::string(setting.env), .value = std::move(found)});
    }
  }

 private:
  spec::StringMapView annotations_;
  const SecretView& secret_;
  const spec::Configuration& configuration_;
};

std::string_view trimmed(std::string_view s) {
  constexpr std::string_view kBlanks = " \t\r\n\v\f";
  const std::size_t first = s.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return s.substr(first, s.find_last_not_of(kBlanks) - first + 1);
}

bool has_scheme(std::string_view url, std::string_view scheme) {
  return text::starts_with_ignoring_case(url, scheme);
}

/// The scheme of the endpoint takes precedence over the setting `S3_USE_HTTPS`.
void add_endpoint(const Settings& settings, std::vector<EnvVar>& out) {
  const std::string configured = settings.value(kEndpoint);
  if (configured.empty()) return;
  const std::string_view endpoint = trimmed(configured);
  std::string use_https;
  std::string_view host = endpoint;
  std::string url(endpoint);
  if (has_scheme(endpoint, "https://")) {
    use_https = "1";
    host.remove_prefix(std::string_view("https://").size());
  } else if (has_scheme(endpoint, "http://")) {
    use_https = "0";
    host.remove_prefix(std::string_view("http://").size());
  } else {
    use_https = settings.value(kUseHttps);
    url = fmt::format("{}://{}", use_https == "0" ? "http" : "https", endpoint);
  }
  if (!use_https.empty()) out.push_back({.name = "S3_USE_HTTPS", .value = use_https});
  out.push_back({.name = "S3_ENDPOINT", .value = std::string(host)});
  out.push_back({.name = "AWS_ENDPOINT_URL", .value = std::move(url)});
}

}  // namespace

std::vector<EnvVar> s3_settings(spec::StringMapView annotations, const SecretView& secret,
                                const spec::Configuration& configuration) {
  const Settings settings(annotations, secret, configuration);
  std::vector<EnvVar> out;
  add_endpoint(settings, out);
  for (const Setting& setting : kSettings) settings.add(setting, out);
  return out;
}

}  // namespace modelgate::workload
