// SPDX-License-Identifier: Apache-2.0
#include "cli/doctor/served_certificate.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netdb.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include "certs/openssl.h"
#include "certs/x509.h"

namespace modelgate::cli {
namespace {

using Clock = std::chrono::steady_clock;
using certs::OpensslFree;
using certs::X509Ptr;
using SslPtr = std::unique_ptr<SSL, OpensslFree<SSL_free>>;
using StorePtr = std::unique_ptr<X509_STORE, OpensslFree<X509_STORE_free>>;
using StoreContextPtr = std::unique_ptr<X509_STORE_CTX, OpensslFree<X509_STORE_CTX_free>>;

struct AddressesFree {
  void operator()(addrinfo* list) const noexcept { freeaddrinfo(list); }
};
using Addresses = std::unique_ptr<addrinfo, AddressesFree>;

class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) {}
  ~Socket() {
    if (fd_ >= 0) ::close(fd_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  int fd() const { return fd_; }

 private:
  int fd_;
};

/// False at the deadline.
bool wait_for(int fd, short events, Clock::time_point deadline) {
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) return false;
    pollfd waiting{.fd = fd, .events = events, .revents = 0};
    const int ready = ::poll(&waiting, 1, static_cast<int>(left));
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR) return false;
  }
}

/// Empty if it is connected.
std::string connect_to(const Socket& socket, const addrinfo& address, Clock::time_point deadline) {
  if (socket.fd() < 0) return std::strerror(errno);
  if (::fcntl(socket.fd(), F_SETFL, O_NONBLOCK) != 0) return std::strerror(errno);
  if (::connect(socket.fd(), address.ai_addr, address.ai_addrlen) == 0) return {};
  if (errno != EINPROGRESS) return std::strerror(errno);
  if (!wait_for(socket.fd(), POLLOUT, deadline)) return "no answer in time";
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(socket.fd(), SOL_SOCKET, SO_ERROR, &error, &size);
  return error == 0 ? std::string() : std::strerror(error);
}

/// Empty if the server presented a certificate.
std::string tls_handshake(SSL* ssl, int fd, Clock::time_point deadline) {
  while (true) {
    const int done = SSL_connect(ssl);
    if (done == 1) return {};
    switch (SSL_get_error(ssl, done)) {
      case SSL_ERROR_WANT_READ:
        if (!wait_for(fd, POLLIN, deadline)) return "no TLS answer in time";
        break;
      case SSL_ERROR_WANT_WRITE:
        if (!wait_for(fd, POLLOUT, deadline)) return "no TLS answer in time";
        break;
      default:
        // A server that requires a client certificate rejects us after it has presented its own.
        if (SSL_get0_peer_certificate(ssl)) return {};
        return fmt::format("no TLS: {}", certs::take_openssl_error());
    }
  }
}

std::string pem_of(STACK_OF(X509) * chain) {
  const certs::BioPtr out(BIO_new(BIO_s_mem()));
  for (int i = 0; i < sk_X509_num(chain); ++i) PEM_write_bio_X509(out.get(), sk_X509_value(chain, i));
  return certs::written(out.get());
}

std::vector<X509Ptr> read_all(std::string_view pem) {
  const certs::BioPtr in = certs::read_bio(pem);
  std::vector<X509Ptr> out;
  while (X509* next = PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr)) out.emplace_back(next);
  ERR_clear_error();
  return out;
}

std::string address_text(const ASN1_OCTET_STRING* address) {
  char text[INET6_ADDRSTRLEN] = {};
  const int family = ASN1_STRING_length(address) == 4 ? AF_INET : AF_INET6;
  return inet_ntop(family, ASN1_STRING_get0_data(address), text, sizeof text) ? text : "";
}

std::vector<std::string> names_of(X509* leaf) {
  const certs::NamesPtr names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(leaf, NID_subject_alt_name, nullptr, nullptr)));
  std::vector<std::string> out;
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type == GEN_DNS) {
      out.emplace_back(reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName)),
                       static_cast<std::size_t>(ASN1_STRING_length(name->d.dNSName)));
    } else if (name->type == GEN_IPADD) {
      out.push_back(address_text(name->d.iPAddress));
    }
  }
  return out;
}

bool is_named(X509* leaf, const std::string& name) {
  unsigned char address[sizeof(in6_addr)];
  if (inet_pton(AF_INET, name.c_str(), address) == 1 || inet_pton(AF_INET6, name.c_str(), address) == 1) {
    return X509_check_ip_asc(leaf, name.c_str(), 0) == 1;
  }
  return X509_check_host(leaf, name.c_str(), name.size(), X509_CHECK_FLAG_NEVER_CHECK_SUBJECT, nullptr) == 1;
}

/// Empty if the bundle trusts the chain. Dates are checked separately.
std::string why_untrusted(const std::vector<X509Ptr>& chain, const std::vector<X509Ptr>& bundle) {
  const StorePtr store(X509_STORE_new());
  for (const X509Ptr& trusted : bundle) X509_STORE_add_cert(store.get(), trusted.get());
  STACK_OF(X509)* untrusted = sk_X509_new_null();
  for (std::size_t i = 1; i < chain.size(); ++i) sk_X509_push(untrusted, chain[i].get());
  const StoreContextPtr context(X509_STORE_CTX_new());
  X509_STORE_CTX_init(context.get(), store.get(), chain[0].get(), untrusted);
  // Every certificate of the bundle is trusted, root or not.
  X509_STORE_CTX_set_flags(context.get(), X509_V_FLAG_NO_CHECK_TIME | X509_V_FLAG_PARTIAL_CHAIN);
  const bool trusted = X509_verify_cert(context.get()) == 1;
  std::string why = trusted ? "" : X509_verify_cert_error_string(X509_STORE_CTX_get_error(context.get()));
  sk_X509_free(untrusted);
  ERR_clear_error();
  return why;
}

}  // namespace

ServedCertificate fetch_certificate(const std::string& host, const std::string& port,
                                    const std::string& server_name, std::chrono::milliseconds timeout) {
  const Clock::time_point deadline = Clock::now() + timeout;
  ServedCertificate out{
      .address = fmt::format("{}:{}", host, port), .server_name = server_name, .chain_pem = {}, .error = {}};
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int failed = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &found); failed != 0) {
    out.error = ::gai_strerror(failed);
    return out;
  }
  const Addresses addresses(found);
  const Socket socket(::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  out.error = connect_to(socket, *found, deadline);
  if (!out.error.empty()) return out;
  const certs::SslCtxPtr context(SSL_CTX_new(TLS_client_method()));
  const SslPtr ssl(context ? SSL_new(context.get()) : nullptr);
  if (!ssl) {
    out.error = certs::take_openssl_error();
    return out;
  }
  SSL_set_verify(ssl.get(), SSL_VERIFY_NONE, nullptr);  // judge() verifies it; no data is sent
  SSL_set_tlsext_host_name(ssl.get(), server_name.c_str());
  SSL_set_fd(ssl.get(), socket.fd());
  out.error = tls_handshake(ssl.get(), socket.fd(), deadline);
  if (out.error.empty()) out.chain_pem = pem_of(SSL_get_peer_cert_chain(ssl.get()));
  if (out.error.empty() && out.chain_pem.empty()) out.error = "the server presents no certificate";
  return out;
}

CertificateVerdict judge(const ServedCertificate& served, std::string_view bundle_pem,
                         const std::string& name, std::chrono::system_clock::time_point now) {
  using Problem = CertificateVerdict::Problem;
  CertificateVerdict out;
  const auto fail = [&](Problem problem, std::string detail) {
    out.problem = problem;
    out.detail = std::move(detail);
    return out;
  };
  const std::vector<X509Ptr> chain = read_all(served.chain_pem);
  if (chain.empty()) return fail(Problem::kUnreadable, "no certificate in what was served");
  X509* const leaf = chain[0].get();
  out.names = names_of(leaf);
  out.not_before = certs::to_time_point(X509_get0_notBefore(leaf));
  out.not_after = certs::to_time_point(X509_get0_notAfter(leaf));
  if (now > out.not_after) return fail(Problem::kExpired, "");
  if (now < out.not_before) return fail(Problem::kNotYetValid, "");
  if (!is_named(leaf, name)) return fail(Problem::kWrongName, "");
  const std::vector<X509Ptr> bundle = read_all(bundle_pem);
  if (bundle.empty()) return fail(Problem::kUntrusted, "the caBundle contains no certificate");
  const std::string why = why_untrusted(chain, bundle);
  return why.empty() ? out : fail(Problem::kUntrusted, why);
}

}  // namespace modelgate::cli
