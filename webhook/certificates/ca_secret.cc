// SPDX-License-Identifier: Apache-2.0
#include "webhook/certificates/ca_secret.h"

#include <utility>

#include "spec/text/base64.h"

namespace modelgate::webhook {
namespace {

certs::Result<certs::SecretData> read_data(const spec::Value* data) {
  certs::SecretData result;
  if (data == nullptr || !data->IsObject()) return result;
  for (const auto& [key, value] : data->GetObject()) {
    auto bytes = value.IsString() ? text::decode_base64(spec::text_of(value)) : std::nullopt;
    if (!bytes) {
      return std::unexpected(certs::CertificateError{certs::CertificateError::Kind::kMalformed,
                                                     std::string(spec::text_of(key)) + ": not base64"});
    }
    result.emplace(spec::text_of(key), std::move(*bytes));
  }
  return result;
}

void append_entry(std::string& out, std::string_view key, const std::string& bytes) {
  spec::append_json(key, out);
  out += ":\"" + text::encode_base64(bytes) + "\"";
}

}  // namespace

CaSecret read_ca_secret(const spec::Value& secret) {
  const spec::Value* const annotations = spec::find(spec::find(secret, "metadata"), "annotations");
  const bool rotate = spec::find(annotations, kRotateAnnotation) != nullptr;
  const auto data = read_data(spec::find(secret, "data"));
  if (!data) return {.cas = std::unexpected(data.error()), .rotate = rotate};
  return {.cas = certs::decode(*data), .rotate = rotate};
}

std::string new_ca_secret(std::string_view ns, std::string_view name, const certs::CaSet& cas) {
  std::string body = R"({"apiVersion":"v1","kind":"Secret","type":"Opaque","metadata":{"name":)";
  spec::append_json(name, body);
  body += R"(,"namespace":)";
  spec::append_json(ns, body);
  body +=
      R"(,"labels":{"app.kubernetes.io/name":"modelgate","app.kubernetes.io/component":"webhook"}},"data":{)";
  bool first = true;
  for (const auto& [key, bytes] : certs::encode(cas)) {
    if (!std::exchange(first, false)) body += ',';
    append_entry(body, key, bytes);
  }
  return body + "}}";
}

std::string ca_secret_patch(std::string_view resource_version, const certs::CaSet& cas, bool rotation_done) {
  std::string body = R"({"metadata":{"resourceVersion":)";
  spec::append_json(resource_version, body);
  if (rotation_done) {
    body += R"(,"annotations":{)";
    spec::append_json(kRotateAnnotation, body);
    body += ":null}";
  }
  body += R"(},"data":{)";
  const certs::SecretData data = certs::encode(cas);
  bool first = true;
  for (const std::string_view key : certs::secret_keys()) {
    if (!std::exchange(first, false)) body += ',';
    const auto found = data.find(key);
    if (found != data.end()) {
      append_entry(body, key, found->second);
    } else {
      spec::append_json(key, body);
      body += ":null";
    }
  }
  return body + "}}";
}

}  // namespace modelgate::webhook
