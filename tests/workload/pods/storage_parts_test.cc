// SPDX-License-Identifier: Apache-2.0
//
// Parts of storage: paths, digests, and JSON as Go writes it.
#include <gtest/gtest.h>

#include "workload/objects/go_json.h"
#include "workload/objects/sha256.h"
#include "workload/pods/storage_paths.h"

namespace modelgate::workload {
namespace {

// ---------------------------------------------------------------------------------------------- digest

struct DigestCase {
  const char* name;
  std::string text;
  const char* digest;
};

class Sha256 : public testing::TestWithParam<DigestCase> {};

TEST_P(Sha256, MatchesTheStandard) {
  EXPECT_EQ(GetParam().digest, sha256_hex(GetParam().text));
}

// Examples of FIPS 180-4, and lengths at which the padding needs another block.
const DigestCase kDigests[] = {
    {"Empty", "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"Abc", "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"TwoBlocks", "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    {"A55", std::string(55, 'a'), "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318"},
    {"A64", std::string(64, 'a'), "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb"},
};

INSTANTIATE_TEST_SUITE_P(Table, Sha256, testing::ValuesIn(kDigests),
                         [](const auto& row) { return row.param.name; });

// ----------------------------------------------------------------------------------------------- paths

struct ParentCase {
  const char* name;
  const char* path;
  const char* parent;
};

class ParentDirectory : public testing::TestWithParam<ParentCase> {};

TEST_P(ParentDirectory, EqualsGos) {
  EXPECT_EQ(GetParam().parent, parent_directory(GetParam().path));
}

const ParentCase kParents[] = {
    {"File", "/etc/ssl/ca.crt", "/etc/ssl"},
    {"TopLevel", "/mnt", "/"},
    {"Root", "/", "/"},
    {"Name", "ca.crt", "."},
    {"Relative", "a/b", "a"},
    {"Folder", "/etc/ssl/", "/etc/ssl"},
    {"DoubleSlashes", "/etc//ssl//x", "/etc/ssl"},
    {"Dots", "/etc/a/../b/x", "/etc/b"},
    {"Above", "/../x", "/"},
};

INSTANTIATE_TEST_SUITE_P(Table, ParentDirectory, testing::ValuesIn(kParents),
                         [](const auto& row) { return row.param.name; });

TEST(StoragePaths, CommonParent) {
  const auto of = [](const std::vector<std::string>& paths) { return common_parent(paths); };
  EXPECT_EQ("/mnt/a/", of({"/mnt/a/"}));
  EXPECT_EQ("/mnt", of({"/mnt/a", "/mnt/b"}));
  EXPECT_EQ("/mnt/a", of({"/mnt/a", "/mnt/a/b"}));
  EXPECT_EQ("/", of({"/mnt/a", "/opt"}));
  EXPECT_EQ("/mnt", of({"/mnt/ab", "/mnt/a"}));
}

TEST(StoragePaths, VolumeName) {
  EXPECT_EQ("mnt-models", volume_name_of("/mnt/models"));
  EXPECT_EQ("mnt-models", volume_name_of("/mnt/models/"));
  EXPECT_EQ("", volume_name_of("/"));
}

// ------------------------------------------------------------------------------------------- Go's JSON

TEST(GoJson, Map) {
  EXPECT_EQ("{}", go_json({}));
  EXPECT_EQ("{\"a\":\"x\\u2028y\\u2029z\xe2\x80\xaa\"}", go_json({{"a", "x\u2028y\u2029z\u202a"}}));
  EXPECT_EQ(R"({"a":"1","b":"\u003c\u0026\u003e\""})", go_json({{"a", "1"}, {"b", "<&>\""}}));
}

struct ProbeCase {
  const char* name;
  const char* probe;
  const char* text;
};

class GoProbe : public testing::TestWithParam<ProbeCase> {};

TEST_P(GoProbe, HasGosOrder) {
  spec::Arena arena;
  const auto probe = spec::parse_json(GetParam().probe, arena);
  ASSERT_TRUE(probe);
  EXPECT_EQ(GetParam().text, go_json_of_probe(*probe));
}

const ProbeCase kProbes[] = {
    {"HttpGet", R"({"periodSeconds":5,"httpGet":{"port":8080,"path":"/h"}})",
     R"({"httpGet":{"path":"/h","port":8080},"periodSeconds":5})"},
    {"NamedPort", R"({"httpGet":{"port":"http"}})", R"({"httpGet":{"port":"http"}})"},
    {"NoPort", R"({"httpGet":{"path":"/"}})", R"({"httpGet":{"path":"/","port":0}})"},
    {"Headers", R"({"httpGet":{"port":1,"httpHeaders":[{"value":"v","name":"n"},{"name":"e"}]}})",
     R"({"httpGet":{"port":1,"httpHeaders":[{"name":"n","value":"v"},{"name":"e","value":""}]}})"},
    {"TcpSocket", R"({"tcpSocket":{"host":"h","port":1},"failureThreshold":3})",
     R"({"tcpSocket":{"port":1,"host":"h"},"failureThreshold":3})"},
    {"ZerosAreOmitted", R"({"tcpSocket":{"port":1},"timeoutSeconds":0})", R"({"tcpSocket":{"port":1}})"},
    {"ZeroOfAPointerIsNotEmpty", R"({"tcpSocket":{"port":1},"terminationGracePeriodSeconds":0})",
     R"({"tcpSocket":{"port":1},"terminationGracePeriodSeconds":0})"},
    {"UnknownIsOmitted", R"({"tcpSocket":{"port":1},"x":1})", R"({"tcpSocket":{"port":1}})"},
};

INSTANTIATE_TEST_SUITE_P(Table, GoProbe, testing::ValuesIn(kProbes),
                         [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace modelgate::workload
