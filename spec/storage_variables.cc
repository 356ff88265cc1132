// SPDX-License-Identifier: Apache-2.0
#include "spec/storage_variables.h"

#include <algorithm>
#include <array>

#include "spec/storage_uri.h"

namespace modelgate::spec {
namespace {

using Credentials = StorageCredentials;

struct Row {
  Credentials credentials;  // kNone: each download
  std::string_view name;
};

constexpr auto kRows = std::to_array<Row>({
    {Credentials::kNone, "HTTP_PROXY"},
    {Credentials::kNone, "HTTPS_PROXY"},
    {Credentials::kNone, "NO_PROXY"},
    {Credentials::kNone, "http_proxy"},
    {Credentials::kNone, "https_proxy"},
    {Credentials::kNone, "no_proxy"},
    {Credentials::kNone, "STORAGE_ALLOW_PATTERNS"},
    {Credentials::kNone, "STORAGE_IGNORE_PATTERNS"},
    {Credentials::kS3, "AWS_ACCESS_KEY_ID"},
    {Credentials::kS3, "AWS_SECRET_ACCESS_KEY"},
    {Credentials::kS3, "AWS_SESSION_TOKEN"},
    {Credentials::kS3, "AWS_REGION"},
    {Credentials::kS3, "AWS_DEFAULT_REGION"},
    {Credentials::kS3, "AWS_ENDPOINT_URL"},
    {Credentials::kS3, "AWS_ENDPOINT_URL_S3"},
    {Credentials::kS3, "S3_ENDPOINT"},
    {Credentials::kS3, "S3_USE_HTTPS"},
    {Credentials::kS3, "S3_VERIFY_SSL"},
    {Credentials::kS3, "S3_USER_VIRTUAL_BUCKET"},
    {Credentials::kS3, "S3_USE_ACCELERATE"},
    {Credentials::kS3, "awsAnonymousCredential"},
    {Credentials::kGcs, "GOOGLE_CLOUD_PROJECT"},
    {Credentials::kAzure, "AZURE_CLIENT_ID"},
    {Credentials::kAzure, "AZURE_CLIENT_SECRET"},
    {Credentials::kAzure, "AZURE_TENANT_ID"},
    {Credentials::kAzure, "AZURE_SUBSCRIPTION_ID"},
    {Credentials::kAzure, "AZURE_STORAGE_ACCESS_KEY"},
    {Credentials::kHuggingFace, "HF_TOKEN"},
    {Credentials::kHuggingFace, "HUGGING_FACE_HUB_TOKEN"},
    {Credentials::kHuggingFace, "HF_ENDPOINT"},
    {Credentials::kHuggingFace, "HF_HUB_ENABLE_HF_TRANSFER"},
    {Credentials::kHuggingFace, "HF_HUB_DISABLE_XET"},
    {Credentials::kHuggingFace, "HF_HUB_DOWNLOAD_TIMEOUT"},
    {Credentials::kHuggingFace, "HF_HUB_ETAG_TIMEOUT"},
});

}  // namespace

bool is_storage_variable(std::string_view name, std::string_view uri) {
  const auto row = std::ranges::find(kRows, name, &Row::name);
  if (row == kRows.end()) return false;
  const StorageScheme* scheme = find_storage_scheme(uri);
  if (scheme && scheme->fetcher != StorageFetcher::kInitializer) return false;
  if (row->credentials == Credentials::kNone) return true;
  return scheme && std::ranges::find(scheme->credentials, row->credentials) != scheme->credentials.end();
}

}  // namespace modelgate::spec
