// SPDX-License-Identifier: Apache-2.0
//
// The certificate that a server presents, and whether a client with a given caBundle trusts it: the API
// server's view of a webhook. Called by cli/doctor/read_cluster.cc and cli/doctor/certificates.cc.
//
//   ServedCertificate served = fetch_certificate("127.0.0.1", "9443", "modelgate-webhook.kserve.svc", 5s);
//   if (served.error.empty()) { auto verdict = judge(served, bundle_pem, "name.ns.svc", now); ... }
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace modelgate::cli {

struct ServedCertificate {
  std::string address;      // "host:port"
  std::string server_name;  // as the API server requests it (SNI)
  std::string chain_pem;    // the leaf first
  std::string error;        // why there is no certificate; else empty
};

/// Connects without verification. `timeout` covers everything except name resolution.
ServedCertificate fetch_certificate(const std::string& host, const std::string& port,
                                    const std::string& server_name, std::chrono::milliseconds timeout);

struct CertificateVerdict {
  enum class Problem : std::uint8_t { kNone, kUntrusted, kWrongName, kExpired, kNotYetValid, kUnreadable };
  Problem problem = Problem::kNone;
  std::string detail;              // OpenSSL's message, or what could not be read
  std::vector<std::string> names;  // DNS names and IP addresses of the leaf
  std::chrono::system_clock::time_point not_before, not_after;
};

/// The checks of Go's TLS client: the chain ends in `bundle_pem`, the certificate is valid at `now`, and
/// `name` is one of its subject alternative names.
CertificateVerdict judge(const ServedCertificate& served, std::string_view bundle_pem,
                         const std::string& name, std::chrono::system_clock::time_point now);

}  // namespace modelgate::cli
