// SPDX-License-Identifier: Apache-2.0
//
// Owning pointers for OpenSSL types, and the text of OpenSSL's last error. Included by the .cc files of
// certs/ and by http/tls.cc; public headers need only <openssl/types.h>.
#pragma once

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

/// Clears this thread's OpenSSL error queue and returns the text of the first error, "unknown error" if there
/// is none. Never contains key material.
std::string take_openssl_error();

/// A read-only BIO over `text`, which must outlive it.
BioPtr read_bio(std::string_view text);

/// The content of a memory BIO.
std::string written(BIO* bio);

}  // namespace modelgate::certs
