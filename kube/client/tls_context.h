// SPDX-License-Identifier: Apache-2.0
//
// The client's side of TLS, on OpenSSL alone: whom we trust, who we are, and what exactly was wrong with a
// server's certificate. Used by kube/client/credentials.cc and kube/client/http_connection.cc.
//
//   auto context = make_client_tls(ca_pem, certificate_pem, key_pem, false);
//   expect_server(ssl, "10.96.0.1");
//   ... the handshake fails ...
//   server_problem(ssl)  -> "its certificate is not for 10.96.0.1, but for DNS names kubernetes, ..."
//
// As Go's crypto/tls does it, which the other clients of the API server are made with: TLS 1.2 and up, names
// from the certificate's subjectAltName only, and whatever stands in the CA file is trusted as it is, an
// intermediate too.
#pragma once

#include <openssl/types.h>

#include <expected>
#include <memory>
#include <string>

namespace modelgate::kube {

/// No `ca_pem`: the system's CAs. No `certificate_pem`: none of ours. The error never shows key material.
std::expected<std::shared_ptr<SSL_CTX>, std::string> make_client_tls(const std::string& ca_pem,
                                                                     const std::string& certificate_pem,
                                                                     const std::string& key_pem,
                                                                     bool insecure);

/// Before the handshake: the server must prove to be `name`, a DNS name or an IP address.
void expect_server(SSL* ssl, const std::string& name);

/// After a handshake that failed: what was wrong with the server's certificate; empty where it was not that.
std::string server_problem(SSL* ssl);

}  // namespace modelgate::kube
