// SPDX-License-Identifier: Apache-2.0
#include "kube/client/tls_context.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <array>
#include <string_view>
#include <utility>
#include <vector>

namespace modelgate::kube {
namespace {

template <auto kFree>
struct Free {
  template <class T>
  void operator()(T* object) const noexcept {
    kFree(object);
  }
};
using Bio = std::unique_ptr<BIO, Free<BIO_free_all>>;
using Certificate = std::unique_ptr<X509, Free<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using Names = std::unique_ptr<GENERAL_NAMES, Free<GENERAL_NAMES_free>>;

/// The size limit of a Secret or ConfigMap.
constexpr std::size_t kMaxPemBytes = std::size_t{1} << 20;

constexpr std::array<unsigned char, 9> kHttp11{8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

/// The expected server of a handshake, attached to its SSL.
struct Expected {
  std::string name;
  std::string problem;
};

void free_expected(void*, void* held, CRYPTO_EX_DATA*, int, long, void*) {
  delete static_cast<Expected*>(held);
}

int expected_index() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, free_expected);
  return index;
}

bool is_ip(const std::string& name) {
  std::array<unsigned char, 16> address;
  return inet_pton(AF_INET, name.c_str(), address.data()) == 1 ||
         inet_pton(AF_INET6, name.c_str(), address.data()) == 1;
}

std::string openssl_error() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return reason ? reason : "unknown error";
}

Bio open_pem(const std::string& pem) {
  if (pem.size() > kMaxPemBytes) return nullptr;
  return Bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

std::vector<Certificate> read_certificates(const std::string& pem) {
  std::vector<Certificate> out;
  const Bio bio = open_pem(pem);
  while (bio) {
    Certificate next(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
    if (!next) break;
    out.push_back(std::move(next));
  }
  ERR_clear_error();
  return out;
}

/// Rejects a key with a passphrase: there is no terminal to enter it.
int no_passphrase(char*, int, int, void*) {
  return -1;
}

std::string trust(SSL_CTX* context, const std::string& ca_pem) {
  if (ca_pem.empty()) {
    return SSL_CTX_set_default_verify_paths(context) == 1 ? "" : "the system's CAs cannot be read";
  }
  const auto certificates = read_certificates(ca_pem);
  if (certificates.empty()) return "the CA has no PEM certificate";
  X509_STORE* const store = SSL_CTX_get_cert_store(context);
  for (const Certificate& certificate : certificates) X509_STORE_add_cert(store, certificate.get());
  ERR_clear_error();
  X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
  return {};
}

std::string identify(SSL_CTX* context, const std::string& certificate_pem, const std::string& key_pem) {
  const auto chain = read_certificates(certificate_pem);
  if (chain.empty()) return "the client certificate has no PEM certificate";
  const Bio bio = open_pem(key_pem);
  const Key key(bio ? PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr) : nullptr);
  ERR_clear_error();
  if (!key) return "the client key is not an unencrypted PEM private key";
  if (SSL_CTX_use_certificate(context, chain.front().get()) != 1) {
    return "the client certificate cannot be used: " + openssl_error();
  }
  if (SSL_CTX_use_PrivateKey(context, key.get()) != 1) {
    ERR_clear_error();
    return "the client key does not belong to the client certificate";
  }
  for (std::size_t i = 1; i < chain.size(); ++i) SSL_CTX_add1_chain_cert(context, chain[i].get());
  return {};
}

std::string name_of(const GENERAL_NAME& name) {
  if (name.type == GEN_DNS) {
    return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(name.d.dNSName)),
            static_cast<std::size_t>(ASN1_STRING_length(name.d.dNSName))};
  }
  if (name.type != GEN_IPADD) return {};
  const int length = ASN1_STRING_length(name.d.iPAddress);
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(length == 4 ? AF_INET : AF_INET6, ASN1_STRING_get0_data(name.d.iPAddress), text.data(),
            text.size());
  return text.data();
}

/// How many names of a certificate an error lists.
constexpr std::size_t kNamesTold = 10;

std::string names_in(X509* certificate) {
  const Names names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  std::vector<std::string> out;
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()) && out.size() < kNamesTold; ++i) {
    if (std::string name = name_of(*sk_GENERAL_NAME_value(names.get(), i)); !name.empty())
      out.push_back(name);
  }
  return out.empty() ? "no name at all" : fmt::format("{}", fmt::join(out, ", "));
}

std::string subject_of(X509* certificate) {
  const Bio bio(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(bio.get(), X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return size > 0 ? std::string(data, static_cast<std::size_t>(size)) : std::string();
}

std::string explain(int error, const Expected& expected, X509* certificate) {
  if (error == X509_V_ERR_HOSTNAME_MISMATCH || error == X509_V_ERR_IP_ADDRESS_MISMATCH) {
    return fmt::format("its certificate is not for {}, but for {}", expected.name, names_in(certificate));
  }
  return fmt::format("its certificate is not trusted: {} ({})", X509_verify_cert_error_string(error),
                     certificate ? subject_of(certificate) : "");
}

int verify(int ok, X509_STORE_CTX* store) {
  if (ok == 1) return ok;
  auto* const ssl =
      static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  auto* const expected = ssl ? static_cast<Expected*>(SSL_get_ex_data(ssl, expected_index())) : nullptr;
  if (expected && expected->problem.empty()) {
    expected->problem =
        explain(X509_STORE_CTX_get_error(store), *expected, X509_STORE_CTX_get_current_cert(store));
  }
  return ok;
}

}  // namespace

std::expected<std::shared_ptr<SSL_CTX>, std::string> make_client_tls(const std::string& ca_pem,
                                                                     const std::string& certificate_pem,
                                                                     const std::string& key_pem,
                                                                     bool insecure) {
  ERR_clear_error();
  std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  if (!context || SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) != 1) {
    return std::unexpected("TLS cannot be set up: " + openssl_error());
  }
  SSL_CTX_set_options(context.get(), SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_alpn_protos(context.get(), kHttp11.data(), kHttp11.size());
  SSL_CTX_set_verify(context.get(), insecure ? SSL_VERIFY_NONE : SSL_VERIFY_PEER,
                     insecure ? nullptr : verify);
  if (!insecure) {
    if (std::string problem = trust(context.get(), ca_pem); !problem.empty()) return std::unexpected(problem);
  }
  if (certificate_pem.empty()) return context;
  if (std::string problem = identify(context.get(), certificate_pem, key_pem); !problem.empty()) {
    return std::unexpected(problem);
  }
  return context;
}

void expect_server(SSL* ssl, const std::string& name) {
  SSL_set_ex_data(ssl, expected_index(), new Expected{name, {}});
  X509_VERIFY_PARAM* const parameters = SSL_get0_param(ssl);
  X509_VERIFY_PARAM_set_hostflags(parameters,
                                  X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  if (is_ip(name)) {
    X509_VERIFY_PARAM_set1_ip_asc(parameters, name.c_str());
    return;
  }
  X509_VERIFY_PARAM_set1_host(parameters, name.c_str(), name.size());
  SSL_set_tlsext_host_name(ssl, name.c_str());
}

std::string server_problem(SSL* ssl) {
  const auto* const expected = static_cast<const Expected*>(SSL_get_ex_data(ssl, expected_index()));
  return expected ? expected->problem : std::string();
}

}  // namespace modelgate::kube
