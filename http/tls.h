// SPDX-License-Identifier: Apache-2.0
#pragma once

// A server's SSL_CTX from a certificate, the flags for versions and ciphers, and the clients that are let in.
// Used by http/server.cc; the names are read by webhook/flags.cc, the clients' CAs by http/client_ca.h.
//
// TLS 1.2 is the lowest version there is. No compression, no renegotiation, HTTP/1.1 by ALPN, session tickets
// (one, under a key that dies with the context) but no session cache. A context is never changed once made: a
// new certificate makes a new one, and connections keep the one they began with.
//
// Where clients have to prove who they are (mTLS), there are no tickets: each connection proves it anew.

#include <openssl/types.h>

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "certs/certificate.h"
#include "certs/key_pair.h"

namespace modelgate::http {

enum class TlsVersion : std::uint8_t { k12, k13 };

// The clients that are let in. Who holds no certificate, one of another CA, an expired one, or one of another
// name, gets a TLS alert, and the reason is logged at debug level.
struct TrustedClients {
  std::vector<certs::Certificate> cas;
  // Of these the certificate must hold one as its common name, a DNS name or a URI. Empty: any name.
  std::vector<std::string> names = {};
};

struct TlsOptions {
  TlsVersion min_version = TlsVersion::k12;
  // IANA names, as Go and Kubernetes spell them: "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256". Empty for
  // OpenSSL's defaults. Names of TLS 1.2 and of 1.3 each restrict their own version only.
  std::vector<std::string> cipher_suites = {};
  std::shared_ptr<const TrustedClients> clients = nullptr;  // null: anybody, unasked
};

// "VersionTLS12", "VersionTLS13" as Kubernetes writes them, or "1.2", "1.3".
std::optional<TlsVersion> parse_tls_version(std::string_view text);

// True where this OpenSSL knows the cipher suite of that IANA name.
bool is_cipher_suite(std::string_view iana_name);

// The error is text for people. The context is shared with every connection made from it.
std::expected<std::shared_ptr<SSL_CTX>, std::string> make_tls_context(const certs::KeyPair& pair,
                                                                      const TlsOptions& options);

}  // namespace modelgate::http
