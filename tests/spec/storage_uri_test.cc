// SPDX-License-Identifier: Apache-2.0
//
// The table of storage schemes, and how a URI is parsed and shown. tests/admission/storage_uri_test.cc tests
// that admission and Pod injection agree about every URI.
#include "spec/storage_uri.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

namespace modelgate::spec {
namespace {

std::shared_ptr<const Catalog> empty_catalog() {
  return CatalogBuilder().build(1);
}

struct UriCase {
  const char* name;
  std::string uri;
  const char* reason;  // after "FieldValue"; empty: valid
  bool supported = false;
};
void PrintTo(const UriCase& c, std::ostream* out) {
  *out << c.uri.substr(0, 80);
}

class StorageUri : public testing::TestWithParam<UriCase> {};

TEST_P(StorageUri, IsChecked) {
  const auto problem = check_storage_uri(GetParam().uri, GetParam().supported, *empty_catalog());
  const std::string reason = problem ? std::string(reason_of(problem->type)) : "FieldValue";
  EXPECT_EQ(reason, std::string("FieldValue") + GetParam().reason) << (problem ? problem->detail : "");
}

const UriCase kUris[] = {
    {"S3", "s3://b/m", ""},
    {"S3Bucket", "s3://b", ""},
    {"S3WithoutBucket", "s3://", "Invalid"},
    {"S3WithEmptyBucket", "s3:///m", "Invalid"},
    {"Pvc", "pvc://claim", ""},
    {"PvcWithoutClaim", "pvc://", "Invalid"},
    {"PvcInUpperCase", "pvc://Claim/m", "Invalid"},
    {"PvcWithTwoSlashes", "pvc://claim//etc", "Invalid"},
    {"PvcWithASlashAtTheEnd", "pvc://claim/m/", ""},
    {"PvcDots", "pvc://../m", "Invalid"},
    {"PvcWithADottedName", "pvc://claim.v1/m", ""},
    {"PvcWithABlank", "pvc://my%20claim/m", "Invalid"},
    {"Hdfs", "hdfs:///user/m", ""},
    {"HdfsWithoutPath", "hdfs://", "Invalid"},
    {"HfWithoutRepository", "hf://", "Invalid"},
    {"Hf", "hf://org/model", ""},
    {"HfWithRevision", "hf://org/model:1f3c", ""},
    {"HfWithoutModel", "hf://org", "Invalid"},
    {"HfWithEmptyModel", "hf://org/", "Invalid"},
    {"HfWithOnlyARevision", "hf://org/:main", "Invalid"},
    {"HfDots", "hf://org/..", "Invalid"},
    {"Oci", "oci://registry.example.com/m:1", ""},
    {"OciNative", "oci+native://registry.example.com/m:1", ""},
    {"OciModelcar", "oci+modelcar://registry.example.com/m:1", ""},
    {"OciFetch", "oci+fetch://registry.example.com/m:1", ""},
    {"OciOther", "oci+other://registry.example.com/m:1", "NotSupported"},
    {"Https", "https://host/m.tar.gz?sig=a", ""},
    {"HttpsWithoutHost", "https:///m", "Invalid"},
    {"Azure", "https://store.blob.core.windows.net/container/m", ""},
    {"AzureWithoutContainer", "https://store.blob.core.windows.net/", "Invalid"},
    {"AzureThatAContainerSupports", "https://store.blob.core.windows.net/", "", true},
    {"Unknown", "ftp://host/m", "NotSupported"},
    {"UnknownThatAContainerSupports", "ftp://host/m", "", true},
    {"UpperCase", "S3://b/m", "NotSupported"},
    {"LocalPath", "/mnt/models", ""},
    {"RelativePath", "bucket/model", ""},
    {"OneSlash", "s3:/bucket", "Invalid"},
    {"NoSlash", "hf:org/model", "Invalid"},
    {"ColonWithoutSlashes", "blob:x", "Invalid"},
    {"ColonInAPath", "/mnt/models:1", ""},
    {"ColonInARelativePath", "models/m:1", ""},
    {"Empty", "", "Required"},
    {"Blank", "s3://b/my model", "Invalid"},
    {"Tab", "s3://b/m\t", "Invalid"},
    {"Dots", "s3://b/../c", "Invalid"},
    {"DotsAtTheEnd", "gs://b/m/..", "Invalid"},
    {"DotsAfterTheScheme", "gs://..", "Invalid"},
    {"DotsInAPath", "../model", "Invalid"},
    {"DotsThatAContainerSupports", "ftp://b/../c", "Invalid", true},
    {"DotsInAName", "gs://b/v1..2", ""},
    {"DotsInAQuery", "https://host/m?p=/../x", ""},
    {"AQuestionMarkInAKey", "s3://b/a?/../x", "Invalid"},
    {"Longest", "s3://" + std::string(kMaxStorageUriBytes - 5, 'a'), ""},
    {"TooLong", "s3://" + std::string(kMaxStorageUriBytes - 4, 'a'), "TooLong"},
};

INSTANTIATE_TEST_SUITE_P(Table, StorageUri, testing::ValuesIn(kUris),
                         [](const auto& row) { return row.param.name; });

struct Shown {
  const char* name;
  const char* uri;
  const char* as;
};
void PrintTo(const Shown& s, std::ostream* out) {
  *out << s.uri;
}

class ShownUri : public testing::TestWithParam<Shown> {};

TEST_P(ShownUri, HidesSecrets) {
  EXPECT_EQ(shown_uri(GetParam().uri), GetParam().as);
}

INSTANTIATE_TEST_SUITE_P(
    Table, ShownUri,
    testing::Values(
        Shown{"Plain", "s3://models/iris", "s3://models/iris"}, Shown{"Path", "/mnt/models", "/mnt/models"},
        Shown{"Revision", "hf://org/model@main", "hf://org/model@main"},
        Shown{"Password", "https://me:secret@example.com/m", "https://...@example.com/m"},
        Shown{"PasswordWithAnAt", "https://me:s@cret@example.com/m", "https://...@example.com/m"},
        Shown{"PasswordWithoutAPath", "http://me:secret@example.com", "http://...@example.com"},
        Shown{"PasswordOfAnotherScheme", "ftp://me:secret@example.com/m", "ftp://...@example.com/m"},
        Shown{"PasswordAndSignature", "https://me:secret@host/m?sig=secret", "https://...@host/m?..."},
        Shown{"Signature", "https://a.blob.core.windows.net/c/m?sig=secret",
              "https://a.blob.core.windows.net/c/m?..."},
        Shown{"Fragment", "https://example.com/m#secret", "https://example.com/m#..."},
        Shown{"QueryOfAPath", "m?secret", "m?..."},
        Shown{"Digest", "oci://r/m@sha256:ab", "oci://r/m@sha256:ab"},
        Shown{"DigestWithoutARegistry", "oci+native://m@sha256:ab", "oci+native://m@sha256:ab"},
        Shown{"AtInThePath", "https://example.com/a@b", "https://example.com/a@b"}),
    [](const auto& row) { return row.param.name; });

TEST(StorageUri, Pvc) {
  EXPECT_EQ("claim", parse_pvc_uri("pvc://claim")->claim);
  EXPECT_EQ("", parse_pvc_uri("pvc://claim/")->path);
  EXPECT_EQ("a/b", parse_pvc_uri("pvc://claim/a/b")->path);
  EXPECT_FALSE(parse_pvc_uri("s3://claim/a"));
}

TEST(StorageUri, Oci) {
  EXPECT_EQ("", parse_oci_uri("oci://r/m:1")->mode);
  EXPECT_EQ("native", parse_oci_uri("oci+native://r/m:1")->mode);
  EXPECT_EQ("r/m:1", parse_oci_uri("oci+native://r/m:1")->image);
  EXPECT_FALSE(parse_oci_uri("oci+://r"));
  EXPECT_FALSE(parse_oci_uri("oci+native:/r"));
  EXPECT_FALSE(parse_oci_uri("s3://b"));
}

TEST(StorageSchemes, EachIsFoundByItsPrefixAndMayBeUsed) {
  std::set<std::string_view> names;
  for (const StorageScheme& s : storage_schemes()) {
    const std::string uri = std::string(s.prefix) + "a/b";
    EXPECT_EQ(find_storage_scheme(uri), &s) << uri;
    EXPECT_FALSE(check_storage_uri(uri, false, *empty_catalog())) << uri;
    EXPECT_TRUE(names.insert(s.name()).second) << s.name();
    EXPECT_EQ(s.fetcher == StorageFetcher::kImage, parse_oci_uri(uri).has_value()) << uri;
    EXPECT_EQ(s.fetcher == StorageFetcher::kClaim, parse_pvc_uri(uri).has_value()) << uri;
    EXPECT_EQ(s.multi_node, serves_multi_node(uri)) << uri;
    // Only what is downloaded needs credentials.
    if (s.fetcher != StorageFetcher::kInitializer)
      EXPECT_EQ(s.credentials.front(), StorageCredentials::kNone) << uri;
  }
  EXPECT_FALSE(serves_multi_node("s3://pvc://a"));
}

TEST(StorageSchemes, TypesOfAStorageSpec) {
  EXPECT_TRUE(std::ranges::equal(storage_types(), std::vector<std::string_view>{"s3", "hdfs", "webhdfs"}));
  EXPECT_TRUE(std::ranges::equal(storage_type_prefixes(),
                                 std::vector<std::string_view>{"s3://", "hdfs://", "webhdfs://"}));
}

}  // namespace
}  // namespace modelgate::spec
