// SPDX-License-Identifier: Apache-2.0
#include "workload/pods/credential_schemes.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "spec/storage_uri.h"
#include "workload/pods/s3_settings.h"

namespace modelgate::workload {
namespace {

using spec::Configuration;

constexpr std::string_view kGcsPath = "/var/secrets/";

std::string or_default(const std::string& configured, std::string_view otherwise) {
  return configured.empty() ? std::string(otherwise) : configured;
}

std::string s3_access_key(const Configuration& c) {
  return or_default(c.credentials.s3.access_key_id_name, "awsAccessKeyID");
}
std::string s3_secret_key(const Configuration& c) {
  return or_default(c.credentials.s3.secret_access_key_name, "awsSecretAccessKey");
}
std::string gcs_file(const Configuration& c) {
  return or_default(c.credentials.gcs_credential_file_name, "gcloud-application-credentials.json");
}

EnvVar from_key(std::string_view env, const SecretView& secret, std::string_view key) {
  return {
      .name = std::string(env), .value = {}, .from = SecretKey{std::string(secret.name()), std::string(key)}};
}

Credentials s3(const SecretView& secret, const Configuration& c) {
  Credentials out{.env = {from_key("AWS_ACCESS_KEY_ID", secret, s3_access_key(c)),
                          from_key("AWS_SECRET_ACCESS_KEY", secret, s3_secret_key(c))},
                  .merge = true,
                  .mount = {}};
  for (EnvVar& setting : s3_settings(secret.metadata().annotations(), secret, c)) {
    out.env.push_back(std::move(setting));
  }
  return out;
}

Credentials gcs(const SecretView&, const Configuration& c) {
  return {
      .env = {{.name = "GOOGLE_APPLICATION_CREDENTIALS", .value = std::string(kGcsPath) + gcs_file(c)}},
      .mount = VolumeMount{.volume = "user-gcp-sa", .mount_path = std::string(kGcsPath), .read_only = true}};
}

struct AzureKey {
  std::string_view key;
  std::string_view old_name;
  bool always = false;  // referred to even where the Secret has no such key
};

constexpr std::array<AzureKey, 9> kAzureKeys = {{
    {"AZURE_SUBSCRIPTION_ID", "AZ_SUBSCRIPTION_ID"},
    {"AZURE_TENANT_ID", "AZ_TENANT_ID", true},
    {"AZURE_CLIENT_ID", "AZ_CLIENT_ID"},
    {"AZURE_CLIENT_SECRET", "AZ_CLIENT_SECRET"},
    {"AZURE_STORAGE_ACCESS_KEY", ""},
    {"AZURE_ACCESS_TOKEN", ""},
    {"AZURE_ACCESS_EXPIRES_ON_SECONDS", ""},
    {"AZURE_ACCOUNT_NAME", ""},
    {"AZURE_SERVICE_URL", ""},
}};

Credentials azure(const SecretView& secret, const Configuration&) {
  Credentials out;
  for (const AzureKey& k : kAzureKeys) {
    const bool old = !k.old_name.empty() && secret.has_key(k.old_name);
    if (old || k.always || secret.has_key(k.key)) {
      out.env.push_back(from_key(k.key, secret, old ? k.old_name : k.key));
    }
  }
  return out;
}

Credentials azure_storage_key(const SecretView& secret, const Configuration&) {
  return {.env = {from_key("AZURE_STORAGE_ACCESS_KEY", secret, "AZURE_STORAGE_ACCESS_KEY")}, .mount = {}};
}

/// The variable is named for the host. Its headers may hold a password: Strict refers to them, KServe copies
/// them into the Pod, and so does Compatible.
Credentials https(const SecretView& secret, const Configuration& c) {
  Credentials out;
  const auto host = secret.read("https-host");
  if (!host || !secret.has_key("headers")) return out;
  EnvVar headers = from_key(*host + "-headers", secret, "headers");
  if (!c.modelgate.strict()) {
    headers.from.reset();
    headers.value = secret.read("headers").value_or("");
  }
  out.env.push_back(std::move(headers));
  return out;
}

Credentials hdfs(const SecretView&, const Configuration&) {
  return {.env = {},
          .mount = VolumeMount{
              .volume = "hdfs-secrets", .mount_path = "/var/secrets/kserve-hdfscreds", .read_only = true}};
}

Credentials hugging_face(const SecretView& secret, const Configuration&) {
  return {.env = {from_key("HF_TOKEN", secret, "HF_TOKEN")}, .mount = {}};
}

Credentials model_scope(const SecretView& secret, const Configuration&) {
  return {.env = {from_key("MODELSCOPE_API_TOKEN", secret, "MODELSCOPE_API_TOKEN")}, .mount = {}};
}

struct Scheme {
  spec::StorageCredentials kind;
  std::string_view key;
  std::string (*configured_key)(const Configuration&);  // instead of `key`, where it is not nullptr
  Credentials (*read)(const SecretView&, const Configuration&);

  std::string known_by(const Configuration& c) const {
    return configured_key ? configured_key(c) : std::string(key);
  }
};

using Kind = spec::StorageCredentials;

constexpr std::array<Scheme, 10> kSchemes = {{
    {Kind::kS3, "", s3_secret_key, s3},
    {Kind::kGcs, "", gcs_file, gcs},
    {Kind::kAzure, "AZ_CLIENT_ID", nullptr, azure},
    {Kind::kAzure, "AZURE_CLIENT_ID", nullptr, azure},
    {Kind::kAzure, "AZURE_ACCESS_TOKEN", nullptr, azure},
    {Kind::kAzure, "AZURE_STORAGE_ACCESS_KEY", nullptr, azure_storage_key},
    {Kind::kHttps, "https-host", nullptr, https},
    {Kind::kHdfs, "HDFS_NAMENODE", nullptr, hdfs},
    {Kind::kHuggingFace, "HF_TOKEN", nullptr, hugging_face},
    {Kind::kModelScope, "MODELSCOPE_API_TOKEN", nullptr, model_scope},
}};

}  // namespace

std::optional<Credentials> read_credentials(const SecretView& secret, const Configuration& configuration) {
  const auto it = std::ranges::find_if(
      kSchemes, [&](const Scheme& s) { return secret.has_key(s.known_by(configuration)); });
  return it == kSchemes.end() ? std::nullopt : std::optional(it->read(secret, configuration));
}

std::string known_credential_keys(const Configuration& configuration) {
  std::string out;
  for (const Scheme& s : kSchemes) {
    out +=
        fmt::format("{}{} ({})", out.empty() ? "" : ", ", s.known_by(configuration), spec::name_of(s.kind));
  }
  return out;
}

}  // namespace modelgate::workload
