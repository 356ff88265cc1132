// SPDX-License-Identifier: Apache-2.0
//
// Reads X.509 certificates. For the .cc files of certs/ only.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "certs/key_pair.h"
#include "certs/openssl.h"

namespace modelgate::certs {

/// Password callback that fails: OpenSSL would otherwise ask for the password of an encrypted key on the
/// terminal.
int no_password(char*, int, int, void*);

TimePoint to_time_point(const ASN1_TIME* time);

/// SHA-256 of the certificate, 64 lower-case hex digits.
std::string sha256_hex(X509* certificate);

/// All certificates of the text, in order. Errors: kTooLarge, kMalformed (none, too many, invalid).
Result<std::vector<X509Ptr>> read_chain(std::string_view pem);

}  // namespace modelgate::certs
