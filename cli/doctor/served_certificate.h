// SPDX-License-Identifier: Apache-2.0
//
// The certificate that a server really shows, and whether whoever trusts a caBundle would take it: the API
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
  std::string address;      // "host:port" that was asked
  std::string server_name;  // that the API server would ask for
  std::string chain_pem;    // the leaf first
  std::string error;        // not empty: no certificate was seen, and why
};

/// Connects and shakes hands, trusting anything. `timeout` bounds name lookup aside all of it.
ServedCertificate fetch_certificate(const std::string& host, const std::string& port,
                                    const std::string& server_name, std::chrono::milliseconds timeout);

struct CertificateVerdict {
  enum class Problem : std::uint8_t { kNone, kUntrusted, kWrongName, kExpired, kNotYetValid, kUnreadable };
  Problem problem = Problem::kNone;
  std::string detail;              // OpenSSL's words, or what could not be read
  std::vector<std::string> names;  // DNS names and IP addresses of the leaf
  std::chrono::system_clock::time_point not_before, not_after;
};

/// As Go's TLS client does it: the chain ends in `bundle_pem`, the dates are right at `now`, and `name` is
/// one of its subject alternative names.
CertificateVerdict judge(const ServedCertificate& served, std::string_view bundle_pem,
                         const std::string& name, std::chrono::system_clock::time_point now);

}  // namespace modelgate::cli
