// SPDX-License-Identifier: Apache-2.0
#pragma once

// Owning pointers for the few OpenSSL types that we use, and the text of OpenSSL's last error.
// Included by the .cc files of certs/ and by http/tls.cc; public headers need only <openssl/types.h>.

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <string_view>

namespace modelgate::certs {

template <auto kFree>
struct OpensslFree {
  template <class T>
  void operator()(T* object) const noexcept {
    kFree(object);
  }
};

using BioPtr = std::unique_ptr<BIO, OpensslFree<BIO_free_all>>;
using NamesPtr = std::unique_ptr<GENERAL_NAMES, OpensslFree<GENERAL_NAMES_free>>;
using NamePtr = std::unique_ptr<GENERAL_NAME, OpensslFree<GENERAL_NAME_free>>;
using PkeyPtr = std::unique_ptr<EVP_PKEY, OpensslFree<EVP_PKEY_free>>;
using X509Ptr = std::unique_ptr<X509, OpensslFree<X509_free>>;
using SslCtxPtr = std::unique_ptr<SSL_CTX, OpensslFree<SSL_CTX_free>>;

// Takes every error off this thread's OpenSSL queue and returns the text of the first, "unknown error" when
// there is none. Never holds key material.
std::string take_openssl_error();

// A read-only BIO over `text`, which must outlive it.
BioPtr read_bio(std::string_view text);

// What was written to a memory BIO so far.
std::string written(BIO* bio);

}  // namespace modelgate::certs
