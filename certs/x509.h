// SPDX-License-Identifier: Apache-2.0
#pragma once

// What key_pair.cc and certificate.cc both read out of certificates. For the .cc files of certs/ only.

#include <string>
#include <string_view>
#include <vector>

#include "certs/key_pair.h"
#include "certs/openssl.h"

namespace modelgate::certs {

// OpenSSL would ask on the terminal for the password of an encrypted key: a server has nobody to ask.
int no_password(char*, int, int, void*);

TimePoint to_time_point(const ASN1_TIME* time);

// SHA-256 over the certificate, 64 lower-case hex digits.
std::string sha256_hex(X509* certificate);

// Every certificate of the text, in order. Errors: kTooLarge, kMalformed (none, too many, unreadable).
Result<std::vector<X509Ptr>> read_chain(std::string_view pem);

}  // namespace modelgate::certs
