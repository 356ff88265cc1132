// SPDX-License-Identifier: Apache-2.0

// Changes with open connections: a new certificate, drain and stop.

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "tests/http/test_server.h"
#include "tests/http/tls_client.h"

namespace modelgate::http {
namespace {

using namespace std::chrono_literals;

TEST(Swap, NewHandshakesGetTheNewCertificateAndOldConnectionsStay) {
  TestServer server;
  TlsClient old(server.port());
  ASSERT_TRUE(old.handshake());
  EXPECT_EQ(old.peer_fingerprint(), server.pair().fingerprint());

  const auto next = new_pair();
  ASSERT_TRUE(server->use_certificate(*next).has_value());
  EXPECT_TRUE(TestServer::eventually([&] {
    TlsClient client(server.port());
    return client.handshake() && client.peer_fingerprint() == next->fingerprint();
  }));
  ASSERT_TRUE(old.send(post("/", "still here")));
  const auto reply = old.reply();
  ASSERT_TRUE(reply.has_value());
  EXPECT_EQ(reply->body, "still here");
}

TEST(Swap, UnderLoadNothingIsDropped) {
  TestServer server(quick_limits(), 2);
  std::atomic<bool> stop = false;
  std::atomic<int> failures = 0;
  std::atomic<int> answers = 0;
  std::vector<std::jthread> load;
  for (int i = 0; i < 4; ++i) {
    load.emplace_back([&, keeps_connection = i % 2 == 0] {
      auto client = std::make_unique<TlsClient>(server.port());
      bool good = client->handshake();
      while (!stop && good) {
        good = client->send(post("/", "load"));
        const auto reply = client->reply();
        good = good && reply && reply->body == "load";
        ++answers;
        if (keeps_connection) continue;
        client = std::make_unique<TlsClient>(server.port());
        good = good && client->handshake();
      }
      if (!good) ++failures;
    });
  }
  for (int i = 0; i < 30; ++i) {
    ASSERT_TRUE(server->use_certificate(*new_pair()).has_value());
    std::this_thread::sleep_for(10ms);
  }
  stop = true;
  load.clear();
  EXPECT_EQ(failures, 0);
  EXPECT_GT(answers, 100);
}

TEST(Drain, AnswersWithCloseAndStillAcceptsConnections) {
  TestServer server;
  TlsClient idle(server.port());
  ASSERT_TRUE(idle.handshake());
  ASSERT_TRUE(idle.send(post("/", "before")));
  ASSERT_FALSE(idle.reply()->has_header("Connection: close"));

  server->drain();
  EXPECT_TRUE(server->draining());
  EXPECT_EQ(server->open_connections(), 1U);

  TlsClient late(server.port());  // a client that does not know yet
  ASSERT_TRUE(late.handshake());
  for (TlsClient* client : {&late, &idle}) {
    ASSERT_TRUE(client->send(post("/", "during")));
    const auto reply = client->reply();
    ASSERT_TRUE(reply.has_value());
    EXPECT_EQ(reply->status, 200);
    EXPECT_TRUE(reply->has_header("Connection: close"));
    EXPECT_TRUE(client->ended());
  }
  EXPECT_TRUE(TestServer::eventually([&] { return server->open_connections() == 0; }));
}

TEST(Stop, ClosesOpenConnections) {
  TestServer server(quick_limits(), 2);
  TlsClient idle(server.port());
  ASSERT_TRUE(idle.handshake());
  TlsClient half(server.port());
  ASSERT_TRUE(half.handshake());
  ASSERT_TRUE(half.send("POST / HTT"));
  TlsClient unborn(server.port());
  server->stop();
  EXPECT_FALSE(server->listening());
  EXPECT_FALSE(TlsClient(server.port()).connected());
}

}  // namespace
}  // namespace modelgate::http
