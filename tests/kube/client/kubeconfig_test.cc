// SPDX-License-Identifier: Apache-2.0
//
// Kubeconfigs and service accounts: sources, precedence and errors.
#include "kube/client/kubeconfig.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>  // NOLINT: mkdtemp

#include <filesystem>
#include <fstream>

#include "kube/client/client_config.h"
#include "kube/client/server_url.h"

namespace modelgate::kube {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class Files : public testing::Test {
 protected:
  Files() {
    std::string name = (fs::temp_directory_path() / "modelgate-test-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp");
    directory = name;
  }
  ~Files() override { fs::remove_all(directory); }

  std::string write(const std::string& name, std::string_view text) const {
    fs::create_directories((directory / name).parent_path());
    std::ofstream(directory / name) << text;
    return (directory / name).string();
  }

  fs::path directory;
};

constexpr std::string_view kSimple = R"(
apiVersion: v1
kind: Config
current-context: here
clusters:
- name: c
  cluster: {server: "https://10.0.0.1:6443", certificate-authority-data: Y2E=}
users:
- name: u
  user: {token: secret}
contexts:
- name: here
  context: {cluster: c, user: u, namespace: models}
- name: nobody
  context: {cluster: c}
- name: nowhere
  context: {cluster: x, user: u}
- name: stranger
  context: {cluster: c, user: x}
)";

std::expected<ClientConfig, std::string> config_of(std::string_view text, const std::string& context = {}) {
  Kubeconfig all;
  if (auto added = all.add("/etc/k/config", text); !added) return std::unexpected(added.error());
  return all.config_of(context);
}

TEST(Kubeconfig, IsRead) {
  const auto config = config_of(kSimple);
  ASSERT_TRUE(config) << config.error();
  EXPECT_EQ(config->host, "10.0.0.1");
  EXPECT_EQ(config->port, "6443");
  EXPECT_TRUE(config->tls);
  EXPECT_EQ(config->ca_pem, "ca");
  EXPECT_EQ(config->token, "secret");
  EXPECT_EQ(config->namespace_, "models");
  EXPECT_EQ(config_of(kSimple, "nobody")->token, "");
}

/// A kubeconfig of one cluster and one user, whose members are given.
std::string with(std::string_view cluster, std::string_view user) {
  return R"({"current-context":"x","contexts":[{"name":"x","context":{"cluster":"c","user":"u"}}],)"
         R"("clusters":[{"name":"c","cluster":{)" +
         std::string(cluster) + R"(}}],"users":[{"name":"u","user":{)" + std::string(user) + "}}]}";
}
constexpr std::string_view kServer = R"("server":"https://a")";

TEST(Kubeconfig, TakesRelativePathsFromItsOwnDirectory) {
  const auto config =
      config_of(with(R"("server":"https://a","certificate-authority":"ca.crt")",
                     R"("client-certificate":"../me.crt","client-key":"/keys/me","tokenFile":"t",)"
                     R"("exec":{"apiVersion":"client.authentication.k8s.io/v1","command":"./run",)"
                     R"("args":["a","b"],"env":[{"name":"N","value":"v"}]})"));
  ASSERT_TRUE(config) << config.error();
  EXPECT_EQ(config->ca_file, "/etc/k/ca.crt");
  EXPECT_EQ(config->client_certificate_file, "/etc/me.crt");
  EXPECT_EQ(config->client_key_file, "/keys/me");
  EXPECT_EQ(config->token_file, "/etc/k/t");
  ASSERT_TRUE(config->exec);
  EXPECT_EQ(config->exec->command, "/etc/k/run");
  EXPECT_EQ(config->exec->arguments, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(config->exec->environment.at("N"), "v");
}

TEST(Kubeconfig, APluginWithoutASlashIsFoundInThePath) {
  const auto config = config_of(
      with(kServer, R"("exec":{"apiVersion":"client.authentication.k8s.io/v1beta1","command":"aws"})"));
  ASSERT_TRUE(config) << config.error();
  EXPECT_EQ(config->exec->command, "aws");
}

TEST(Kubeconfig, TheFirstOfSeveralFilesWins) {
  Kubeconfig all;
  ASSERT_TRUE(all.add("/a", R"({"contexts":[{"name":"x","context":{"cluster":"c","user":"u"}}]})"));
  ASSERT_TRUE(all.add("/b", with(kServer, R"("token":"b")")));
  ASSERT_TRUE(all.add("/c", R"({"current-context":"y","users":[{"name":"u","user":{"token":"c"}}]})"));
  const auto config = all.config_of("");
  ASSERT_TRUE(config) << config.error();
  EXPECT_EQ(config->token, "b");
}

struct BrokenCase {
  const char* name;
  std::string text;
  std::string context;
  std::string message;  // a part of it
};

class Broken : public testing::TestWithParam<BrokenCase> {};

TEST_P(Broken, IsRejectedWithAMessage) {
  const auto config = config_of(GetParam().text, GetParam().context);
  ASSERT_FALSE(config);
  EXPECT_THAT(config.error(), HasSubstr(GetParam().message));
  EXPECT_THAT(config.error(), HasSubstr("/etc/k/config"));
  EXPECT_THAT(config.error(), testing::Not(HasSubstr("hush")));
}

INSTANTIATE_TEST_SUITE_P(
    Table, Broken,
    testing::Values(
        BrokenCase{"Empty", "", "", "no current-context"},
        BrokenCase{"NotYaml", "a: ]", "", "/etc/k/config:1: "},
        BrokenCase{"NoObject", "- a", "", "not a JSON object"},
        BrokenCase{"AnotherKind", "kind: Pod", "", "kind is \"Pod\""},
        BrokenCase{"TwoDocuments", "a: 1\n---\nb: 2", "", "one document"},
        BrokenCase{"ClustersAreNoList", "clusters: {}", "", "clusters is not a list"},
        BrokenCase{"AnEntryIsNoObject", "users: [a]", "", "an entry is not an object"},
        BrokenCase{"AMemberIsNoObject", "users: [{name: u, user: hush}]", "", "its user is not an object"},
        BrokenCase{"NoSuchContext", std::string(kSimple), "there", "no context \"there\""},
        BrokenCase{"NoSuchCluster", std::string(kSimple), "nowhere", "no cluster \"x\""},
        BrokenCase{"NoSuchUser", std::string(kSimple), "stranger", "no user \"x\""},
        BrokenCase{"NoServer", with("", ""), "", "no server"},
        BrokenCase{"BadServer", with(R"("server":"ftp://a")", ""), "", "https or http"},
        BrokenCase{"Proxy", with(R"("server":"https://a","proxy-url":"socks5://b")", ""), "",
                   "proxy-url is not supported"},
        BrokenCase{"CaIsNotBase64", with(R"("server":"https://a","certificate-authority-data":"?")", ""), "",
                   "certificate-authority-data is not base64"},
        BrokenCase{
            "CaAndUnchecked",
            with(R"("server":"https://a","certificate-authority":"x","insecure-skip-tls-verify":true)", ""),
            "", "one is allowed"},
        BrokenCase{"AuthProvider", with(kServer, R"("auth-provider":{"name":"gcp"})"), "",
                   "auth-provider is not supported; use an exec plugin"},
        BrokenCase{"Password", with(kServer, R"("username":"me","password":"hush")"), "",
                   "username is not supported"},
        BrokenCase{"Impersonation", with(kServer, R"("as":"root")"), "", "as is not supported"},
        BrokenCase{"CertificateWithoutKey", with(kServer, R"("client-certificate":"x")"), "",
                   "without a client-key"},
        BrokenCase{"KeyWithoutCertificate", with(kServer, R"("client-key-data":"aHVzaA==")"), "",
                   "without a client-certificate"},
        BrokenCase{"ExecWithoutACommand",
                   with(kServer, R"("exec":{"apiVersion":"client.authentication.k8s.io/v1"})"), "",
                   "no command"},
        BrokenCase{
            "ExecOfAnOldVersion",
            with(kServer, R"("exec":{"command":"x","apiVersion":"client.authentication.k8s.io/v1alpha1"})"),
            "", "v1 and v1beta1 are supported"},
        BrokenCase{"ExecThatAsks",
                   with(kServer, R"("exec":{"command":"x","apiVersion":"client.authentication.k8s.io/v1",)"
                                 R"("interactiveMode":"Always"})"),
                   "", "interactiveMode"},
        BrokenCase{
            "ExecWithANumber",
            with(kServer,
                 R"("exec":{"command":"x","apiVersion":"client.authentication.k8s.io/v1","args":[1]})"),
            "", "exec.args"}),
    [](const auto& info) { return info.param.name; });

// ---- sources

using Environment = std::map<std::string, std::string>;

class Sources : public Files {
 protected:
  std::string token_from(const ConfigSources& sources) const {
    const auto config = load_client_config(sources);
    if (!config) return "error: " + config.error();
    return config->token.empty() ? config->token_file : config->token;
  }
  std::string kubeconfig(const std::string& name, const std::string& token) const {
    return write(name, with(kServer, R"("token":")" + token + '"'));
  }
};

TEST_F(Sources, TheFlagThenTheVariableThenTheServiceAccountThenTheHomeDirectory) {
  const std::string flag = kubeconfig("flag", "flag");
  const std::string account = directory / "account";
  write("account/token", "x");
  write("account/ca.crt", "x");
  kubeconfig("home/.kube/config", "home");
  Environment all{{"KUBECONFIG", kubeconfig("variable", "variable")},
                  {"KUBERNETES_SERVICE_HOST", "10.96.0.1"},
                  {"HOME", directory / "home"}};
  EXPECT_EQ(token_from({.kubeconfig = flag, .service_account_directory = account, .environment = all}),
            "flag");
  EXPECT_EQ(token_from({.service_account_directory = account, .environment = all}), "variable");
  all.erase("KUBECONFIG");
  EXPECT_EQ(token_from({.service_account_directory = account, .environment = all}), account + "/token");
  all.erase("KUBERNETES_SERVICE_HOST");
  EXPECT_EQ(token_from({.service_account_directory = account, .environment = all}), "home");
  all["HOME"] = directory / "nowhere";
  EXPECT_THAT(token_from({.service_account_directory = account, .environment = all}),
              HasSubstr("no kubeconfig"));
}

TEST_F(Sources, MissingFilesOfTheVariableAreSkipped) {
  const std::string list = (directory / "none").string() + "::" + kubeconfig("some", "some");
  EXPECT_EQ(token_from({.environment = Environment{{"KUBECONFIG", list}}}), "some");
  EXPECT_THAT(token_from({.environment = Environment{{"KUBECONFIG", directory / "none"}}}),
              HasSubstr("error: "));
  EXPECT_THAT(token_from({.kubeconfig = directory / "none"}), HasSubstr("none: No such file"));
}

TEST_F(Sources, TheServiceAccountOfAPod) {
  const std::string account = directory / "account";
  const Environment environment{{"KUBERNETES_SERVICE_HOST", "fd00::1"}, {"KUBERNETES_SERVICE_PORT", "6443"}};
  const ConfigSources sources{.service_account_directory = account, .environment = environment};
  EXPECT_THAT(token_from(sources), HasSubstr(account + "/token")) << "an error that names what is missing";
  write("account/token", "x");
  write("account/ca.crt", "x");
  write("account/namespace", "models\n");
  const auto config = load_client_config(sources);
  ASSERT_TRUE(config) << config.error();
  EXPECT_EQ(config->host, "fd00::1");
  EXPECT_EQ(config->port, "6443");
  EXPECT_EQ(config->ca_file, account + "/ca.crt");
  EXPECT_EQ(config->namespace_, "models");
}

// ---- addresses

struct UrlCase {
  const char* name;
  std::string text;
  bool tls_settings;
  std::string read;  // "https host port path", or empty: rejected
};

class Urls : public testing::TestWithParam<UrlCase> {};

TEST_P(Urls, AreRead) {
  const auto url = read_server_url(GetParam().text, GetParam().tls_settings);
  const std::string read =
      url ? (url->tls ? "https " : "http ") + url->host + " " + url->port + " " + url->base_path
          : std::string();
  EXPECT_EQ(read, GetParam().read);
}

INSTANTIATE_TEST_SUITE_P(
    Table, Urls,
    testing::Values(
        UrlCase{"Name", "https://api.example.com", false, "https api.example.com 443 "},
        UrlCase{"Port", "https://10.0.0.1:6443/", false, "https 10.0.0.1 6443 "},
        UrlCase{"Path", "https://a/k8s/c-1/", false, "https a 443 /k8s/c-1"},
        UrlCase{"V6", "https://[fd00::1]:6443/x", false, "https fd00::1 6443 /x"},
        UrlCase{"V6WithoutPort", "https://[::1]", false, "https ::1 443 "},
        UrlCase{"Plain", "http://localhost:8080", true, "http localhost 8080 "},
        UrlCase{"NoSchemeButACa", "a:6443", true, "https a 6443 "},
        UrlCase{"NoScheme", "a", false, "http a 80 "}, UrlCase{"OtherScheme", "unix:///a", false, ""},
        UrlCase{"NoHost", "https://", false, ""}, UrlCase{"NoHostButAPort", "https://:1", false, ""},
        UrlCase{"V6WithoutBrackets", "https://fd00::1", false, ""},
        UrlCase{"PortZero", "https://a:0", false, ""}, UrlCase{"PortTooLarge", "https://a:65536", false, ""},
        UrlCase{"LargestPort", "https://a:65535", false, "https a 65535 "},
        UrlCase{"Query", "https://a/?b", false, ""}, UrlCase{"Password", "https://me:pw@a", false, ""},
        UrlCase{"LineBreak", "https://a/\r\nX: y", false, ""}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace modelgate::kube
