// SPDX-License-Identifier: Apache-2.0
#include "http/tls.h"

#include <openssl/pem.h>

#include <algorithm>
#include <array>
#include <utility>

#include "certs/openssl.h"
#include "process/log.h"

namespace modelgate::http {
namespace {

constexpr std::array<std::string_view, 2> kTls13Prefixes{"TLS_AES_", "TLS_CHACHA20_"};

bool is_tls13_suite(std::string_view iana_name) {
  return std::ranges::any_of(kTls13Prefixes,
                             [&](std::string_view prefix) { return iana_name.starts_with(prefix); });
}

// Go's older names of two suites, without the hash of their names in RFC 7905.
std::string to_iana(std::string_view name) {
  return std::string(name) + (name.ends_with("_CHACHA20_POLY1305") ? "_SHA256" : "");
}

// OpenSSL's name of a suite, which for TLS 1.3 is the same. Empty if unknown.
std::string openssl_name(std::string_view iana_name) {
  const std::string wanted = to_iana(iana_name);
  const certs::SslCtxPtr context(SSL_CTX_new(TLS_server_method()));
  if (!context || SSL_CTX_set_cipher_list(context.get(), "ALL:@SECLEVEL=1") != 1) return {};
  const STACK_OF(SSL_CIPHER)* const ciphers = SSL_CTX_get_ciphers(context.get());
  for (int i = 0; i < sk_SSL_CIPHER_num(ciphers); ++i) {
    const SSL_CIPHER* const cipher = sk_SSL_CIPHER_value(ciphers, i);
    const char* const name = SSL_CIPHER_standard_name(cipher);
    if (name != nullptr && wanted == name) return SSL_CIPHER_get_name(cipher);
  }
  return {};
}

bool set_ciphers(SSL_CTX* context, const std::vector<std::string>& suites) {
  std::string tls12;
  std::string tls13;
  for (const std::string& suite : suites) {
    std::string& list = is_tls13_suite(suite) ? tls13 : tls12;
    if (!list.empty()) list += ':';
    list += openssl_name(suite);
  }
  return (tls12.empty() || SSL_CTX_set_cipher_list(context, tls12.c_str()) == 1) &&
         (tls13.empty() || SSL_CTX_set_ciphersuites(context, tls13.c_str()) == 1);
}

// Selects HTTP/1.1 if the client offers it. If it offers only other protocols, continues without ALPN.
int select_http11(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* offered,
                  unsigned int offered_size, void*) {
  static constexpr std::array<unsigned char, 9> kHttp11{8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
  unsigned char* selected = nullptr;
  const int found =
      SSL_select_next_proto(&selected, out_size, kHttp11.data(), kHttp11.size(), offered, offered_size);
  if (found != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_NOACK;
  *out = selected;
  return SSL_TLSEXT_ERR_OK;
}

bool set_pair(SSL_CTX* context, const certs::KeyPair& pair) {
  const std::unique_ptr<STACK_OF(X509), decltype([](STACK_OF(X509) * stack) { sk_X509_free(stack); })> chain(
      sk_X509_new_null());
  for (std::size_t i = 1; i < pair.chain().size(); ++i) {
    if (sk_X509_push(chain.get(), pair.chain()[i]) <= 0) return false;
  }
  return SSL_CTX_use_cert_and_key(context, pair.leaf(), pair.key(), chain.get(), 1) == 1;
}

// ---- client certificates

using Clients = std::shared_ptr<const TrustedClients>;

void free_clients(void*, void* held, CRYPTO_EX_DATA*, int, long, void*) {
  delete static_cast<Clients*>(held);
}

// The context's index for its own reference: connections may outlive a replaced context.
int clients_index() {
  static const int kIndex = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, free_clients);
  return kIndex;
}

std::string text_of(const ASN1_STRING* text) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
          static_cast<std::size_t>(ASN1_STRING_length(text))};
}

// Common names, DNS names and URIs.
std::vector<std::string> names_of(X509* certificate) {
  std::vector<std::string> names;
  const X509_NAME* const subject = X509_get_subject_name(certificate);
  for (int at = -1; (at = X509_NAME_get_index_by_NID(subject, NID_commonName, at)) >= 0;) {
    names.push_back(text_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at))));
  }
  const certs::NamesPtr others(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; others && i < sk_GENERAL_NAME_num(others.get()); ++i) {
    const GENERAL_NAME* const other = sk_GENERAL_NAME_value(others.get(), i);
    if (other->type == GEN_DNS || other->type == GEN_URI) names.push_back(text_of(other->d.ia5));
  }
  return names;
}

bool is_named(X509* certificate, const std::vector<std::string>& allowed) {
  return allowed.empty() || std::ranges::any_of(names_of(certificate), [&](const std::string& name) {
           return std::ranges::find(allowed, name) != allowed.end();
         });
}

// Replaces OpenSSL's verification, and calls it first.
int verify_client(X509_STORE_CTX* context, void*) {
  const auto* const tls =
      static_cast<const SSL*>(X509_STORE_CTX_get_ex_data(context, SSL_get_ex_data_X509_STORE_CTX_idx()));
  const auto* const clients =
      static_cast<const Clients*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(tls), clients_index()));
  X509* const certificate = X509_STORE_CTX_get0_cert(context);
  const bool trusted = X509_verify_cert(context) == 1;
  if (trusted && is_named(certificate, (*clients)->names)) return 1;
  if (trusted) X509_STORE_CTX_set_error(context, X509_V_ERR_APPLICATION_VERIFICATION);
  const std::vector<std::string> names = names_of(certificate);
  log::debug("client certificate rejected",
             {{"reason", trusted ? "its name is not allowed"
                                 : X509_verify_cert_error_string(X509_STORE_CTX_get_error(context))},
              {"name", names.empty() ? "" : names.front()}});
  return 0;
}

bool set_clients(SSL_CTX* context, const Clients& clients) {
  if (!clients) return SSL_CTX_set_num_tickets(context, 1) == 1;
  X509_STORE* const store = SSL_CTX_get_cert_store(context);
  for (const certs::Certificate& ca : clients->cas) {
    const certs::BioPtr bio = certs::read_bio(ca.pem);
    const certs::X509Ptr certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
    if (!certificate || X509_STORE_add_cert(store, certificate.get()) != 1) return false;
    if (SSL_CTX_add_client_CA(context, certificate.get()) != 1)
      return false;  // clients select their certificate by it
  }
  X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);  // a trusted CA may be an intermediate CA
  auto own = std::make_unique<Clients>(clients);
  if (SSL_CTX_set_ex_data(context, clients_index(), own.get()) != 1) return false;
  [[maybe_unused]] const Clients* const context_owns = own.release();
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_CTX_set_cert_verify_callback(context, verify_client, nullptr);
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
  return SSL_CTX_set_num_tickets(context, 0) == 1;
}

}  // namespace

std::optional<TlsVersion> parse_tls_version(std::string_view text) {
  struct Name {
    std::string_view text;
    TlsVersion version;
  };
  static constexpr std::array kNames{Name{"VersionTLS12", TlsVersion::k12}, Name{"1.2", TlsVersion::k12},
                                     Name{"VersionTLS13", TlsVersion::k13}, Name{"1.3", TlsVersion::k13}};
  const auto* const found = std::ranges::find(kNames, text, &Name::text);
  return found == kNames.end() ? std::nullopt : std::optional(found->version);
}

bool is_cipher_suite(std::string_view iana_name) {
  return !openssl_name(iana_name).empty();
}

std::expected<std::shared_ptr<SSL_CTX>, std::string> make_tls_context(const certs::KeyPair& pair,
                                                                      const TlsOptions& options) {
  std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  const int min_version = options.min_version == TlsVersion::k13 ? TLS1_3_VERSION : TLS1_2_VERSION;
  const bool made = context && SSL_CTX_set_min_proto_version(context.get(), min_version) == 1 &&
                    set_ciphers(context.get(), options.cipher_suites) && set_pair(context.get(), pair) &&
                    set_clients(context.get(), options.clients);
  if (!made) return std::unexpected("TLS cannot be set up: " + certs::take_openssl_error());
  SSL_CTX_set_options(context.get(), SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_alpn_select_cb(context.get(), select_http11, nullptr);
  return context;
}

}  // namespace modelgate::http
