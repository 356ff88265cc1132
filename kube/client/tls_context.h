// SPDX-License-Identifier: Apache-2.0
//
// The client's TLS settings, with OpenSSL: trusted CAs, client certificate, and a description of what is
// wrong with a server's certificate. Used by kube/client/credentials.cc and kube/client/http_connection.cc.
//
//   auto context = make_client_tls(ca_pem, certificate_pem, key_pem, false);
//   expect_server(ssl, "10.96.0.1");
//   ... the handshake fails ...
//   server_problem(ssl)  -> "its certificate is not for 10.96.0.1, but for DNS names kubernetes, ..."
//
// Like Go's crypto/tls, which other clients of the API server use: TLS 1.2 or later, names from the
// certificate's subjectAltName only, and all certificates in the CA file are trusted, including intermediate
// ones.
#pragma once

#include <openssl/types.h>

#include <expected>
#include <memory>
#include <string>

namespace modelgate::kube {

/// Empty `ca_pem`: the system's CAs. Empty `certificate_pem`: no client certificate. The error never contains
/// key material.
std::expected<std::shared_ptr<SSL_CTX>, std::string> make_client_tls(const std::string& ca_pem,
                                                                     const std::string& certificate_pem,
                                                                     const std::string& key_pem,
                                                                     bool insecure);

/// Call before the handshake: the server must have a certificate for `name`, a DNS name or an IP address.
void expect_server(SSL* ssl, const std::string& name);

/// After a failed handshake: what is wrong with the server's certificate; empty if the cause is another.
std::string server_problem(SSL* ssl);

}  // namespace modelgate::kube
