// SPDX-License-Identifier: Apache-2.0
//
// The upper limit for the webhook: its server, threads, limits and ciphers with a handler that does nothing.
// It reads and sends as many bytes as the webhook: "POST /1234" gets a body of 1,234 bytes.
//
//   bench-echo ADDRESS_FILE CA_FILE THREADS     until SIGTERM

#include <signal.h>

#include <charconv>
#include <cstdio>
#include <fstream>
#include <string>

#include "certs/self_made.h"
#include "http/server.h"

namespace modelgate::http {
namespace {

class EchoHandler final : public Handler {
 public:
  std::optional<Reply> handle(const Request& request, ReplyLater&) override {
    std::size_t size = 0;
    std::from_chars(request.path.data() + 1, request.path.data() + request.path.size(), size);
    return Reply{.body = std::string(size, 'x')};
  }
};

int run(const char* address_file, const char* ca_file, int threads) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  certs::SelfMadeOptions options;
  options.leaf.ip_addresses = {"127.0.0.1"};
  const auto source = certs::make_self_made_source(options, std::chrono::system_clock::now());
  if (!source) return 1;
  auto server = Server::listen(
      {.address = {"127.0.0.1", 0}, .threads = threads, .tls = TlsOptions{}},
      [] { return std::make_unique<EchoHandler>(); }, (*source)->current().get());
  if (!server) return 1;
  (*server)->start();
  std::ofstream(ca_file) << (*source)->ca_bundle_pem();
  std::ofstream(address_file) << "https " << (*server)->address().to_text() << "\n";
  int signal = 0;
  sigwait(&signals, &signal);
  (*server)->stop();
  return 0;
}

}  // namespace
}  // namespace modelgate::http

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fputs("usage: bench-echo ADDRESS_FILE CA_FILE THREADS\n", stderr);
    return 2;
  }
  return modelgate::http::run(argv[1], argv[2], std::atoi(argv[3]));
}
