// SPDX-License-Identifier: Apache-2.0
//
// The trust in the server's certificate, and the client's credentials: certificates, tokens from files, exec
// plugins.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "certs/authority.h"
#include "kube/client/client.h"
#include "tests/kube/client/fake_api_server.h"

namespace modelgate::kube {
namespace {

using namespace std::chrono_literals;
using Kind = ApiError::Kind;
using testing::HasSubstr;

constexpr std::string_view kMap = R"({"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"a"}})";
const char* const kReadme = MODELGATE_SOURCE_DIR "/README.md";  // a file that is not PEM

struct TemporaryDirectory {
  TemporaryDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "modelgate-test-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp");
    path = name;
  }
  ~TemporaryDirectory() { std::filesystem::remove_all(path); }
  std::string write(const std::string& name, std::string_view text, bool executable = false) const {
    const auto file = path / name;
    std::ofstream(file) << text;
    if (executable) std::filesystem::permissions(file, std::filesystem::perms::owner_all);
    return file.string();
  }
  std::filesystem::path path;
};

struct Reply {
  std::optional<Kind> error;
  int code = 0;
  std::string message;
};

Reply get_with(ClientConfig config, std::chrono::milliseconds limit = 5s) {
  Reply out;
  run_with_client(std::move(config), {}, [&](Client& client) -> Task<void> {
    const CallOptions options{.deadline = std::chrono::steady_clock::now() + limit};
    auto result = co_await client.get(kConfigMaps, "ns", "a", options);
    if (result) co_return;
    out = {result.error().kind, result.error().code, result.error().message};
  });
  return out;
}

void answer_all(FakeApiServer& server) {
  server.on("GET", "*", [](FakeExchange& x) { x.reply(200, kMap); });
}

// ---- the server's certificate

struct TrustCase {
  const char* name;
  FakeTls tls;
  std::function<void(ClientConfig&)> change;
  bool trusted;
  std::string message;  // a part of it
};

class Trust : public testing::TestWithParam<TrustCase> {};

TEST_P(Trust, OfTheServer) {
  FakeApiServer server({.tls = GetParam().tls});
  answer_all(server);
  ClientConfig config = server.config();
  GetParam().change(config);
  const Reply reply = get_with(config);
  EXPECT_EQ(!reply.error, GetParam().trusted) << reply.message;
  if (reply.error) EXPECT_EQ(*reply.error, Kind::kTls);
  EXPECT_THAT(reply.message, HasSubstr(GetParam().message));
  EXPECT_EQ(server.requests().size(), GetParam().trusted ? 1U : 0U);
}

void as_it_is(ClientConfig&) {}
void by_name(ClientConfig& config) {
  config.host = "localhost";
}
std::string other_ca() {
  return certs::Authority::make({.now = std::chrono::system_clock::now()})->certificate_pem();
}

INSTANTIATE_TEST_SUITE_P(
    Table, Trust,
    testing::Values(
        TrustCase{"Address", {}, as_it_is, true, ""},
        TrustCase{"OtherAddress",
                  {.addresses = {"10.0.0.1", "::1"}},
                  as_it_is,
                  false,
                  "its certificate is not for 127.0.0.1, but for 10.0.0.1, ::1"},
        TrustCase{"Name", {.dns_names = {"localhost"}, .addresses = {}}, by_name, true, ""},
        TrustCase{"OtherName",
                  {.dns_names = {"elsewhere"}, .addresses = {"127.0.0.1"}},
                  by_name,
                  false,
                  "not for localhost, but for elsewhere, 127.0.0.1"},
        TrustCase{"Wildcard",
                  {.dns_names = {"*.example.com"}, .addresses = {}},
                  [](ClientConfig& c) { c.tls_server_name = "api.example.com"; },
                  true,
                  ""},
        TrustCase{"WildcardOverTwoLabels",
                  {.dns_names = {"*.example.com"}, .addresses = {}},
                  [](ClientConfig& c) { c.tls_server_name = "a.b.example.com"; },
                  false,
                  "not for a.b.example.com"},
        TrustCase{"ServerName",
                  {.dns_names = {"kubernetes"}, .addresses = {}},
                  [](ClientConfig& c) { c.tls_server_name = "kubernetes"; },
                  true,
                  ""},
        TrustCase{"UnknownCa", {}, [](ClientConfig& c) { c.ca_pem = other_ca(); }, false, "not trusted"},
        TrustCase{"OneOfTwoCas", {}, [](ClientConfig& c) { c.ca_pem = other_ca() + c.ca_pem; }, true, ""},
        TrustCase{"TheSystemsCas", {}, [](ClientConfig& c) { c.ca_pem.clear(); }, false, "not trusted"},
        TrustCase{"Expired", {.expired = true}, as_it_is, false, "expired"},
        TrustCase{"Unchecked",
                  {.addresses = {"10.0.0.1"}, .expired = true},
                  [](ClientConfig& c) {
                    c.ca_pem.clear();
                    c.insecure = true;
                  },
                  true,
                  ""}),
    [](const auto& info) { return info.param.name; });

TEST(Trust, AServerWithoutTls) {
  FakeApiServer server;
  server.on("GET", "*", [](FakeExchange& x) { x.close(); });
  ClientConfig config = server.config();
  config.tls = true;
  EXPECT_NE(get_with(config, 1s).error, std::nullopt);
}

TEST(Trust, ASilentServer) {
  FakeApiServer server;  // waits for a request line that a ClientHello is not
  ClientConfig config = server.config();
  config.tls = true;
  EXPECT_EQ(get_with(config, 200ms).error, Kind::kDeadline);
}

TEST(Trust, AnAddressThatIsNotAName) {
  ClientConfig config{.host = "no-such-host.invalid", .port = "443", .tls = false};
  const Reply reply = get_with(config, 20s);
  EXPECT_THAT(reply.message, HasSubstr("no-such-host.invalid"));
  EXPECT_TRUE(reply.error == Kind::kConnection || reply.error == Kind::kDeadline);
}

// ---- credentials

struct ClientPair {
  std::string ca, certificate, key;
};

ClientPair client_pair() {
  const auto now = std::chrono::system_clock::now();
  const auto ca = certs::Authority::make({.now = now});
  const auto pair = ca->sign({.dns_names = {"me"}, .now = now});
  return {ca->certificate_pem(), (*pair)->chain_pem(), (*pair)->key_pem()};
}

TEST(Identity, ByCertificate) {
  const ClientPair pair = client_pair();
  FakeApiServer server({.tls = FakeTls{.client_ca_pem = pair.ca}});
  answer_all(server);
  ClientConfig config = server.config();
  EXPECT_EQ(get_with(config).error, Kind::kTls) << "without one";
  config.client_certificate_pem = pair.certificate;
  config.client_key_pem = pair.key;
  const Reply reply = get_with(config);
  EXPECT_FALSE(reply.error) << reply.message;
}

TEST(Identity, ByCertificateFiles) {
  const ClientPair pair = client_pair();
  const TemporaryDirectory directory;
  FakeApiServer server({.tls = FakeTls{.client_ca_pem = pair.ca}});
  answer_all(server);
  ClientConfig config = server.config();
  config.ca_file = directory.write("ca.crt", config.ca_pem);
  config.ca_pem.clear();
  config.client_certificate_file = directory.write("me.crt", pair.certificate);
  config.client_key_file = directory.write("me.key", pair.key);
  const Reply reply = get_with(config);
  EXPECT_FALSE(reply.error) << reply.message;
}

TEST(Identity, AReplacedCaIsReadAfterAFailedHandshake) {
  const TemporaryDirectory directory;
  FakeApiServer server({.tls = FakeTls{}});
  answer_all(server);
  ClientConfig config = server.config();
  config.ca_file = directory.write("ca.crt", other_ca());
  run_with_client(config, {}, [&](Client& client) -> Task<void> {
    auto before = co_await client.get(kConfigMaps, "ns", "a");
    EXPECT_TRUE(!before && before.error().kind == Kind::kTls);
    directory.write("ca.crt", server.ca_pem());
    auto after = co_await client.get(kConfigMaps, "ns", "a");
    EXPECT_TRUE(after.has_value());
  });
}

struct BadCredentials {
  const char* name;
  std::function<void(ClientConfig&)> change;
  std::string message;
};

class Refused : public testing::TestWithParam<BadCredentials> {};

TEST_P(Refused, BeforeAnythingIsSent) {
  FakeApiServer server({.tls = FakeTls{}});
  answer_all(server);
  ClientConfig config = server.config();
  GetParam().change(config);
  const Reply reply = get_with(config);
  EXPECT_EQ(reply.error, Kind::kCredentials);
  EXPECT_THAT(reply.message, HasSubstr(GetParam().message));
  EXPECT_THAT(reply.message, testing::Not(HasSubstr("hush")));
  EXPECT_EQ(server.connections(), 0);
}

INSTANTIATE_TEST_SUITE_P(
    Table, Refused,
    testing::Values(
        BadCredentials{"NoTokenFile", [](ClientConfig& c) { c.token_file = "/nonexistent/token"; },
                       "/nonexistent/token"},
        BadCredentials{"TokenFileIsADirectory", [](ClientConfig& c) { c.token_file = "/"; }, "directory"},
        BadCredentials{"EmptyTokenFile", [](ClientConfig& c) { c.token_file = "/dev/null"; }, "empty"},
        BadCredentials{"TokenWithALineBreak", [](ClientConfig& c) { c.token = "hush\r\nX: y"; }, "token"},
        BadCredentials{"CaIsNoPem", [](ClientConfig& c) { c.ca_file = kReadme; }, "CA"},
        BadCredentials{"NoCaFile", [](ClientConfig& c) { c.ca_file = "/nonexistent/ca"; }, "/nonexistent/ca"},
        BadCredentials{"CertificateIsNoPem",
                       [](ClientConfig& c) {
                         c.client_certificate_pem = "hush";
                         c.client_key_pem = client_pair().key;
                       },
                       "client certificate"},
        BadCredentials{"KeyIsNoPem",
                       [](ClientConfig& c) {
                         c.client_certificate_pem = client_pair().certificate;
                         c.client_key_pem = "hush";
                       },
                       "client key"},
        BadCredentials{"AnotherKey",
                       [](ClientConfig& c) {
                         c.client_certificate_pem = client_pair().certificate;
                         c.client_key_pem = client_pair().key;
                       },
                       "client key"},
        BadCredentials{"NoSuchPlugin",
                       [](ClientConfig& c) {
                         c.exec = ExecPlugin{.command = "modelgate-no-such-plugin",
                                             .api_version = "client.authentication.k8s.io/v1",
                                             .install_hint = "take it from the shelf"};
                       },
                       "modelgate-no-such-plugin: no such program; take it from the shelf"},
        BadCredentials{"FailingPlugin",
                       [](ClientConfig& c) {
                         c.exec = ExecPlugin{.command = "sh",
                                             .arguments = {"-c", "echo hush; exit 3"},
                                             .api_version = "client.authentication.k8s.io/v1"};
                       },
                       "exit code 3"},
        BadCredentials{"KilledPlugin",
                       [](ClientConfig& c) {
                         c.exec = ExecPlugin{.command = "sh",
                                             .arguments = {"-c", "kill -TERM $$"},
                                             .api_version = "client.authentication.k8s.io/v1"};
                       },
                       "signal 15"},
        BadCredentials{"BabblingPlugin",
                       [](ClientConfig& c) {
                         c.exec = ExecPlugin{.command = "yes",
                                             .arguments = {"hush"},
                                             .api_version = "client.authentication.k8s.io/v1"};
                       },
                       "more than 1 MiB"}),
    [](const auto& info) { return info.param.name; });

TEST(Identity, AFreshTokenIsReadAfterA401) {
  const TemporaryDirectory directory;
  FakeApiServer server;
  server.on("GET", "*", [&](FakeExchange& x) {
    if (x.request().header("authorization") == "Bearer two") return x.reply(200, kMap);
    directory.write("token", "two\n");
    x.status(401, "Unauthorized");
  });
  ClientConfig config = server.config();
  config.token_file = directory.write("token", "one\n");
  EXPECT_FALSE(get_with(config).error);
  EXPECT_EQ(server.requests().size(), 2U);
}

TEST(Identity, ARepeated401IsReported) {
  const TemporaryDirectory directory;
  FakeApiServer server;
  server.on("GET", "*", [](FakeExchange& x) { x.status(401, "Unauthorized"); });
  ClientConfig config = server.config();
  config.token_file = directory.write("token", "one");
  EXPECT_EQ(get_with(config).code, 401);
  EXPECT_EQ(server.requests().size(), 2U);
  config.token_file.clear();
  config.token = "fixed";
  EXPECT_EQ(get_with(config).code, 401);
  EXPECT_EQ(server.requests().size(), 3U) << "a token that cannot change was tried twice";
}

// ---- exec plugins

struct Plugin {
  explicit Plugin(const TemporaryDirectory& at, const std::string& expires = "2999-01-01T00:00:00Z")
      : directory(at) {
    const std::string script = R"(#!/bin/sh
echo run >> ")" + (at.path / "runs").string() +
                               R"("
n=$(wc -l < ")" + (at.path / "runs").string() +
                               R"(")
echo "$KUBERNETES_EXEC_INFO" > ")" +
                               (at.path / "info").string() + R"("
printf '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"%s-%s","expirationTimestamp":")" +
                               expires + R"("}}' "$PREFIX" $n
)";
    exec = {.command = at.write("plugin", script, true),
            .environment = {{"PREFIX", "t"}},
            .api_version = "client.authentication.k8s.io/v1",
            .provide_cluster_info = true};
  }
  std::string text(const char* name) const {
    std::ifstream in(directory.path / name);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  const TemporaryDirectory& directory;
  ExecPlugin exec;
};

void get_twice(ClientConfig config) {
  run_with_client(std::move(config), {}, [](Client& client) -> Task<void> {
    for (int i = 0; i < 2; ++i) {
      auto result = co_await client.get(kConfigMaps, "ns", "a");
      EXPECT_TRUE(result.has_value()) << result.error().to_string();
    }
  });
}

TEST(Plugins, TheirTokenIsReused) {
  const TemporaryDirectory directory;
  const Plugin plugin(directory);
  FakeApiServer server;
  answer_all(server);
  ClientConfig config = server.config();
  config.exec = plugin.exec;
  get_twice(config);
  ASSERT_EQ(server.requests().size(), 2U);
  EXPECT_EQ(server.requests()[1].header("authorization"), "Bearer t-1");
  EXPECT_EQ(
      plugin.text("info"),
      R"({"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","spec":{"interactive":false,)"
      R"("cluster":{"server":"http://127.0.0.1:)" +
          std::to_string(server.port()) + "\"}}}\n");
}

TEST(Plugins, TheyRunAgainWhenTheirTokenHasExpired) {
  const TemporaryDirectory directory;
  const Plugin plugin(directory, "2020-01-01T02:00:00.5+02:00");
  FakeApiServer server;
  answer_all(server);
  ClientConfig config = server.config();
  config.exec = plugin.exec;
  get_twice(config);
  ASSERT_EQ(server.requests().size(), 2U);
  EXPECT_EQ(server.requests()[1].header("authorization"), "Bearer t-2");
}

TEST(Plugins, TheyRunAgainAfterA401) {
  const TemporaryDirectory directory;
  const Plugin plugin(directory);
  FakeApiServer server;
  server.on("GET", "*", [](FakeExchange& x) {
    if (x.request().header("authorization") == "Bearer t-1") return x.status(401, "Unauthorized");
    x.reply(200, kMap);
  });
  ClientConfig config = server.config();
  config.exec = plugin.exec;
  EXPECT_FALSE(get_with(config).error);
}

TEST(Plugins, OneRunIsSharedByConcurrentCalls) {
  const TemporaryDirectory directory;
  const Plugin plugin(directory);
  FakeApiServer server;
  answer_all(server);
  ClientConfig config = server.config();
  config.exec = plugin.exec;
  asio::io_context context;
  Client client(context, config);
  int done = 0;
  for (int i = 0; i < 4; ++i) {
    spawn(context, "call", [&]() -> Task<void> {
      auto result = co_await client.get(kConfigMaps, "ns", "a");
      EXPECT_TRUE(result.has_value());
      if (++done == 4) context.stop();
    });
  }
  context.run_for(20s);
  EXPECT_EQ(done, 4);
  EXPECT_EQ(plugin.text("runs"), "run\n");
}

TEST(Plugins, OneThatHangsIsKilled) {
  const TemporaryDirectory directory;
  FakeApiServer server;
  ClientConfig config = server.config();
  config.exec =
      ExecPlugin{.command = directory.write("plugin", "#!/bin/sh\necho $$ > \"$0.pid\"\nsleep 600\n", true),
                 .api_version = "client.authentication.k8s.io/v1"};
  EXPECT_EQ(get_with(config, 3s).error, Kind::kDeadline);
  std::ifstream in(directory.path / "plugin.pid");
  pid_t pid = 0;
  ASSERT_TRUE(in >> pid);
  EXPECT_EQ(::kill(pid, 0), -1);
}

}  // namespace
}  // namespace modelgate::kube
