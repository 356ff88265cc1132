// SPDX-License-Identifier: Apache-2.0
#include "webhook/tls.h"

#include <algorithm>
#include <array>
#include <utility>

#include "certs/openssl.h"

namespace modelgate::webhook {
namespace {

constexpr std::array<std::string_view, 2> kTls13Prefixes{"TLS_AES_", "TLS_CHACHA20_"};

bool is_tls13_suite(std::string_view iana_name) {
  return std::ranges::any_of(kTls13Prefixes,
                             [&](std::string_view prefix) { return iana_name.starts_with(prefix); });
}

// Go's older names for the two suites that RFC 7905 later gave a hash in theirs.
std::string to_iana(std::string_view name) {
  return std::string(name) + (name.ends_with("_CHACHA20_POLY1305") ? "_SHA256" : "");
}

// OpenSSL's own name of a suite; the name itself for TLS 1.3, where both are the same. Empty when unknown.
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

// HTTP/1.1 where the client offers it; where it offers only others, no ALPN at all rather than a failed
// handshake.
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
                    set_ciphers(context.get(), options.cipher_suites) && set_pair(context.get(), pair);
  if (!made) return std::unexpected("TLS cannot be set up: " + certs::take_openssl_error());
  SSL_CTX_set_options(context.get(), SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context.get(), 1);
  SSL_CTX_set_alpn_select_cb(context.get(), select_http11, nullptr);
  return context;
}

}  // namespace modelgate::webhook
