// SPDX-License-Identifier: Apache-2.0

// The server over TLS sockets, with well-behaved and misbehaving clients.

#include "http/server.h"

#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <chrono>
#include <string>
#include <vector>

#include "tests/http/test_server.h"
#include "tests/http/tls_client.h"

namespace modelgate::http {
namespace {

using namespace std::chrono_literals;

TEST(Server, AnswersOneRequestAfterTheOtherOnAConnection) {
  TestServer server;
  TlsClient client(server.port());
  ASSERT_TRUE(client.handshake());
  for (const std::string body : {"one", "two", "three"}) {
    ASSERT_TRUE(client.send(post("/echo?timeout=5s", body)));
    const auto reply = client.reply();
    ASSERT_TRUE(reply.has_value());
    EXPECT_EQ(reply->status, 200);
    EXPECT_EQ(reply->body, body);
    EXPECT_FALSE(reply->has_header("Connection: close"));
  }
  EXPECT_EQ(server->counts().connections, 1U);
  EXPECT_EQ(server->counts().requests, 3U);
}

TEST(Server, AnswersPipelinedRequestsInTheirOrder) {
  TestServer server;
  TlsClient client(server.port());
  ASSERT_TRUE(client.handshake());
  ASSERT_TRUE(client.send(post("/", "first") + post("/", "") + post("/", "third")));
  for (const std::string expected : {"first", "", "third"}) {
    const auto reply = client.reply();
    ASSERT_TRUE(reply.has_value());
    EXPECT_EQ(reply->body, expected);
  }
}

TEST(Server, ReadsARequestByteByByte) {
  TestServer server;
  TlsClient client(server.port());
  ASSERT_TRUE(client.handshake());
  for (const char byte : post("/", "slow but steady")) ASSERT_TRUE(client.send(std::string(1, byte)));
  const auto reply = client.reply();
  ASSERT_TRUE(reply.has_value());
  EXPECT_EQ(reply->body, "slow but steady");
}

TEST(Server, ReadsAChunkedBody) {
  TestServer server;
  TlsClient client(server.port());
  ASSERT_TRUE(client.handshake());
  ASSERT_TRUE(client.send(
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"));
  const auto reply = client.reply();
  ASSERT_TRUE(reply.has_value());
  EXPECT_EQ(reply->body, "abcde");
}

TEST(Server, HeadGetsNoBodyAndTheNextRequestItsAnswer) {
  TestServer server;
  TlsClient client(server.port());
  ASSERT_TRUE(client.handshake());
  ASSERT_TRUE(client.send("HEAD /large HTTP/1.1\r\nHost: a\r\n\r\n" + post("/", "next")));
  const auto head = client.reply();
  ASSERT_TRUE(head.has_value());
  EXPECT_TRUE(head->body.empty());
  const auto reply = client.reply();
  ASSERT_TRUE(reply.has_value());
  EXPECT_EQ(reply->body, "next");
}

TEST(Server, AnswersExpectContinue) {
  TestServer server;
  TlsClient client(server.port());
  ASSERT_TRUE(client.handshake());
  const std::string request = post("/", "body", "Expect: 100-continue\r\n");
  ASSERT_TRUE(client.send(request.substr(0, request.size() - 4)));
  const auto interim = client.reply();
  ASSERT_TRUE(interim.has_value());
  EXPECT_EQ(interim->status, 100);
  ASSERT_TRUE(client.send("body"));
  const auto reply = client.reply();
  ASSERT_TRUE(reply.has_value());
  EXPECT_EQ(reply->body, "body");
}

TEST(Server, SendsALargeReplyCompletely) {
  TestServer server;
  TlsClient client(server.port());
  ASSERT_TRUE(client.handshake());
  ASSERT_TRUE(client.send(post("/large", "")));
  const auto reply = client.reply();
  ASSERT_TRUE(reply.has_value());
  EXPECT_EQ(reply->body.size(), std::size_t{3} << 20);
}

TEST(Server, ReplyMayComeLater) {
  TestServer server;
  TlsClient client(server.port());
  ASSERT_TRUE(client.handshake());
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(client.send(post("/later", "")));
    const auto reply = client.reply();
    ASSERT_TRUE(reply.has_value());
    EXPECT_EQ(reply->body, "late");
  }
}

struct ClosingCase {
  const char* name;
  std::string request;
};

class Closing : public testing::TestWithParam<ClosingCase> {};

TEST_P(Closing, EndsTheConnectionAfterTheReply) {
  TestServer server;
  TlsClient client(server.port());
  ASSERT_TRUE(client.handshake());
  ASSERT_TRUE(client.send(GetParam().request));
  const auto reply = client.reply();
  ASSERT_TRUE(reply.has_value());
  EXPECT_EQ(reply->status, 200);
  EXPECT_TRUE(reply->has_header("Connection: close"));
  EXPECT_TRUE(client.ended());
  EXPECT_TRUE(TestServer::eventually([&] { return server->open_connections() == 0; }));
}

INSTANTIATE_TEST_SUITE_P(
    Table, Closing,
    testing::Values(ClosingCase{"RequestedByTheClient", post("/", "a", "Connection: close\r\n")},
                    ClosingCase{"RequestedByTheHandler", post("/close", "a")},
                    ClosingCase{"Http10", "POST / HTTP/1.0\r\nContent-Length: 1\r\n\r\na"}),
    [](const auto& info) { return info.param.name; });

struct BadHttpCase {
  const char* name;
  std::string request;
};

class BadHttp : public testing::TestWithParam<BadHttpCase> {};

TEST_P(BadHttp, Gets400AndTheConnectionEnds) {
  TestServer server;
  TlsClient client(server.port());
  ASSERT_TRUE(client.handshake());
  ASSERT_TRUE(client.send(GetParam().request));
  const auto reply = client.reply();
  ASSERT_TRUE(reply.has_value());
  EXPECT_EQ(reply->status, 400) << reply->head;
  EXPECT_TRUE(client.ended());
  EXPECT_EQ(server->counts().bad_requests, 1U);
}

INSTANTIATE_TEST_SUITE_P(
    Table, BadHttp,
    testing::Values(
        BadHttpCase{"Garbage", "\x01\x02\x03 hello\r\n\r\n"}, BadHttpCase{"NoVersion", "GET /\r\n\r\n"},
        BadHttpCase{"Http2Preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
        BadHttpCase{"LengthNotANumber", "POST / HTTP/1.1\r\nContent-Length: ten\r\n\r\n"},
        BadHttpCase{"NegativeLength", "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n"},
        BadHttpCase{"TwoLengths", "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\na"},
        BadHttpCase{"LengthAndChunked",
                    "POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
        BadHttpCase{"ChunkSizeNotHex", "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\nabc\r\n"},
        BadHttpCase{"NulInHeader", std::string("GET / HTTP/1.1\r\nA: b\0c\r\n\r\n", 26)}),
    [](const auto& info) { return info.param.name; });

TEST(Server, ExceptionIs500AndTheConnectionStaysOpen) {
  TestServer server;
  TlsClient client(server.port());
  ASSERT_TRUE(client.handshake());
  ASSERT_TRUE(client.send(post("/throw", "a") + post("/", "still here")));
  const auto failed = client.reply();
  ASSERT_TRUE(failed.has_value());
  EXPECT_EQ(failed->status, 500);
  const auto reply = client.reply();
  ASSERT_TRUE(reply.has_value());
  EXPECT_EQ(reply->body, "still here");
  EXPECT_EQ(server->counts().handler_errors, 1U);
}

TEST(Server, GarbageInsteadOfTlsDoesNotAffectOthers) {
  TestServer server;
  TlsClient good(server.port());
  ASSERT_TRUE(good.handshake());
  TlsClient bad(server.port());
  ASSERT_TRUE(bad.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
  EXPECT_TRUE(TestServer::eventually([&] { return server->counts().handshake_failures == 1; }));
  ASSERT_TRUE(good.send(post("/", "fine")));
  const auto reply = good.reply();
  ASSERT_TRUE(reply.has_value());
  EXPECT_EQ(reply->body, "fine");
}

TEST(Server, AClientMayDisconnectAtAnyTime) {
  TestServer server;
  const std::string request = post("/", "a body");
  for (const std::size_t sent : {std::size_t{0}, std::size_t{1}, request.size() - 3, request.size()}) {
    TlsClient client(server.port());
    ASSERT_TRUE(client.handshake());
    ASSERT_TRUE(client.send(request.substr(0, sent)));
  }
  {
    const TlsClient client(server.port());
  }
  EXPECT_TRUE(TestServer::eventually(
      [&] { return server->counts().connections == 5 && server->open_connections() == 0; }));
}

struct VersionCase {
  const char* name;
  TlsVersion min_version;
  int client_max;
  bool accepted;
};

class Versions : public testing::TestWithParam<VersionCase> {};

TEST_P(Versions, BelowTheLowestAreRejected) {
  TestServer server(quick_limits(), 1, TlsOptions{.min_version = GetParam().min_version});
  TlsClient client(server.port());
  EXPECT_EQ(client.handshake(GetParam().client_max), GetParam().accepted);
  if (!GetParam().accepted) {
    EXPECT_TRUE(TestServer::eventually([&] { return server->counts().handshake_failures == 1; }));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Table, Versions,
    testing::Values(VersionCase{"Tls11", TlsVersion::k12, TLS1_1_VERSION, false},
                    VersionCase{"Tls12", TlsVersion::k12, TLS1_2_VERSION, true},
                    VersionCase{"Tls13", TlsVersion::k12, TLS1_3_VERSION, true},
                    VersionCase{"Tls12WhereTls13IsRequired", TlsVersion::k13, TLS1_2_VERSION, false},
                    VersionCase{"Tls13WhereTls13IsRequired", TlsVersion::k13, TLS1_3_VERSION, true}),
    [](const auto& info) { return info.param.name; });

TEST(Server, CipherSuitesAreRestricted) {
  TestServer server(quick_limits(), 1,
                    TlsOptions{.cipher_suites = {"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"}});
  TlsClient allowed(server.port());
  EXPECT_TRUE(allowed.handshake(TLS1_2_VERSION, "ECDHE-ECDSA-AES128-GCM-SHA256"));
  TlsClient other(server.port());
  EXPECT_FALSE(other.handshake(TLS1_2_VERSION, "ECDHE-ECDSA-AES256-GCM-SHA384"));
}

TEST(Server, ConnectionsAreSpreadEvenly) {
  TestServer server(quick_limits(), 2);
  std::vector<std::unique_ptr<TlsClient>> clients;
  for (int i = 0; i < 8; ++i) {
    clients.push_back(std::make_unique<TlsClient>(server.port()));
    ASSERT_TRUE(clients.back()->handshake());
  }
  // Each thread counts its own connections.
  EXPECT_EQ(server->open_connections(), 8U);
  EXPECT_EQ(server->counts().connections, 8U);
  EXPECT_EQ(server->connections_by_thread(), (std::vector<std::size_t>{4, 4}));
}

TEST(Server, PortInUseIsReportedWithItsAddress) {
  TestServer server;
  const process::Address taken{"127.0.0.1", server.port()};
  const auto second =
      Server::listen({.address = taken}, [] { return std::make_unique<EchoHandler>(); }, nullptr);
  ASSERT_FALSE(second.has_value());
  EXPECT_NE(second.error().find(taken.to_text()), std::string::npos) << second.error();
}

TEST(Server, PlainHttpWorksTheSame) {
  auto server = Server::listen(
      {.address = {"127.0.0.1", 0}, .limits = quick_limits()}, [] { return std::make_unique<EchoHandler>(); },
      nullptr);
  ASSERT_TRUE(server.has_value());
  (*server)->start();
  TlsClient client((*server)->address().port);
  ASSERT_TRUE(client.send(post("/", "plain")));
  const auto reply = client.reply();
  ASSERT_TRUE(reply.has_value());
  EXPECT_EQ(reply->body, "plain");
}

}  // namespace
}  // namespace modelgate::http
