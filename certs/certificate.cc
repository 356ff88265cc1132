// SPDX-License-Identifier: Apache-2.0
#include "certs/certificate.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>
#include <utility>

#include "certs/openssl.h"
#include "certs/x509.h"

namespace modelgate::certs {
namespace {

using Kind = CertificateError::Kind;
using StorePtr = std::unique_ptr<X509_STORE, OpensslFree<X509_STORE_free>>;
using StoreContextPtr = std::unique_ptr<X509_STORE_CTX, OpensslFree<X509_STORE_CTX_free>>;

// The chain does not own its certificates.
struct BorrowedStack {
  void operator()(STACK_OF(X509) * stack) const noexcept { sk_X509_free(stack); }
};
using BorrowedChain = std::unique_ptr<STACK_OF(X509), BorrowedStack>;

std::unexpected<CertificateError> fail(Kind kind, std::string text) {
  return std::unexpected(CertificateError{kind, std::move(text)});
}

StorePtr store_of(std::span<const Certificate> bundle) {
  StorePtr store(X509_STORE_new());
  if (!store) return nullptr;
  for (const Certificate& trusted : bundle) {
    const auto chain = read_chain(trusted.pem);
    if (chain) X509_STORE_add_cert(store.get(), chain->front().get());
  }
  return store;
}

BorrowedChain intermediates_of(const KeyPair& pair) {
  BorrowedChain chain(sk_X509_new_null());
  for (std::size_t i = 1; chain && i < pair.chain().size(); ++i) sk_X509_push(chain.get(), pair.chain()[i]);
  return chain;
}

}  // namespace

int no_password(char*, int, int, void*) {
  return -1;
}

TimePoint to_time_point(const ASN1_TIME* time) {
  // The clock counts nanoseconds up to the year 2262. A certificate without end has the year 9999 (RFC 5280,
  // 4.1.2.5).
  constexpr auto kLast = std::chrono::floor<std::chrono::seconds>(TimePoint::max());
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return TimePoint{};
  return std::min(std::chrono::sys_seconds(std::chrono::seconds(timegm(&parts))), kLast);
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
    if (chain.size() > kMaxChainLength) return fail(Kind::kMalformed, "chain has more than 16 certificates");
  }
  const unsigned long last = ERR_peek_last_error();
  const bool at_end = ERR_GET_LIB(last) == ERR_LIB_PEM && ERR_GET_REASON(last) == PEM_R_NO_START_LINE;
  const std::string cause = take_openssl_error();
  if (!at_end) return fail(Kind::kMalformed, "certificate cannot be read: " + cause);
  if (chain.empty()) return fail(Kind::kMalformed, "certificate has no PEM block of type CERTIFICATE");
  return chain;
}

Result<std::vector<Certificate>> read_certificates(std::string_view pem) {
  const auto chain = read_chain(pem);
  if (!chain) return std::unexpected(chain.error());
  std::vector<Certificate> certificates;
  for (const X509Ptr& x509 : *chain) {
    const BioPtr bio(BIO_new(BIO_s_mem()));
    PEM_write_bio_X509(bio.get(), x509.get());
    certificates.push_back({.pem = written(bio.get()),
                            .fingerprint = sha256_hex(x509.get()),
                            .not_before = to_time_point(X509_get0_notBefore(x509.get())),
                            .not_after = to_time_point(X509_get0_notAfter(x509.get())),
                            .is_ca = X509_check_ca(x509.get()) == 1});
  }
  return certificates;
}

bool trusts(std::span<const Certificate> bundle, const KeyPair& pair) {
  const StorePtr store = store_of(bundle);
  const BorrowedChain chain = intermediates_of(pair);
  const StoreContextPtr context(X509_STORE_CTX_new());
  if (!store || !chain || !context) return false;
  if (X509_STORE_CTX_init(context.get(), store.get(), pair.leaf(), chain.get()) != 1) return false;
  X509_STORE_CTX_set_purpose(context.get(), X509_PURPOSE_SSL_SERVER);
  // As in Go's crypto/x509: each certificate in the bundle is trusted, not only roots.
  X509_STORE_CTX_set_flags(context.get(), X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_NO_CHECK_TIME);
  const bool trusted = X509_verify_cert(context.get()) == 1;
  ERR_clear_error();
  return trusted;
}

}  // namespace modelgate::certs
