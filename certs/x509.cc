// SPDX-License-Identifier: Apache-2.0
#include "certs/x509.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>
#include <utility>

namespace modelgate::certs {
namespace {

using Kind = CertificateError::Kind;

std::unexpected<CertificateError> fail(Kind kind, std::string text) {
  return std::unexpected(CertificateError{kind, std::move(text)});
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

}  // namespace modelgate::certs
