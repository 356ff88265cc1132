// SPDX-License-Identifier: Apache-2.0

// Client certificates: the CA, the allowed names, and changes of the CA file.

#include "http/client_ca.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/http/test_server.h"
#include "tests/http/tls_client.h"

namespace modelgate::http {
namespace {

using namespace std::chrono_literals;
using Pair = std::shared_ptr<const certs::KeyPair>;

certs::TimePoint now() {
  return std::chrono::system_clock::now();
}

const certs::Authority& cluster_ca() {
  static const certs::Authority kCa = *certs::Authority::make({.now = now()});
  return kCa;
}

const certs::Authority& other_ca() {
  static const certs::Authority kCa = *certs::Authority::make({.now = now()});
  return kCa;
}

Pair client_pair(const certs::Authority& ca, const std::string& common_name = "kube-apiserver",
                 std::vector<std::string> dns_names = {"apiserver.example"}) {
  return *ca.sign(
      {.common_name = common_name, .dns_names = std::move(dns_names), .for_client = true, .now = now()});
}

Pair no_pair() {
  return nullptr;
}

std::shared_ptr<const TrustedClients> trusted(const certs::Authority& ca,
                                              std::vector<std::string> names = {}) {
  return std::make_shared<const TrustedClients>(
      TrustedClients{*certs::read_certificates(ca.certificate_pem()), std::move(names)});
}

// With TLS 1.3 a client is rejected after its handshake.
bool is_let_in(TlsClient& client, const Pair& pair, int version = 0) {
  client.present(pair);
  if (!client.handshake(version)) return false;
  if (!client.send(post("/", "hello"))) return false;
  const auto reply = client.reply();
  return reply && reply->status == 200;
}

bool is_let_in(std::uint16_t port, const Pair& pair, int version = 0) {
  TlsClient client(port);
  return is_let_in(client, pair, version);
}

struct Case {
  const char* name;
  std::vector<std::string> names;
  Pair (*pair)();
  bool let_in;
};

class ClientCertificate : public testing::TestWithParam<Case> {};

TEST_P(ClientCertificate, IsAcceptedOrRejected) {
  constexpr int kTls12 = 0x0303;
  constexpr int kTls13 = 0x0304;
  TestServer server(quick_limits(), 1, {.clients = trusted(cluster_ca(), GetParam().names)});
  for (const int version : {kTls12, kTls13}) {
    EXPECT_EQ(is_let_in(server.port(), GetParam().pair(), version), GetParam().let_in) << version;
  }
  const std::uint64_t refused = GetParam().let_in ? 0 : 2;
  EXPECT_TRUE(TestServer::eventually([&] { return server->counts().handshake_failures == refused; }));
}

INSTANTIATE_TEST_SUITE_P(
    Webhook, ClientCertificate,
    testing::Values(
        Case{"OfTheCa", {}, [] { return client_pair(cluster_ca()); }, true}, Case{"None", {}, no_pair, false},
        Case{"OfAnotherCa", {}, [] { return client_pair(other_ca()); }, false},
        Case{"Expired",
             {},
             [] {
               return *cluster_ca().sign(
                   {.dns_names = {"a"}, .for_client = true, .lifetime = -1min, .now = now()});
             },
             false},
        Case{"ForServersOnly",
             {},
             [] { return *cluster_ca().sign({.dns_names = {"a"}, .now = now()}); },
             false},
        Case{"CommonNameAllowed",
             {"someone", "kube-apiserver"},
             [] { return client_pair(cluster_ca()); },
             true},
        Case{"DnsNameAllowed", {"apiserver.example"}, [] { return client_pair(cluster_ca()); }, true},
        Case{"NameNotAllowed", {"someone"}, [] { return client_pair(cluster_ca()); }, false},
        Case{"NameIsAPartOnly", {"kube"}, [] { return client_pair(cluster_ca()); }, false},
        Case{"NameAllowedOfAnotherCa", {"kube-apiserver"}, [] { return client_pair(other_ca()); }, false}),
    [](const auto& info) { return info.param.name; });

TEST(ClientCertificate, IsNotRequestedWithoutACa) {
  TestServer server;
  EXPECT_TRUE(is_let_in(server.port(), no_pair()));
  EXPECT_TRUE(is_let_in(server.port(), client_pair(other_ca())));
}

TEST(ClientCertificate, AnotherCaAppliesToNewConnectionsOnly) {
  TestServer server(quick_limits(), 1, {.clients = trusted(cluster_ca())});
  TlsClient old(server.port());
  ASSERT_TRUE(is_let_in(old, client_pair(cluster_ca())));

  ASSERT_TRUE(server->use_clients(trusted(other_ca()), server.pair()).has_value());
  EXPECT_TRUE(TestServer::eventually([&] { return is_let_in(server.port(), client_pair(other_ca())); }));
  EXPECT_FALSE(is_let_in(server.port(), client_pair(cluster_ca())));

  ASSERT_TRUE(old.send(post("/", "still here")));
  const auto reply = old.reply();
  ASSERT_TRUE(reply.has_value());
  EXPECT_EQ(reply->body, "still here");
}

TEST(ClientCertificate, IsStillRequestedAfterTheServersCertificateIsReplaced) {
  TestServer server(quick_limits(), 1, {.clients = trusted(cluster_ca())});
  const auto next = new_pair();
  ASSERT_TRUE(server->use_certificate(*next).has_value());
  EXPECT_TRUE(TestServer::eventually([&] {
    TlsClient client(server.port());
    return is_let_in(client, client_pair(cluster_ca())) && client.peer_fingerprint() == next->fingerprint();
  }));
  EXPECT_FALSE(is_let_in(server.port(), no_pair()));
}

class ClientCa : public testing::Test {
 protected:
  ClientCa() {
    std::string pattern = (std::filesystem::temp_directory_path() / "client-ca-XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
    path_ = directory_ / "ca.crt";
  }
  ~ClientCa() override { std::filesystem::remove_all(directory_); }

  void write(const std::string& text) { std::ofstream(path_, std::ios::binary | std::ios::trunc) << text; }

  std::filesystem::path directory_;
  std::filesystem::path path_;
};

TEST_F(ClientCa, IsReadAgainWhenItChanges) {
  write(cluster_ca().certificate_pem());
  auto file = ClientCaFile::open(path_, {"kube-apiserver"});
  ASSERT_TRUE(file.has_value()) << file.error();
  ASSERT_EQ(file->current()->cas.size(), 1U);
  EXPECT_EQ(file->current()->names, std::vector<std::string>{"kube-apiserver"});
  EXPECT_EQ(file->poll(), false);

  write(cluster_ca().certificate_pem() + other_ca().certificate_pem());
  EXPECT_EQ(file->poll(), true);
  EXPECT_EQ(file->current()->cas.size(), 2U);
  EXPECT_EQ(file->poll(), false);
}

TEST_F(ClientCa, ABadOneIsReportedOnceAndTheLastGoodOneStays) {
  write(cluster_ca().certificate_pem());
  auto file = ClientCaFile::open(path_, {});
  ASSERT_TRUE(file.has_value());
  const auto good = file->current();
  const auto refused = [&] {
    EXPECT_FALSE(file->poll().has_value());
    EXPECT_EQ(file->poll(), false);
    EXPECT_EQ(file->current(), good);
  };
  write("not PEM");
  refused();
  write(cluster_ca().certificate_pem() + std::string(certs::kMaxPemBytes, '\n'));
  refused();
  std::filesystem::remove(path_);
  refused();
  write(cluster_ca().certificate_pem());
  EXPECT_EQ(file->poll(), true);
}

TEST_F(ClientCa, IsRequiredAtTheStart) {
  EXPECT_FALSE(ClientCaFile::open(path_, {}).has_value()) << "missing";
  write("");
  EXPECT_FALSE(ClientCaFile::open(path_, {}).has_value()) << "empty";
  std::filesystem::remove(path_);
  std::filesystem::create_directory(path_);
  EXPECT_FALSE(ClientCaFile::open(path_, {}).has_value()) << "a directory";
}

}  // namespace
}  // namespace modelgate::http
