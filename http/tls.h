// SPDX-License-Identifier: Apache-2.0
//
// Creates a server's SSL_CTX from a certificate, TLS versions, cipher suites and the trusted clients. Used by
// http/server.cc; webhook/flags.cc parses the names, http/client_ca.h reads the clients' CAs.
//
// TLS 1.2 is the lowest version. No compression or renegotiation, HTTP/1.1 by ALPN, one session ticket with a
// key of this context, and no session cache. A context is not changed after its creation: a new certificate
// needs a new context, and connections keep theirs.
//
// With client certificates (mTLS) there are no tickets: each connection sends its certificate.
#pragma once

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

/// The clients that may connect. A client without a certificate, or with one of another CA, an expired one,
/// or one with another name, gets a TLS alert; the reason is logged at debug level.
struct TrustedClients {
  std::vector<certs::Certificate> cas;
  /// The certificate must have one of these as common name, DNS name or URI. Empty: any name.
  std::vector<std::string> names = {};
};

struct TlsOptions {
  TlsVersion min_version = TlsVersion::k12;
  /// IANA names, as in Go and Kubernetes: "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256". Empty: OpenSSL's
  /// defaults. Names for TLS 1.2 do not restrict 1.3, nor the reverse.
  std::vector<std::string> cipher_suites = {};
  std::shared_ptr<const TrustedClients> clients = nullptr;  // null: any client, without a certificate
};

/// "VersionTLS12" or "VersionTLS13", as in Kubernetes, or "1.2" or "1.3".
std::optional<TlsVersion> parse_tls_version(std::string_view text);

/// Whether OpenSSL supports the cipher suite.
bool is_cipher_suite(std::string_view iana_name);

/// The error is text for the user. The context is shared with its connections.
std::expected<std::shared_ptr<SSL_CTX>, std::string> make_tls_context(const certs::KeyPair& pair,
                                                                      const TlsOptions& options);

}  // namespace modelgate::http
