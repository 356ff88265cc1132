// SPDX-License-Identifier: Apache-2.0

// Both sides of each limit of http/limits.h.

#include "http/limits.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/http/test_server.h"
#include "tests/http/tls_client.h"

namespace modelgate::http {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

std::string chunked(std::size_t size) {
  std::array<char, 16> length{};
  std::snprintf(length.data(), length.size(), "%zx", size);
  return "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + std::string(length.data()) +
         "\r\n" + std::string(size, 'x') + "\r\n0\r\n\r\n";
}

// A request whose head, with its empty line, is `size` bytes.
std::string with_head_of(std::size_t size) {
  const std::string start = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
  return start + std::string(size - start.size() - 4, 'x') + "\r\n\r\n";
}

std::string with_many_headers(std::size_t size) {
  std::string text = "GET / HTTP/1.1\r\n";
  while (text.size() < size) text += "X-Header: some value\r\n";
  return text + "\r\n";
}

const Limits kReal;

struct SizeCase {
  const char* name;
  std::string request;
  int status;
};

class Sizes : public testing::TestWithParam<SizeCase> {};

TEST_P(Sizes, OfARequest) {
  TestServer server;
  TlsClient client(server.port());
  ASSERT_TRUE(client.handshake());
  client.send(GetParam().request);  // may fail when the server has read enough
  const auto reply = client.reply();
  ASSERT_TRUE(reply.has_value());
  EXPECT_EQ(reply->status, GetParam().status);
  EXPECT_EQ(reply->has_header("Connection: close"), GetParam().status != 200);
  EXPECT_EQ(server->counts().bodies_too_large, GetParam().status == 413 ? 1U : 0U);
  EXPECT_EQ(server->counts().headers_too_large, GetParam().status == 431 ? 1U : 0U);
}

INSTANTIATE_TEST_SUITE_P(
    Table, Sizes,
    testing::Values(SizeCase{"LargestBody", post("/", std::string(kReal.body_bytes, 'x')), 200},
                    SizeCase{"BodyOneByteTooMany", post("/", std::string(kReal.body_bytes + 1, 'x')), 413},
                    SizeCase{"LargestChunkedBody", chunked(kReal.body_bytes), 200},
                    SizeCase{"ChunkedBodyOneByteTooMany", chunked(kReal.body_bytes + 1), 413},
                    SizeCase{"LengthBeyond64Bits",
                             "POST / HTTP/1.1\r\nContent-Length: 99999999999999999999999\r\n\r\n", 400},
                    SizeCase{"LargestHead", with_head_of(kReal.header_bytes), 200},
                    SizeCase{"HeadOneByteTooMany", with_head_of(kReal.header_bytes + 1), 431},
                    SizeCase{"ManyHeaders", with_many_headers(kReal.header_bytes - 100), 200},
                    SizeCase{"TooManyHeaders", with_many_headers(2 * kReal.header_bytes), 431},
                    SizeCase{"HeadWithoutEnd", "GET /" + std::string(kReal.header_bytes, 'x'), 431}),
    [](const auto& info) { return info.param.name; });

// Beast's own limit applies to each piece of the head.
TEST(Limits, HeadInPiecesIsMeasuredAsAWhole) {
  TestServer server;
  TlsClient client(server.port());
  ASSERT_TRUE(client.handshake());
  const std::string request = with_many_headers(kReal.header_bytes + 1000);
  for (std::size_t at = 0; at < request.size(); at += 1000) {
    if (!client.send(request.substr(at, 1000))) break;
  }
  const auto reply = client.reply();
  ASSERT_TRUE(reply.has_value());
  EXPECT_EQ(reply->status, 431);
}

constexpr auto kShort = 60ms;

struct DeadlineCase {
  const char* name;
  std::chrono::milliseconds Limits::* limit;
  bool handshake;
  std::string sent;
  int status;  // 0: the connection ends without an answer
  std::uint64_t ServerCounts::* count;
};

class Deadlines : public testing::TestWithParam<DeadlineCase> {};

TEST_P(Deadlines, OfASilentClient) {
  Limits limits = quick_limits();
  limits.*GetParam().limit = kShort;
  TestServer server(limits);
  TlsClient client(server.port());
  if (GetParam().handshake) ASSERT_TRUE(client.handshake());
  const auto begun = steady_clock::now();
  ASSERT_TRUE(client.send(GetParam().sent));
  if (GetParam().status != 0) {
    const auto reply = client.reply();
    ASSERT_TRUE(reply.has_value());
    EXPECT_EQ(reply->status, GetParam().status);
    EXPECT_TRUE(reply->has_header("Connection: close"));
  }
  EXPECT_TRUE(client.ended());
  EXPECT_GE(steady_clock::now() - begun, kShort);
  EXPECT_TRUE(TestServer::eventually([&] { return server->open_connections() == 0; }));
  EXPECT_EQ(server->counts().*GetParam().count, 1U);
}

INSTANTIATE_TEST_SUITE_P(
    Table, Deadlines,
    testing::Values(
        DeadlineCase{"Handshake", &Limits::handshake, false, "", 0, &ServerCounts::timeouts_handshake},
        DeadlineCase{"HandshakeBegun", &Limits::handshake, false, std::string("\x16\x03\x01\x02\x00\x01", 6),
                     0, &ServerCounts::timeouts_handshake},
        DeadlineCase{"Idle", &Limits::idle, true, "", 0, &ServerCounts::timeouts_idle},
        DeadlineCase{"Header", &Limits::header, true, "POST / HT", 408, &ServerCounts::timeouts_header},
        DeadlineCase{"Body", &Limits::body, true, "POST / HTTP/1.1\r\nContent-Length: 100\r\n\r\nhalf of it",
                     408, &ServerCounts::timeouts_body}),
    [](const auto& info) { return info.param.name; });

// The deadline is for all headers, however slowly they arrive.
TEST(Limits, DrippingHeadersRunOutOfTime) {
  Limits limits = quick_limits();
  limits.header = 100ms;
  TestServer server(limits);
  TlsClient client(server.port(), 20ms);
  ASSERT_TRUE(client.handshake());
  const auto over = steady_clock::now() + 1min;
  std::string received;
  for (std::size_t i = 0; received.empty() && steady_clock::now() < over; ++i) {
    client.send(i == 0 ? "GET / HTTP/1.1\r\nX: " : "x");
    received = client.receive();
  }
  EXPECT_EQ(received.substr(0, 12), "HTTP/1.1 408");
}

TEST(Limits, AClientThatDoesNotReadIsDisconnected) {
  Limits limits = quick_limits();
  limits.write = kShort;
  TestServer server(limits);
  TlsClient client(server.port());
  ASSERT_TRUE(client.handshake());
  for (int i = 0; i < 20; ++i) {
    if (!client.send(post("/large", ""))) break;
  }
  EXPECT_TRUE(TestServer::eventually([&] { return server->open_connections() == 0; }));
  EXPECT_EQ(server->counts().timeouts_write, 1U);
}

TEST(Limits, ConnectionsOverTheLimitGet429) {
  Limits limits = quick_limits();
  limits.connections = 3;
  limits.turned_away = 2;
  TestServer server(limits, 2);
  std::vector<std::unique_ptr<TlsClient>> clients;
  const auto connect = [&]() -> TlsClient& {
    return *clients.emplace_back(std::make_unique<TlsClient>(server.port()));
  };
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(connect().handshake());
  for (int i = 0; i < 2; ++i) {
    TlsClient& turned_away = connect();
    ASSERT_TRUE(turned_away.handshake());
  }
  TlsClient& closed = connect();
  EXPECT_FALSE(closed.handshake());

  TlsClient& turned_away = *clients[3];
  ASSERT_TRUE(turned_away.send(post("/", "a")));
  const auto reply = turned_away.reply();
  ASSERT_TRUE(reply.has_value());
  EXPECT_EQ(reply->status, 429);
  EXPECT_TRUE(reply->has_header("Retry-After: 1"));
  EXPECT_TRUE(turned_away.ended());

  TlsClient& served = *clients[2];
  ASSERT_TRUE(served.send(post("/", "a")));
  const auto served_reply = served.reply();
  ASSERT_TRUE(served_reply.has_value());
  EXPECT_EQ(served_reply->status, 200);
  EXPECT_EQ(server->counts().turned_away, 2U);
  EXPECT_EQ(server->counts().closed_at_accept, 1U);

  clients.clear();
  ASSERT_TRUE(TestServer::eventually([&] { return server->open_connections() == 0; }));
  TlsClient& again = connect();
  ASSERT_TRUE(again.handshake());
  ASSERT_TRUE(again.send(post("/", "a")));
  const auto again_reply = again.reply();
  ASSERT_TRUE(again_reply.has_value());
  EXPECT_EQ(again_reply->status, 200);
}

// Both ends are in this process, which needs more descriptors than the usual limit of 1,024.
void allow_many_files() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

TEST(Limits, FiveHundredAndTwelveConnectionsAreServedAndTheNextIsNot) {
  allow_many_files();
  TestServer server(quick_limits(), 2);
  std::vector<std::unique_ptr<TlsClient>> clients;
  for (std::size_t i = 0; i <= kReal.connections; ++i) {
    clients.push_back(std::make_unique<TlsClient>(server.port()));
    ASSERT_TRUE(clients.back()->handshake()) << i;
  }
  const auto status_of = [&](std::size_t i) {
    clients[i]->send(post("/", "a"));
    const auto reply = clients[i]->reply();
    return reply ? reply->status : 0;
  };
  EXPECT_EQ(status_of(0), 200);
  EXPECT_EQ(status_of(kReal.connections - 1), 200);
  EXPECT_EQ(status_of(kReal.connections), 429);
}

TEST(Limits, TooManyLargeBodiesAtOnceGet429) {
  Limits limits = quick_limits();
  limits.counted_body_bytes = 1000;
  limits.bodies_bytes = 5000;
  TestServer server(limits, 2);
  TlsClient first(server.port());
  ASSERT_TRUE(first.handshake());
  const std::string request = post("/", std::string(4000, 'x'));
  ASSERT_TRUE(first.send(request.substr(0, request.size() - 1)));

  TlsClient small(server.port());
  ASSERT_TRUE(small.handshake());
  ASSERT_TRUE(small.send(post("/", std::string(1000, 'x'))));
  const auto small_reply = small.reply();
  ASSERT_TRUE(small_reply.has_value());
  EXPECT_EQ(small_reply->status, 200);

  TlsClient second(server.port());
  ASSERT_TRUE(second.handshake());
  ASSERT_TRUE(second.send(request));
  const auto refused = second.reply();
  ASSERT_TRUE(refused.has_value());
  EXPECT_EQ(refused->status, 429);
  EXPECT_TRUE(refused->has_header("Retry-After: 1"));

  ASSERT_TRUE(first.send("x"));
  const auto reply = first.reply();
  ASSERT_TRUE(reply.has_value());
  EXPECT_EQ(reply->status, 200);

  TlsClient third(server.port());
  ASSERT_TRUE(third.handshake());
  ASSERT_TRUE(third.send(request));
  const auto third_reply = third.reply();
  ASSERT_TRUE(third_reply.has_value());
  EXPECT_EQ(third_reply->status, 200);
}

TEST(Limits, TooManyWaitingRequestsGet429AndOthersAreAnswered) {
  Limits limits = quick_limits();
  limits.waiting = 2;
  TestServer server(limits, 2);
  TlsClient first(server.port());
  TlsClient second(server.port());
  TlsClient third(server.port());
  for (TlsClient* client : {&first, &second, &third}) ASSERT_TRUE(client->handshake());
  const auto release = [&] {
    server->on_each_thread([](Handler& handler) { static_cast<EchoHandler&>(handler).release(); });
  };

  for (TlsClient* client : {&first, &second}) {
    ASSERT_TRUE(client->send(post("/hold", "a")));
    const std::uint64_t count = client == &first ? 1 : 2;
    ASSERT_TRUE(TestServer::eventually([&] { return server->counts().requests == count; }));
  }
  EXPECT_EQ(server->counts().requests_refused, 0U);
  ASSERT_TRUE(third.send(post("/hold", "a")));
  const auto refused = third.reply();
  ASSERT_TRUE(refused.has_value());
  EXPECT_EQ(refused->status, 429);
  EXPECT_TRUE(refused->has_header("Retry-After: 1"));
  EXPECT_FALSE(refused->has_header("Connection: close"));
  EXPECT_EQ(server->counts().requests_refused, 1U);

  ASSERT_TRUE(third.send(post("/", "at once")));
  const auto at_once = third.reply();
  ASSERT_TRUE(at_once.has_value());
  EXPECT_EQ(at_once->body, "at once");

  release();
  for (TlsClient* client : {&first, &second}) {
    const auto reply = client->reply();
    ASSERT_TRUE(reply.has_value());
    EXPECT_EQ(reply->body, "released");
  }
  ASSERT_TRUE(third.send(post("/hold", "a")));
  ASSERT_TRUE(TestServer::eventually([&] { return server->counts().requests == 5; }));
  release();
  const auto again = third.reply();
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(again->status, 200);
}

struct ClientTimeoutCase {
  const char* name;
  const char* timeout;
  bool whole;  // the body is complete
  int status;  // 0: dropped without an answer
  std::uint64_t given_up;
  std::uint64_t timeouts_body;
};

class ClientTimeout : public testing::TestWithParam<ClientTimeoutCase> {};

TEST_P(ClientTimeout, LimitsTheBody) {
  Limits limits = quick_limits();
  limits.body = 150ms;
  TestServer server(limits);
  TlsClient client(server.port());
  ASSERT_TRUE(client.handshake());
  const std::string request = post("/?timeout=" + std::string(GetParam().timeout), "body");
  ASSERT_TRUE(client.send(request.substr(0, request.size() - (GetParam().whole ? 0 : 1))));
  const auto reply = client.reply();
  EXPECT_EQ(reply ? reply->status : 0, GetParam().status);
  EXPECT_EQ(server->counts().given_up, GetParam().given_up);
  EXPECT_EQ(server->counts().timeouts_body, GetParam().timeouts_body);
}

INSTANTIATE_TEST_SUITE_P(Table, ClientTimeout,
                         testing::Values(ClientTimeoutCase{"Whole", "10s", true, 200, 0, 0},
                                         ClientTimeoutCase{"LessThanOurs", "40ms", false, 0, 1, 0},
                                         ClientTimeoutCase{"MoreThanOurs", "10s", false, 408, 0, 1},
                                         ClientTimeoutCase{"Malformed", "soon", false, 408, 0, 1}),
                         [](const auto& info) { return info.param.name; });

// A handler gets the time that its request took to arrive: it is part of the client's timeout.
TEST(Limits, ReportsTheTimeThatARequestTookToArrive) {
  TestServer server;
  TlsClient client(server.port());
  ASSERT_TRUE(client.handshake());
  const std::string request = post("/taken", "body");
  const auto sent = steady_clock::now();
  ASSERT_TRUE(client.send(request));
  const auto whole = client.reply();
  const auto answered = steady_clock::now();
  ASSERT_TRUE(whole.has_value());
  EXPECT_LE(std::chrono::milliseconds(std::stoi(whole->body)), answered - sent);
  ASSERT_TRUE(client.send(request.substr(0, 10)));
  std::this_thread::sleep_for(500ms);
  ASSERT_TRUE(client.send(request.substr(10)));
  const auto slow = client.reply();
  ASSERT_TRUE(slow.has_value());
  EXPECT_GE(std::stoi(slow->body), 100);  // less: the server may have read the first part late
}

// Without a file descriptor accept(2) fails; later it works again.
TEST(Limits, ErrorsOfAcceptDoNotEndTheListener) {
#ifdef MODELGATE_SANITIZE
  GTEST_SKIP() << "the sanitizer needs descriptors";
#endif
  TestServer server;
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit none{.rlim_cur = 3, .rlim_max = before.rlim_max};
  const int client = ::socket(AF_INET, SOCK_STREAM, 0);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(server.port());
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::connect(client, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  const bool failed = TestServer::eventually([&] { return server->counts().accept_errors >= 2; });
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_TRUE(failed);
  EXPECT_TRUE(server->listening());
  TlsClient after(server.port());
  ASSERT_TRUE(after.handshake());
  ASSERT_TRUE(after.send(post("/", "again")));
  const auto reply = after.reply();
  ASSERT_TRUE(reply.has_value());
  EXPECT_EQ(reply->body, "again");
  ::close(client);
}

}  // namespace
}  // namespace modelgate::http
