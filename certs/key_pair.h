// SPDX-License-Identifier: Apache-2.0
//
// A certificate chain and the private key of its first certificate, for a TLS server. Created by
// certs/authority.h and certs/files.h, used by http/tls.h.
//
//   auto pair = KeyPair::from_pem(chain_text, key_text);
//   if (!pair) return log(pair.error().text);
//   if (auto usable = (*pair)->check_dates(std::chrono::system_clock::now()); !usable) ...
//
// A KeyPair is immutable, so threads may share it. Its key always belongs to the certificate. check_dates()
// checks the dates, which depend on the current time.
#pragma once

#include <openssl/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace modelgate::certs {

using TimePoint = std::chrono::system_clock::time_point;

struct CertificateError {
  enum class Kind : std::uint8_t {
    kUnreadable,   // a file is missing or cannot be read
    kTooLarge,     // a file is larger than kMaxPemBytes
    kMalformed,    // not PEM, no certificate, no key, or an encrypted key
    kMismatch,     // the key does not belong to the certificate
    kExpired,      // notAfter has passed
    kNotYetValid,  // notBefore has not been reached
    kBadName,      // an invalid DNS name or IP address
    kOpenssl,      // OpenSSL itself failed: no memory, no randomness
  };
  Kind kind;
  std::string text;  // lower case, names the file or field, never shows key material
};

template <class T>
using Result = std::expected<T, CertificateError>;

/// The size limit of a Secret, which certificates come from. A chain of three takes about 6 KiB.
inline constexpr std::size_t kMaxPemBytes = std::size_t{1} << 20;

/// More than real chains have (leaf, two intermediates, root). Limits the memory for a malicious file.
inline constexpr std::size_t kMaxChainLength = 16;

class KeyPair {
 public:
  /// Reads a chain, the leaf first, and an unencrypted private key. Skips text around the PEM blocks.
  /// Errors: kTooLarge, kMalformed, kMismatch.
  static Result<std::shared_ptr<const KeyPair>> from_pem(std::string_view chain, std::string_view key);

  /// Takes a reference on each argument. The leaf is first in `chain`. Errors: kMalformed, kMismatch.
  static Result<std::shared_ptr<const KeyPair>> from_handles(const std::vector<X509*>& chain, EVP_PKEY* key);

  ~KeyPair();
  KeyPair(const KeyPair&) = delete;
  KeyPair& operator=(const KeyPair&) = delete;

  /// kExpired or kNotYetValid if the leaf may not be used at `now`.
  Result<void> check_dates(TimePoint now) const;

  TimePoint not_before() const { return not_before_; }
  TimePoint not_after() const { return not_after_; }

  /// SHA-256 of the leaf, 64 lower-case hex digits, to identify the pair and for logs.
  const std::string& fingerprint() const { return fingerprint_; }

  /// Handles for SSL_CTX_use_cert_and_key, owned by the pair.
  X509* leaf() const { return chain_.front(); }
  const std::vector<X509*>& chain() const { return chain_; }
  EVP_PKEY* key() const { return key_; }

  std::string chain_pem() const;
  std::string key_pem() const;  // PKCS #8, unencrypted: a secret, do not log it

 private:
  KeyPair() = default;

  std::vector<X509*> chain_;  // owned references, never empty
  EVP_PKEY* key_ = nullptr;   // owned reference
  TimePoint not_before_;
  TimePoint not_after_;
  std::string fingerprint_;
};

}  // namespace modelgate::certs
