// SPDX-License-Identifier: Apache-2.0
#include "certs/key_pair.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <utility>

#include "certs/certificate.h"
#include "certs/openssl.h"
#include "certs/x509.h"
#include "spec/text/rfc3339.h"

namespace modelgate::certs {
namespace {

using Kind = CertificateError::Kind;

std::unexpected<CertificateError> fail(Kind kind, std::string text) {
  return std::unexpected(CertificateError{kind, std::move(text)});
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
  if (now >= not_after_)
    return fail(Kind::kExpired, "certificate expired at " + text::format_rfc3339(not_after_));
  if (now < not_before_)
    return fail(Kind::kNotYetValid, "certificate is valid only from " + text::format_rfc3339(not_before_));
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
