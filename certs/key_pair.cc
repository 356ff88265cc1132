// SPDX-License-Identifier: Apache-2.0
#include "certs/key_pair.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <array>
#include <ctime>
#include <utility>

#include "certs/openssl.h"

namespace modelgate::certs {
namespace {

using Kind = CertificateError::Kind;

std::unexpected<CertificateError> fail(Kind kind, std::string text) {
  return std::unexpected(CertificateError{kind, std::move(text)});
}

// OpenSSL would ask on the terminal for the password of an encrypted key: a server has nobody to ask.
int no_password(char*, int, int, void*) {
  return -1;
}

TimePoint to_time_point(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return TimePoint{};
  return std::chrono::system_clock::from_time_t(timegm(&parts));
}

std::string to_text(TimePoint time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text.data();
}

std::string sha256_hex(X509* certificate) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  if (X509_digest(certificate, EVP_sha256(), digest.data(), &size) != 1) return {};
  static constexpr std::string_view kHex = "0123456789abcdef";
  std::string text;
  for (unsigned int i = 0; i < size; ++i) {
    text.push_back(kHex[digest[i] >> 4U]);
    text.push_back(kHex[digest[i] & 0xFU]);
  }
  return text;
}

Result<std::vector<X509Ptr>> read_chain(std::string_view pem) {
  if (pem.size() > kMaxPemBytes) return fail(Kind::kTooLarge, "certificate is larger than 1 MiB");
  const BioPtr bio = read_bio(pem);
  std::vector<X509Ptr> chain;
  while (X509* next = PEM_read_bio_X509(bio.get(), nullptr, no_password, nullptr)) {
    chain.emplace_back(next);
    if (chain.size() > kMaxChainLength)
      return fail(Kind::kMalformed, "chain holds more than 16 certificates");
  }
  const unsigned long last = ERR_peek_last_error();
  const bool at_end = ERR_GET_LIB(last) == ERR_LIB_PEM && ERR_GET_REASON(last) == PEM_R_NO_START_LINE;
  const std::string cause = take_openssl_error();
  if (!at_end) return fail(Kind::kMalformed, "certificate cannot be read: " + cause);
  if (chain.empty()) return fail(Kind::kMalformed, "certificate holds no PEM block of type CERTIFICATE");
  return chain;
}

Result<PkeyPtr> read_key(std::string_view pem) {
  if (pem.size() > kMaxPemBytes) return fail(Kind::kTooLarge, "private key is larger than 1 MiB");
  const BioPtr bio = read_bio(pem);
  PkeyPtr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, nullptr));
  const std::string cause = take_openssl_error();
  if (!key) return fail(Kind::kMalformed, "private key cannot be read: " + cause);
  return key;
}

}  // namespace

Result<std::shared_ptr<const KeyPair>> KeyPair::from_pem(std::string_view chain, std::string_view key) {
  auto certificates = read_chain(chain);
  if (!certificates) return std::unexpected(certificates.error());
  auto private_key = read_key(key);
  if (!private_key) return std::unexpected(private_key.error());
  std::vector<X509*> handles;
  for (const X509Ptr& certificate : *certificates) handles.push_back(certificate.get());
  return from_handles(handles, private_key->get());
}

Result<std::shared_ptr<const KeyPair>> KeyPair::from_handles(const std::vector<X509*>& chain, EVP_PKEY* key) {
  if (chain.empty()) return fail(Kind::kMalformed, "chain is empty");
  if (X509_check_private_key(chain.front(), key) != 1) {
    ERR_clear_error();
    return fail(Kind::kMismatch, "private key does not belong to the certificate");
  }
  std::shared_ptr<KeyPair> pair(new KeyPair);
  for (X509* certificate : chain) {
    X509_up_ref(certificate);
    pair->chain_.push_back(certificate);
  }
  EVP_PKEY_up_ref(key);
  pair->key_ = key;
  pair->not_before_ = to_time_point(X509_get0_notBefore(chain.front()));
  pair->not_after_ = to_time_point(X509_get0_notAfter(chain.front()));
  pair->fingerprint_ = sha256_hex(chain.front());
  return pair;
}

KeyPair::~KeyPair() {
  for (X509* certificate : chain_) X509_free(certificate);
  EVP_PKEY_free(key_);
}

Result<void> KeyPair::check_dates(TimePoint now) const {
  if (now >= not_after_) return fail(Kind::kExpired, "certificate expired at " + to_text(not_after_));
  if (now < not_before_)
    return fail(Kind::kNotYetValid, "certificate is valid only from " + to_text(not_before_));
  return {};
}

std::string KeyPair::chain_pem() const {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  for (X509* certificate : chain_) PEM_write_bio_X509(bio.get(), certificate);
  return written(bio.get());
}

std::string KeyPair::key_pem() const {
  const BioPtr bio(BIO_new(BIO_s_secmem()));
  PEM_write_bio_PKCS8PrivateKey(bio.get(), key_, nullptr, nullptr, 0, nullptr, nullptr);
  return written(bio.get());
}

}  // namespace modelgate::certs
