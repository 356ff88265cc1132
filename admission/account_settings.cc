// SPDX-License-Identifier: Apache-2.0
#include "admission/account_settings.h"

#include <fmt/format.h>

#include "spec/core.h"

namespace modelgate::admission {
namespace {

constexpr std::string_view kRole = "eks.amazonaws.com/role-arn";
constexpr std::string_view kS3Prefix = "serving.kserve.io/s3-";
constexpr std::string_view kEndpoint = "serving.kserve.io/s3-endpoint";

/// The endpoint of all regions, which is the default of each client.
bool is_global_endpoint(std::string_view endpoint) {
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (endpoint.starts_with(scheme)) endpoint.remove_prefix(scheme.size());
  }
  while (endpoint.ends_with('/')) endpoint.remove_suffix(1);
  return endpoint == "s3.amazonaws.com";
}

}  // namespace

std::vector<std::string> settings_without_effect(const spec::ObjectView& account) {
  std::vector<std::string> out;
  const auto annotations = account.object<spec::ObjectMetaView>("metadata").annotations();
  if (annotations.get(kRole)) {
    const auto endpoint = annotations.get(kEndpoint);
    if (endpoint && is_global_endpoint(*endpoint))
      out.push_back(
          fmt::format("the annotation {}: {} sends the requests of each region to us-east-1, beside "
                      "the IAM role in {}: remove it, or name the endpoint of the bucket's region",
                      kEndpoint, *endpoint, kRole));
    return out;
  }
  annotations.for_each([&](std::string_view key, std::string_view) {
    if (key.starts_with(kS3Prefix))
      out.push_back(
          fmt::format("the annotation {} has no effect without the IAM role in {}: set it on the Secret "
                      "with the keys",
                      key, kRole));
  });
  return out;
}

}  // namespace modelgate::admission
