// SPDX-License-Identifier: Apache-2.0
//
// Errors of fetching a certificate: no listener, no response, no TLS. tests/cluster/test_doctor.py fetches the
// certificate of a real webhook, and doctor_test.cc verifies certificates.
#include "cli/doctor/served_certificate.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <thread>

namespace modelgate::cli {
namespace {

using namespace std::chrono_literals;

/// A port of the loopback interface that accepts connections into its backlog.
class Listener {
 public:
  explicit Listener(bool listening) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(::bind(fd_, any, sizeof address), 0);
    if (listening) EXPECT_EQ(::listen(fd_, 1), 0);
    socklen_t size = sizeof address;
    ::getsockname(fd_, any, &size);
    port_ = std::to_string(ntohs(address.sin_port));
  }
  ~Listener() { ::close(fd_); }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  const std::string& port() const { return port_; }
  /// Sends `text` to the first client, and closes the connection.
  void answer(std::string_view text) const {
    const int peer = ::accept(fd_, nullptr, nullptr);
    EXPECT_EQ(::send(peer, text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
    ::close(peer);
  }

 private:
  int fd_;
  std::string port_;
};

TEST(FetchCertificateTest, ReportsARefusedConnection) {
  const Listener bound(false);
  const ServedCertificate served = fetch_certificate("127.0.0.1", bound.port(), "a.b.svc", 5s);
  EXPECT_EQ(served.address, "127.0.0.1:" + bound.port());
  EXPECT_NE(served.error.find("refused"), std::string::npos) << served.error;
}

TEST(FetchCertificateTest, ReportsATimeout) {
  const Listener silent(true);
  const ServedCertificate served = fetch_certificate("127.0.0.1", silent.port(), "a.b.svc", 100ms);
  EXPECT_NE(served.error.find("in time"), std::string::npos) << served.error;
}

TEST(FetchCertificateTest, ReportsAServerWithoutTls) {
  const Listener plain(true);
  std::thread server([&] { plain.answer("HTTP/1.1 400 Bad Request\r\n\r\n"); });
  const ServedCertificate served = fetch_certificate("127.0.0.1", plain.port(), "a.b.svc", 5s);
  server.join();
  EXPECT_NE(served.error.find("TLS"), std::string::npos) << served.error;
}

TEST(FetchCertificateTest, ReportsAnInvalidPort) {
  EXPECT_FALSE(fetch_certificate("127.0.0.1", "not-a-port", "a.b.svc", 1s).error.empty());
}

TEST(JudgeTest, ReportsTextWithoutACertificate) {
  const CertificateVerdict verdict =
      judge({.address = "a:1", .server_name = "a", .chain_pem = "x", .error = {}}, "", "a",
            std::chrono::system_clock::now());
  EXPECT_EQ(verdict.problem, CertificateVerdict::Problem::kUnreadable);
}

}  // namespace
}  // namespace modelgate::cli
