// SPDX-License-Identifier: Apache-2.0
#include "certs/certificate.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <utility>

#include "certs/openssl.h"
#include "certs/x509.h"

namespace modelgate::certs {
namespace {

using StorePtr = std::unique_ptr<X509_STORE, OpensslFree<X509_STORE_free>>;
using StoreContextPtr = std::unique_ptr<X509_STORE_CTX, OpensslFree<X509_STORE_CTX_free>>;

// The chain does not own its certificates.
struct BorrowedStack {
  void operator()(STACK_OF(X509) * stack) const noexcept { sk_X509_free(stack); }
};
using BorrowedChain = std::unique_ptr<STACK_OF(X509), BorrowedStack>;

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
