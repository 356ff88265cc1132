// SPDX-License-Identifier: Apache-2.0
#include "certs/authority.h"

#include <openssl/err.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <expected>
#include <utility>

#include "certs/openssl.h"
#include "spec/text/ascii.h"

namespace modelgate::certs {
namespace {

using Kind = CertificateError::Kind;

std::unexpected<CertificateError> fail(Kind kind, std::string text) {
  return std::unexpected(CertificateError{kind, std::move(text)});
}

std::unexpected<CertificateError> fail_openssl(std::string_view doing) {
  return fail(Kind::kOpenssl, std::string(doing) + ": " + take_openssl_error());
}

// RFC 5280 4.1.2.2: positive, at most 20 octets, not predictable. 16 random octets without the top bit.
bool set_random_serial(X509* certificate) {
  std::array<unsigned char, 16> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) return false;
  bytes[0] = static_cast<unsigned char>((bytes[0] & 0x7FU) | 0x40U);
  const std::unique_ptr<BIGNUM, OpensslFree<BN_free>> number(
      BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr));
  return number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr;
}

bool set_dates(X509* certificate, TimePoint from, TimePoint until) {
  const auto to_asn1 = [](ASN1_TIME* target, TimePoint time) {
    return ASN1_TIME_set(target, std::chrono::system_clock::to_time_t(time)) != nullptr;
  };
  return to_asn1(X509_getm_notBefore(certificate), from) && to_asn1(X509_getm_notAfter(certificate), until);
}

bool set_subject(X509* certificate, const std::string& common_name) {
  return X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                                    reinterpret_cast<const unsigned char*>(common_name.data()),
                                    static_cast<int>(common_name.size()), -1, 0) == 1;
}

struct Extension {
  int nid;
  const char* value;  // in the format of OpenSSL's x509v3_config(5); only constants, never user input
};

bool add_extensions(X509* certificate, X509* issuer, std::initializer_list<Extension> extensions) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  return std::ranges::all_of(extensions, [&](const Extension& wanted) {
    const std::unique_ptr<X509_EXTENSION, OpensslFree<X509_EXTENSION_free>> extension(
        X509V3_EXT_conf_nid(nullptr, &context, wanted.nid, wanted.value));
    return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
  });
}

// A DNS name as in RFC 6125: letters, digits, '-', '.', and one leading "*.".
bool is_dns_name(std::string_view name) {
  if (name.starts_with("*.")) name.remove_prefix(2);
  if (name.empty() || name.size() > 253 || name.front() == '.' || name.front() == '-') return false;
  return std::ranges::all_of(
      name, [](char c) { return text::is_alphanumeric(c) || c == '-' || c == '.' || c == '_'; });
}

bool add_dns_name(GENERAL_NAMES* names, const std::string& name) {
  NamePtr entry(GENERAL_NAME_new());
  ASN1_IA5STRING* text = ASN1_IA5STRING_new();
  if (!entry || text == nullptr || ASN1_STRING_set(text, name.data(), static_cast<int>(name.size())) != 1) {
    ASN1_IA5STRING_free(text);
    return false;
  }
  GENERAL_NAME_set0_value(entry.get(), GEN_DNS, text);
  return sk_GENERAL_NAME_push(names, entry.release()) > 0;
}

bool add_ip_address(GENERAL_NAMES* names, const std::string& address) {
  NamePtr entry(GENERAL_NAME_new());
  ASN1_OCTET_STRING* bytes = a2i_IPADDRESS(address.c_str());
  if (!entry || bytes == nullptr) {
    ASN1_OCTET_STRING_free(bytes);
    return false;
  }
  GENERAL_NAME_set0_value(entry.get(), GEN_IPADD, bytes);
  return sk_GENERAL_NAME_push(names, entry.release()) > 0;
}

// The subject alternative names, built as values instead of text, so that a name cannot inject another one.
Result<void> add_names(X509* certificate, const LeafOptions& options) {
  if (options.dns_names.empty() && options.ip_addresses.empty()) {
    return fail(Kind::kBadName, "a leaf needs at least one DNS name or IP address");
  }
  const NamesPtr names(sk_GENERAL_NAME_new_null());
  for (const std::string& name : options.dns_names) {
    if (!is_dns_name(name)) return fail(Kind::kBadName, "not a DNS name: \"" + name + "\"");
    if (!add_dns_name(names.get(), name)) return fail_openssl("adding a DNS name");
  }
  for (const std::string& address : options.ip_addresses) {
    if (!add_ip_address(names.get(), address)) {
      ERR_clear_error();
      return fail(Kind::kBadName, "not an IP address: \"" + address + "\"");
    }
  }
  if (X509_add1_ext_i2d(certificate, NID_subject_alt_name, names.get(), 0, X509V3_ADD_DEFAULT) != 1) {
    return fail_openssl("adding the subject's alternative names");
  }
  return {};
}

// The parts common to CA and leaf: version 3, serial number, dates, subject, key.
Result<X509Ptr> begin_certificate(EVP_PKEY* key, const std::string& common_name, TimePoint from,
                                  TimePoint until) {
  X509Ptr certificate(X509_new());
  const bool made = certificate && X509_set_version(certificate.get(), X509_VERSION_3) == 1 &&
                    set_random_serial(certificate.get()) && set_dates(certificate.get(), from, until) &&
                    set_subject(certificate.get(), common_name) &&
                    X509_set_pubkey(certificate.get(), key) == 1;
  if (!made) return fail_openssl("making a certificate");
  return certificate;
}

}  // namespace

Result<Authority> Authority::make(const CaOptions& options) {
  const PkeyPtr key(EVP_EC_gen("P-256"));
  if (!key) return fail_openssl("making a key");
  auto certificate = begin_certificate(key.get(), options.common_name, options.now - kBackdate,
                                       options.now + options.lifetime);
  if (!certificate) return std::unexpected(certificate.error());
  X509* ca = certificate->get();
  const bool made = X509_set_issuer_name(ca, X509_get_subject_name(ca)) == 1 &&
                    add_extensions(ca, ca,
                                   {{NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
                                    {NID_key_usage, "critical,keyCertSign,cRLSign"},
                                    {NID_subject_key_identifier, "hash"}}) &&
                    X509_sign(ca, key.get(), EVP_sha256()) > 0;
  if (!made) return fail_openssl("making a CA");
  auto pair = KeyPair::from_handles({ca}, key.get());
  if (!pair) return std::unexpected(pair.error());
  return Authority(std::move(*pair));
}

Result<Authority> Authority::from_pem(std::string_view certificate, std::string_view key) {
  auto pair = KeyPair::from_pem(certificate, key);
  if (!pair) return std::unexpected(pair.error());
  if (X509_check_ca((*pair)->leaf()) != 1)
    return fail(Kind::kMalformed, "certificate is not a CA certificate");
  return Authority(std::move(*pair));
}

Result<std::shared_ptr<const KeyPair>> Authority::sign(const LeafOptions& options) const {
  if (auto usable = pair_->check_dates(options.now); !usable) return std::unexpected(usable.error());
  const PkeyPtr key(EVP_EC_gen("P-256"));
  if (!key) return fail_openssl("making a key");
  const TimePoint until = std::min(options.now + options.lifetime, pair_->not_after());
  auto certificate = begin_certificate(key.get(), options.common_name, options.now - kBackdate, until);
  if (!certificate) return std::unexpected(certificate.error());
  X509* leaf = certificate->get();
  const bool made = X509_set_issuer_name(leaf, X509_get_subject_name(pair_->leaf())) == 1 &&
                    add_extensions(leaf, pair_->leaf(),
                                   {{NID_basic_constraints, "critical,CA:FALSE"},
                                    {NID_key_usage, "critical,digitalSignature"},
                                    {NID_ext_key_usage, options.for_client ? "clientAuth" : "serverAuth"},
                                    {NID_subject_key_identifier, "hash"},
                                    {NID_authority_key_identifier, "keyid:always"}});
  if (!made) return fail_openssl("making a leaf");
  if (auto named = add_names(leaf, options); !named) return std::unexpected(named.error());
  if (X509_sign(leaf, pair_->key(), EVP_sha256()) <= 0) return fail_openssl("signing a leaf");
  return KeyPair::from_handles({leaf}, key.get());
}

}  // namespace modelgate::certs
