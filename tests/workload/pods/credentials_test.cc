// SPDX-License-Identifier: Apache-2.0
//
// Credentials of each scheme: what a Secret adds to the container that fetches the model, and what happens
// without one.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "spec/storage_uri.h"
#include "tests/workload/pods/pod_world.h"
#include "workload/pods/credential_schemes.h"

namespace modelgate::workload {
namespace {

using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::IsSupersetOf;

constexpr std::string_view kS3Pod = R"(
metadata: {annotations: {internal.serving.kserve.io/storage-initializer-sourceuri: "s3://b/m"}}
spec: {serviceAccountName: sa, containers: [{name: kserve-container}]}
)";

std::string account_with(std::string_view secret) {
  return fmt::format(R"(
apiVersion: v1
kind: ServiceAccount
metadata: {{name: sa, namespace: default}}
secrets: [{{name: creds}}]
---
apiVersion: v1
kind: Secret
metadata:
  name: creds
  namespace: default
{}
)",
                     secret);
}

// --------------------------------------------------------------------------------------------- schemes

TEST(CredentialSchemes, HaveARowForEachStorageScheme) {
  const std::string known = known_credential_keys(spec::Configuration{});
  for (const spec::StorageScheme& s : spec::storage_schemes()) {
    for (const spec::StorageCredentials c : s.credentials) {
      if (c == spec::StorageCredentials::kNone) continue;
      EXPECT_THAT(known, HasSubstr(fmt::format("({})", spec::name_of(c)))) << s.prefix;
    }
  }
}

struct SchemeCase {
  const char* name;
  const char* secret;
  std::vector<std::string> env;
  std::vector<std::string> mounts = {};
};

class CredentialScheme : public testing::TestWithParam<SchemeCase> {};

TEST_P(CredentialScheme, RefersToKeys) {
  PodWorld world(account_with(GetParam().secret));
  const Mutated m = world.mutate(world.pod(kS3Pod));
  ASSERT_TRUE(m.allowed) << m.error_texts;
  std::vector<std::string> env = m.env();
  // The defaults for Hugging Face follow.
  ASSERT_GE(env.size(), 3U);
  env.resize(env.size() - 3);
  EXPECT_THAT(env, ElementsAreArray(GetParam().env));
  std::vector<std::string> mounts{"kserve-provision-location:/mnt/models"};
  mounts.insert(mounts.end(), GetParam().mounts.begin(), GetParam().mounts.end());
  EXPECT_THAT(m.mounts("storage-initializer"), ElementsAreArray(mounts));
}

// "ZQ==" is a value in base64; "sentinel" must not appear in the output.
const SchemeCase kSchemes[] = {
    {"S3",
     "stringData: {AWS_ACCESS_KEY_ID: sentinel, AWS_SECRET_ACCESS_KEY: sentinel}",
     {"AWS_ACCESS_KEY_ID<creds/AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY<creds/AWS_SECRET_ACCESS_KEY"}},
    {"S3InBase64",
     "data: {AWS_ACCESS_KEY_ID: ZQ==, AWS_SECRET_ACCESS_KEY: ZQ==}",
     {"AWS_ACCESS_KEY_ID<creds/AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY<creds/AWS_SECRET_ACCESS_KEY"}},
    {"S3SettingsByAnnotation",
     "  annotations: {serving.kserve.io/s3-endpoint: 'minio:9000', serving.kserve.io/s3-usehttps: '0', "
     "serving.kserve.io/s3-region: us, serving.kserve.io/s3-verifyssl: '0', "
     "serving.kserve.io/s3-usevirtualbucket: 'true', serving.kserve.io/s3-useaccelerate: '1', "
     "serving.kserve.io/s3-useanoncredential: 'false'}\n"
     "stringData: {AWS_ACCESS_KEY_ID: sentinel, AWS_SECRET_ACCESS_KEY: sentinel}",
     {"AWS_ACCESS_KEY_ID<creds/AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY<creds/AWS_SECRET_ACCESS_KEY",
      "S3_USE_HTTPS=0", "S3_ENDPOINT=minio:9000", "AWS_ENDPOINT_URL=http://minio:9000", "S3_VERIFY_SSL=0",
      "awsAnonymousCredential=false", "AWS_DEFAULT_REGION=us", "S3_USER_VIRTUAL_BUCKET=true",
      "S3_USE_ACCELERATE=1"}},
    {"S3SettingsByKeyAreReferences",
     "stringData: {AWS_ACCESS_KEY_ID: a, AWS_SECRET_ACCESS_KEY: b, AWS_DEFAULT_REGION: sentinel, "
     "S3_ENDPOINT: "
     "'https://s3.example.com'}",
     {"AWS_ACCESS_KEY_ID<creds/AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY<creds/AWS_SECRET_ACCESS_KEY",
      "S3_USE_HTTPS=1", "S3_ENDPOINT=s3.example.com", "AWS_ENDPOINT_URL=https://s3.example.com",
      "AWS_DEFAULT_REGION<creds/AWS_DEFAULT_REGION"}},
    {"Gcs",
     "stringData: {gcloud-application-credentials.json: sentinel}",
     {"GOOGLE_APPLICATION_CREDENTIALS=/var/secrets/gcloud-application-credentials.json"},
     {"user-gcp-sa:/var/secrets/:ro"}},
    {"AzureClient",
     "stringData: {AZURE_CLIENT_ID: sentinel, AZURE_CLIENT_SECRET: sentinel}",
     {"AZURE_TENANT_ID<creds/AZURE_TENANT_ID", "AZURE_CLIENT_ID<creds/AZURE_CLIENT_ID",
      "AZURE_CLIENT_SECRET<creds/AZURE_CLIENT_SECRET"}},
    {"AzureOldNames",
     "stringData: {AZ_SUBSCRIPTION_ID: a, AZ_TENANT_ID: b, AZ_CLIENT_ID: c, AZ_CLIENT_SECRET: sentinel}",
     {"AZURE_SUBSCRIPTION_ID<creds/AZ_SUBSCRIPTION_ID", "AZURE_TENANT_ID<creds/AZ_TENANT_ID",
      "AZURE_CLIENT_ID<creds/AZ_CLIENT_ID", "AZURE_CLIENT_SECRET<creds/AZ_CLIENT_SECRET"}},
    {"AzureAccessToken",
     "stringData: {AZURE_ACCESS_TOKEN: sentinel, AZURE_ACCESS_EXPIRES_ON_SECONDS: '1', AZURE_ACCOUNT_NAME: "
     "a}",
     {"AZURE_TENANT_ID<creds/AZURE_TENANT_ID", "AZURE_ACCESS_TOKEN<creds/AZURE_ACCESS_TOKEN",
      "AZURE_ACCESS_EXPIRES_ON_SECONDS<creds/AZURE_ACCESS_EXPIRES_ON_SECONDS",
      "AZURE_ACCOUNT_NAME<creds/AZURE_ACCOUNT_NAME"}},
    {"AzureStorageKey",
     "stringData: {AZURE_STORAGE_ACCESS_KEY: sentinel}",
     {"AZURE_STORAGE_ACCESS_KEY<creds/AZURE_STORAGE_ACCESS_KEY"}},
    {"HttpsHeaders",
     "stringData: {https-host: example.com, headers: 'Authorization: sentinel'}",
     {"example.com-headers<creds/headers"}},
    {"HttpsWithoutHeaders", "stringData: {https-host: example.com}", {}},
    {"Hdfs", "stringData: {HDFS_NAMENODE: sentinel}", {}, {"hdfs-secrets:/var/secrets/kserve-hdfscreds:ro"}},
    {"HuggingFace", "stringData: {HF_TOKEN: sentinel}", {"HF_TOKEN<creds/HF_TOKEN"}},
    {"ModelScope",
     "stringData: {MODELSCOPE_API_TOKEN: sentinel}",
     {"MODELSCOPE_API_TOKEN<creds/MODELSCOPE_API_TOKEN"}},
    {"TheFirstRowIsUsed",
     "stringData: {HF_TOKEN: a, AWS_SECRET_ACCESS_KEY: b}",
     {"AWS_ACCESS_KEY_ID<creds/AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY<creds/AWS_SECRET_ACCESS_KEY"}},
};

INSTANTIATE_TEST_SUITE_P(Table, CredentialScheme, testing::ValuesIn(kSchemes),
                         [](const auto& row) { return row.param.name; });

class NoValues : public testing::TestWithParam<SchemeCase> {};

TEST_P(NoValues, OfASecretAppear) {
  PodWorld world(account_with(GetParam().secret));
  const Mutated m = world.mutate(world.pod(kS3Pod));
  EXPECT_EQ(std::string::npos, spec::to_json(m.pod).find("sentinel"));
  EXPECT_EQ(std::string::npos, m.patch.find("sentinel"));
  EXPECT_EQ(std::string::npos, m.error_texts.find("sentinel"));
  for (const std::string& w : m.warnings) EXPECT_EQ(std::string::npos, w.find("sentinel"));
}

INSTANTIATE_TEST_SUITE_P(Table, NoValues, testing::ValuesIn(kSchemes),
                         [](const auto& row) { return row.param.name; });

TEST(Credentials, HeadersAreCopiedOnlyInCompatible) {
  PodWorld world(account_with("stringData: {https-host: example.com, headers: 'X: 1'}"), make_compatible);
  EXPECT_EQ("example.com-headers=X: 1", world.mutate(world.pod(kS3Pod)).env().front());
}

TEST(Credentials, ARoleNeedsNoSecret) {
  PodWorld world(R"(
apiVersion: v1
kind: ServiceAccount
metadata:
  name: sa
  namespace: default
  annotations: {eks.amazonaws.com/role-arn: arn, serving.kserve.io/s3-region: eu}
)");
  const Mutated m = world.mutate(world.pod(kS3Pod));
  EXPECT_EQ("AWS_DEFAULT_REGION=eu", m.env().front());
  EXPECT_THAT(m.warnings, IsEmpty());
}

TEST(Credentials, ABundleOfCertificatesIsMounted) {
  PodWorld world(account_with(
      "  annotations: {serving.kserve.io/s3-cabundle-configmap: ca, serving.kserve.io/s3-cabundle: "
      "/etc/tls/ca.crt}\nstringData: {AWS_SECRET_ACCESS_KEY: a}"));
  const Mutated m = world.mutate(world.pod(kS3Pod));
  EXPECT_THAT(m.env(),
              IsSupersetOf({"CA_BUNDLE_CONFIGMAP_NAME=ca", "CA_BUNDLE_VOLUME_MOUNT_POINT=/etc/tls"}));
  EXPECT_EQ("cabundle-cert:/etc/tls:ro", m.mounts("storage-initializer").back());
  EXPECT_EQ("ca", m.text("/spec/volumes/1/configMap/name"));
}

// ---------------------------------------------------------------------------------- missing objects

TEST(Credentials, AMissingSecretIsReportedWithTheAccountAndTheKnownKeys) {
  PodWorld world(R"(
apiVersion: v1
kind: ServiceAccount
metadata: {name: sa, namespace: default}
secrets: [{name: gone}]
)");
  const Mutated m = world.mutate(world.pod(kS3Pod));
  EXPECT_THAT(m.errors, ElementsAre("spec.serviceAccountName FieldValueNotFound"));
  EXPECT_THAT(m.error_texts, HasSubstr("\"gone\""));
  EXPECT_THAT(m.error_texts, HasSubstr("ServiceAccount \"sa\""));
  EXPECT_THAT(m.error_texts, HasSubstr("AWS_SECRET_ACCESS_KEY"));
  EXPECT_THAT(m.looked_up,
              ElementsAre(std::set<std::string>{"ServiceAccount sa"}, std::set<std::string>{"Secret gone"}));
}

TEST(Credentials, AMissingAnnotatedSecretIsReportedAtItsAnnotation) {
  PodWorld world;
  spec::Value pod = world.pod(R"(
metadata:
  annotations:
    internal.serving.kserve.io/storage-initializer-sourceuri: "s3://b/m"
    serving.kserve.io/storageSecretName: gone
)");
  const Mutated m = world.mutate(pod);
  EXPECT_THAT(m.errors,
              ElementsAre("metadata.annotations[serving.kserve.io/storageSecretName] FieldValueNotFound"));
  // Both in one round.
  EXPECT_THAT(m.looked_up, ElementsAre(std::set<std::string>{"Secret gone", "ServiceAccount default"}));
}

TEST(Credentials, AnInvalidNameIsNotLookedUp) {
  PodWorld world;
  for (const char* name : {"''", "../../nodes/n", "A_b", "'?x'"}) {
    const Mutated m = world.mutate(world.pod(fmt::format(
        "metadata: {{annotations: {{internal.serving.kserve.io/storage-initializer-sourceuri: 's3://b/m', "
        "serving.kserve.io/storageSecretName: {}}}}}",
        name)));
    EXPECT_FALSE(m.allowed) << name;
    EXPECT_THAT(m.looked_up, ElementsAre(std::set<std::string>{"ServiceAccount default"})) << name;
  }
}

TEST(Credentials, UnreadableObjectsWarnAndDenyNothing) {
  for (const char* kind : {"ServiceAccount", "Secret"}) {
    PodWorld world(account_with("stringData: {AWS_SECRET_ACCESS_KEY: a}"));
    world.unknown = {kind};
    const Mutated m = world.mutate(world.pod(kS3Pod));
    EXPECT_TRUE(m.allowed) << kind;
    EXPECT_THAT(m.args("storage-initializer"), ElementsAre("s3://b/m", "/mnt/models")) << kind;
    ASSERT_EQ(1U, m.warnings.size()) << kind;
    EXPECT_THAT(m.warnings.front(), HasSubstr("could not be read"));
    EXPECT_EQ(m.unread.size(), 1U) << kind;
  }
}

struct UnreadCase {
  const char* name;
  const char* annotations;
  const char* kind;  // that cannot be read
  std::vector<std::string> unread;
};
void PrintTo(const UnreadCase& c, std::ostream* os) {
  *os << c.name;
}

class Unread : public testing::TestWithParam<UnreadCase> {};

// Each object that is asked for a Pod: a Pod without it could never be corrected.
TEST_P(Unread, IsReported) {
  PodWorld world(account_with("stringData: {AWS_SECRET_ACCESS_KEY: a}"));
  const spec::Value pod = world.pod(fmt::format("metadata: {{annotations: {{{}}}}}", GetParam().annotations));
  EXPECT_THAT(world.mutate(pod).unread, ElementsAre());
  world.unknown = {GetParam().kind};
  const Mutated m = world.mutate(pod);
  EXPECT_TRUE(m.allowed) << m.error_texts;
  EXPECT_THAT(m.unread, ElementsAreArray(GetParam().unread));
}

constexpr const char* kFromS3 = "internal.serving.kserve.io/storage-initializer-sourceuri: 's3://b/m'";
constexpr const char* kNamedSecret =
    "internal.serving.kserve.io/storage-initializer-sourceuri: 's3://b/m', serving.kserve.io/storageSecretName: s3";
constexpr const char* kByKey =
    "internal.serving.kserve.io/storage-initializer-sourceuri: '<scheme-placeholder>://m', "
    "internal.serving.kserve.io/storage-spec: 'true'";
constexpr const char* kTyped =
    "internal.serving.kserve.io/storage-initializer-sourceuri: '<scheme-placeholder>://m', "
    "internal.serving.kserve.io/storage-spec: 'true', internal.serving.kserve.io/storage-spec-param: '{\"type\": "
    "\"s3\", \"bucket\": \"b\"}'";
constexpr const char* kLogged = "internal.serving.kserve.io/logger: 'true'";

INSTANTIATE_TEST_SUITE_P(
    Table, Unread,
    testing::Values(UnreadCase{"DefaultAccount", kFromS3, "ServiceAccount", {"ServiceAccount default"}},
                    UnreadCase{"NamedSecret", kNamedSecret, "Secret", {"Secret s3"}},
                    UnreadCase{"StorageConfiguration", kTyped, "Secret", {"Secret storage-config"}},
                    UnreadCase{"ServiceOfALogger", kLogged, "InferenceService", {"InferenceService m"}},
                    UnreadCase{"AccountOfAnAgent", kLogged, "ServiceAccount", {"ServiceAccount default"}},
                    UnreadCase{"NothingElse", kLogged, "ConfigMap", {}}),
    [](const auto& row) { return row.param.name; });

TEST(StorageByKeyUnread, IsNotAnError) {
  for (const char* key : {"", ", internal.serving.kserve.io/storage-spec-key: lake"}) {
    PodWorld world;
    world.unknown = {"Secret"};
    const Mutated m =
        world.mutate(world.pod(fmt::format("metadata: {{annotations: {{{}{}}}}}", kByKey, key)));
    EXPECT_TRUE(m.allowed) << m.error_texts;
    EXPECT_THAT(m.unread, ElementsAre("Secret storage-config"));
  }
}

TEST(StorageByKey, TheAdviceForABucketWorks) {
  PodWorld world(
      R"({apiVersion: v1, kind: Secret, metadata: {name: storage-config}, stringData: {lake: '{"type": "s3"}'}})");
  const std::string pod =
      fmt::format("metadata: {{annotations: {{{}, internal.serving.kserve.io/storage-spec-key: lake", kByKey);
  const Mutated in_secret = world.mutate(world.pod(pod + "}}"));
  EXPECT_THAT(in_secret.error_texts, HasSubstr(R"("bucket" in key "lake" of Secret "storage-config")"));
  const Mutated typed =
      world.mutate(world.pod(pod + R"(, internal.serving.kserve.io/storage-spec-param: '{"type": "s3"}'}})"));
  EXPECT_THAT(typed.error_texts, HasSubstr(R"(set the parameter "bucket")"));
  EXPECT_EQ(typed.error_texts.find("lake"), std::string::npos) << typed.error_texts;
}

TEST(Credentials, AMissingAccountWarns) {
  PodWorld world;
  const Mutated m = world.mutate(world.pod(kS3Pod));
  EXPECT_TRUE(m.allowed);
  EXPECT_THAT(m.warnings, ElementsAre(HasSubstr("does not exist")));
}

TEST(Credentials, SecretsWithoutCredentialsWarn) {
  PodWorld world(account_with("stringData: {password: sentinel}"));
  const Mutated m = world.mutate(world.pod(kS3Pod));
  EXPECT_TRUE(m.allowed);
  EXPECT_THAT(m.warnings, ElementsAre(HasSubstr("provides no credentials")));
}

TEST(Credentials, TokensOfTheAccountDoNotWarn) {
  PodWorld world(R"(
apiVersion: v1
kind: ServiceAccount
metadata: {name: sa, namespace: default}
secrets: [{name: sa-token-abcde}]
---
apiVersion: v1
kind: Secret
metadata: {name: sa-token-abcde, namespace: default}
stringData: {token: sentinel}
)");
  EXPECT_THAT(world.mutate(world.pod(kS3Pod)).warnings, IsEmpty());
}

// ------------------------------------------------------------------------------------- storage by key

struct KeyCase {
  const char* name;
  const char* key;                   // empty: none
  const char* parameters;            // empty: none
  std::vector<std::string> outcome;  // the arguments, or the errors
  bool allowed = true;
};

constexpr std::string_view kStorageConfig = R"(
apiVersion: v1
kind: Secret
metadata: {name: storage-config, namespace: default}
stringData:
  s3: '{"type": "s3", "bucket": "b", "secret_access_key": "sentinel"}'
  nobucket: '{"type": "s3"}'
  hdfs: '{"type": "hdfs", "bucket": "unused"}'
  webdav: '{"type": "webdav", "password": "sentinel"}'
  broken: 'sentinel'
  numbers: '{"type": "s3", "bucket": 3}'
  untyped: '{"bucket": "b"}'
  default: '{"type": "s3", "bucket": "fallback"}'
)";

class StorageByKey : public testing::TestWithParam<KeyCase> {};

TEST_P(StorageByKey, CompletesTheUri) {
  const KeyCase& c = GetParam();
  PodWorld world(kStorageConfig);
  spec::Value pod = world.pod(R"(
metadata:
  annotations:
    internal.serving.kserve.io/storage-initializer-sourceuri: "<scheme-placeholder>://m"
    internal.serving.kserve.io/storage-spec: "true"
)");
  spec::Value& annotations = *spec::find(*spec::find(pod, "metadata"), "annotations");
  if (*c.key)
    spec::set_member(annotations, "internal.serving.kserve.io/storage-spec-key", spec::make_literal(c.key),
                     world.arena());
  if (*c.parameters)
    spec::set_member(annotations, "internal.serving.kserve.io/storage-spec-param",
                     spec::make_literal(c.parameters), world.arena());
  const Mutated m = world.mutate(pod);
  EXPECT_EQ(c.allowed, m.allowed) << m.error_texts;
  EXPECT_THAT(c.allowed ? m.args("storage-initializer") : m.errors, ElementsAreArray(c.outcome));
  EXPECT_EQ(std::string::npos, (m.error_texts + spec::to_json(m.pod)).find("sentinel"));
}

constexpr const char* kKeyNotFound =
    "metadata.annotations[internal.serving.kserve.io/storage-spec-key] FieldValueNotFound";
constexpr const char* kKeyInvalid =
    "metadata.annotations[internal.serving.kserve.io/storage-spec-key] FieldValueInvalid";
constexpr const char* kParametersRequired =
    "metadata.annotations[internal.serving.kserve.io/storage-spec-param] FieldValueRequired";
constexpr const char* kParametersInvalid =
    "metadata.annotations[internal.serving.kserve.io/storage-spec-param] FieldValueInvalid";

const KeyCase kKeys[] = {
    {"TypeAndBucketFromTheSecret", "s3", "", {"s3://b/m", "/mnt/models"}},
    {"ParametersHavePrecedence", "s3", R"({"bucket":"mine"})", {"s3://mine/m", "/mnt/models"}},
    {"TheDefaultKey", "", "", {"s3://fallback/m", "/mnt/models"}},
    {"TypeByParameter", "", R"({"type":"hdfs"})", {"hdfs://m", "/mnt/models"}},
    {"OtherTypesHaveNoBucket", "hdfs", "", {"hdfs://m", "/mnt/models"}},
    {"NoBucket", "nobucket", "", {kParametersRequired}, false},
    {"NoSuchKey", "absent", "", {kKeyNotFound}, false},
    {"UnknownType", "webdav", "", {kKeyInvalid}, false},
    {"NotJson", "broken", "", {kKeyInvalid}, false},
    {"NotStrings", "numbers", "", {kKeyInvalid}, false},
    {"NoType", "untyped", "", {kParametersRequired}, false},
    {"ParametersAreNotJson", "s3", "{", {kParametersInvalid}, false},
    {"ParametersAreNotStrings", "s3", R"({"type":1})", {kParametersInvalid}, false},
};

INSTANTIATE_TEST_SUITE_P(Table, StorageByKey, testing::ValuesIn(kKeys),
                         [](const auto& row) { return row.param.name; });

TEST(StorageByKey, RefersToTheSecretAndSortsParameters) {
  PodWorld world(kStorageConfig);
  const Mutated m = world.mutate(world.pod(R"(
metadata:
  annotations:
    internal.serving.kserve.io/storage-initializer-sourceuri: "<scheme-placeholder>://m"
    internal.serving.kserve.io/storage-spec: "true"
    internal.serving.kserve.io/storage-spec-key: s3
    internal.serving.kserve.io/storage-spec-param: '{"type": "s3", "bucket": "x"}'
)"));
  EXPECT_THAT(m.env(), IsSupersetOf({"STORAGE_CONFIG<storage-config/s3",
                                     R"(STORAGE_OVERRIDE_CONFIG={"bucket":"x","type":"s3"})"}));
  EXPECT_THAT(m.looked_up, ElementsAre(std::set<std::string>{"Secret storage-config"}));
}

// ------------------------------------------------------------------------- variables of the server

struct VariablesCase {
  const char* name;
  const char* uri;
  std::vector<std::string> passed_on;  // in Strict
};
void PrintTo(const VariablesCase& c, std::ostream* os) {
  *os << c.name;
}

class VariablesOfTheServer : public testing::TestWithParam<VariablesCase> {};

Mutated mutate_with_variables(PodWorld& world, std::string_view uri) {
  return world.mutate(world.pod(fmt::format(R"(
metadata: {{annotations: {{internal.serving.kserve.io/storage-initializer-sourceuri: "{}"}}}}
spec:
  containers:
  - name: kserve-container
    env:
    - {{name: HF_TOKEN, valueFrom: {{secretKeyRef: {{name: hub, key: token}}}}}}
    - {{name: HF_HUB_OFFLINE, value: "1"}}
    - {{name: AWS_REGION, value: eu-west-1}}
    - {{name: HTTPS_PROXY, value: "http://proxy:3128"}}
    - {{name: LOG_LEVEL, value: debug}}
)",
                                            uri)));
}

TEST_P(VariablesOfTheServer, ReachTheDownloadInStrict) {
  PodWorld world({}, {});
  const Mutated m = mutate_with_variables(world, GetParam().uri);
  EXPECT_THAT(m.env(), IsSupersetOf(GetParam().passed_on));
  for (const char* other : {"LOG_LEVEL=debug", "HF_HUB_OFFLINE=1"})
    EXPECT_THAT(m.env(), testing::Not(testing::Contains(other)));
}

TEST_P(VariablesOfTheServer, DoNotInCompatible) {
  PodWorld world({}, make_compatible);
  const Mutated m = mutate_with_variables(world, GetParam().uri);
  for (const std::string& variable : GetParam().passed_on)
    EXPECT_THAT(m.env(), testing::Not(testing::Contains(variable)));
}

INSTANTIATE_TEST_SUITE_P(
    Table, VariablesOfTheServer,
    testing::Values(
        VariablesCase{
            "HuggingFace", "hf://org/model", {"HF_TOKEN<hub/token", "HTTPS_PROXY=http://proxy:3128"}},
        VariablesCase{"S3", "s3://b/m", {"AWS_REGION=eu-west-1", "HTTPS_PROXY=http://proxy:3128"}},
        VariablesCase{"Gcs", "gs://b/m", {"HTTPS_PROXY=http://proxy:3128"}}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(VariableOfTheServer, DoesNotReplaceThoseOfASecret) {
  PodWorld world(account_with("stringData: {HF_TOKEN: secret}"));
  const Mutated m = world.mutate(world.pod(R"(
metadata: {annotations: {internal.serving.kserve.io/storage-initializer-sourceuri: "hf://org/model"}}
spec: {serviceAccountName: sa, containers: [{name: kserve-container, env: [{name: HF_TOKEN, value: mine}]}]}
)"));
  EXPECT_THAT(m.env(), testing::Contains("HF_TOKEN<creds/HF_TOKEN"));
  EXPECT_THAT(m.env(), testing::Not(testing::Contains("HF_TOKEN=mine")));
}

}  // namespace
}  // namespace modelgate::workload
