// SPDX-License-Identifier: Apache-2.0
#pragma once

// A certificate chain and the private key of its first certificate: what a TLS server needs to serve.
// Made by certs/authority.h and certs/files.h, used by http/tls.h.
//
//   auto pair = KeyPair::from_pem(chain_text, key_text);
//   if (!pair) return log(pair.error().text);
//   if (auto usable = (*pair)->check_dates(std::chrono::system_clock::now()); !usable) ...
//
// A KeyPair is immutable, so it may be shared between threads. That the key belongs to the certificate is
// checked before there is one; whether its dates are right depends on when you ask, so that is a question of
// its own.

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
    kMalformed,    // not PEM, no certificate, no key, an encrypted key
    kMismatch,     // the key is not the certificate's
    kExpired,      // notAfter has passed
    kNotYetValid,  // notBefore is still to come
    kBadName,      // a DNS name or IP address that no certificate can hold
    kOpenssl,      // OpenSSL itself failed: no memory, no randomness
  };
  Kind kind;
  std::string text;  // lower case, names the file or field, never shows key material
};

template <class T>
using Result = std::expected<T, CertificateError>;

// A Secret holds at most 1 MiB, and certificates come out of Secrets; a chain of three is about 6 KiB.
inline constexpr std::size_t kMaxPemBytes = std::size_t{1} << 20;

// More than any real chain has (leaf, two intermediates, root); a bound on what a hostile file makes us hold.
inline constexpr std::size_t kMaxChainLength = 16;

class KeyPair {
 public:
  // Reads a chain, the leaf first, and an unencrypted private key. Text around the PEM blocks is skipped.
  // Errors: kTooLarge, kMalformed, kMismatch.
  static Result<std::shared_ptr<const KeyPair>> from_pem(std::string_view chain, std::string_view key);

  // Takes a reference on each argument; `chain` holds the leaf first. Errors: kMalformed, kMismatch.
  static Result<std::shared_ptr<const KeyPair>> from_handles(const std::vector<X509*>& chain, EVP_PKEY* key);

  ~KeyPair();
  KeyPair(const KeyPair&) = delete;
  KeyPair& operator=(const KeyPair&) = delete;

  // kExpired or kNotYetValid when the leaf may not be used at `now`.
  Result<void> check_dates(TimePoint now) const;

  TimePoint not_before() const { return not_before_; }
  TimePoint not_after() const { return not_after_; }

  // SHA-256 over the leaf, 64 lower-case hex digits; fit for logs and for telling two pairs apart.
  const std::string& fingerprint() const { return fingerprint_; }

  // Borrowed handles for SSL_CTX_use_cert_and_key; they live as long as the pair.
  X509* leaf() const { return chain_.front(); }
  const std::vector<X509*>& chain() const { return chain_; }
  EVP_PKEY* key() const { return key_; }

  std::string chain_pem() const;
  std::string key_pem() const;  // PKCS #8, unencrypted: a secret, never log it

 private:
  KeyPair() = default;

  std::vector<X509*> chain_;  // owned references, never empty
  EVP_PKEY* key_ = nullptr;   // owned reference
  TimePoint not_before_;
  TimePoint not_after_;
  std::string fingerprint_;
};

}  // namespace modelgate::certs
