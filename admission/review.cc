// SPDX-License-Identifier: Apache-2.0
#include "admission/review.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "spec/text/base64.h"
#include "spec/text/printable.h"
#include "spec/text/utf8.h"
#include "spec/warning_limits.h"

namespace modelgate::admission {
namespace {

using spec::Arena;
using spec::ObjectView;
using spec::Result;
using spec::Value;

constexpr std::array<std::pair<std::string_view, Operation>, 4> kOperations = {{
    {"CREATE", Operation::kCreate},
    {"UPDATE", Operation::kUpdate},
    {"DELETE", Operation::kDelete},
    {"CONNECT", Operation::kConnect},
}};

constexpr std::array<std::string_view, 2> kVersions = {"admission.k8s.io/v1", "admission.k8s.io/v1beta1"};

/// Fields of a request that are not used: the user, and the kind before conversion.
constexpr std::array<std::string_view, 7> kUnread = {
    "userInfo", "options", "resource", "subResource", "requestKind", "requestResource", "requestSubResource"};

std::unexpected<DecodeError> malformed(std::string message) {
  return std::unexpected(DecodeError{text::printable(std::move(message))});
}

std::unexpected<DecodeError> malformed(const spec::JsonError& e) {
  return malformed(fmt::format("malformed JSON at byte {}: {}", e.offset, e.message));
}

/// Reads version and kind of the review. Returns the error, if any.
std::optional<std::string> read_header(const ObjectView& root, Review& review) {
  if (!root) return "the body is not an object";
  review.api_version = root.string("apiVersion");
  if (std::ranges::find(kVersions, review.api_version) == kVersions.end()) {
    return fmt::format("apiVersion {} is not known; known are {} and {}", spec::quote(review.api_version),
                       kVersions[0], kVersions[1]);
  }
  if (root.string("kind") != "AdmissionReview")
    return fmt::format("kind {} is not known; known is AdmissionReview", spec::quote(root.string("kind")));
  return std::nullopt;
}

std::optional<std::string> read_request(const ObjectView& request, Review& review) {
  if (!request) return "the review has no request";
  review.uid = request.string("uid");
  if (review.uid.empty()) return "the request has no uid";
  const auto operation = std::ranges::find(kOperations, request.string("operation"),
                                           &std::pair<std::string_view, Operation>::first);
  if (operation == kOperations.end())
    return fmt::format("operation {} is not known", spec::quote(request.string("operation")));
  review.operation = operation->second;
  review.dry_run = request.boolean("dryRun").value_or(false);
  const ObjectView kind = request.object("kind");
  review.group = kind.string("group");
  review.version = kind.string("version");
  review.kind = kind.string("kind");
  review.name = request.string("name");
  review.namespace_ = request.string("namespace");
  if (const Value* object = request.field("object")) {
    if (!object->IsObject()) return "request.object is not an object";
    review.object = const_cast<Value*>(object);
  }
  return std::nullopt;
}

/// Appends `"key":`, after a comma where one is needed.
void append_key(std::string_view key, std::string& out) {
  if (out.back() != '{') out += ',';
  out += '"';
  out += key;
  out += "\":";
}

void append_status(const Review& review, const Response& response, std::string& out) {
  append_key("status", out);
  out += fmt::format(R"({{"status":"Failure","code":{},"reason":"{}","message":)", response.code,
                     response.reason);
  spec::append_json(response.message, out);
  out += R"(,"details":{"name":)";
  spec::append_json(text::printable(std::string(review.name)), out);
  out += R"(,"group":)";
  spec::append_json(review.group, out);
  out += R"(,"kind":)";
  spec::append_json(review.kind, out);
  out += R"(,"causes":[)";
  for (const char* separator = ""; const Cause& c : response.causes) {
    out += separator;
    out += R"({"reason":)";
    spec::append_json(c.reason, out);
    out += R"(,"message":)";
    spec::append_json(c.message, out);
    out += R"(,"field":)";
    spec::append_json(c.field, out);
    out += '}';
    separator = ",";
  }
  out += "]}}";
}

/// As many warnings as the API server returns; if there are more, the last one is their number.
void append_warnings(const std::vector<spec::FieldWarning>& warnings, std::string& out) {
  constexpr std::size_t kReservedForCount = 32;
  append_key("warnings", out);
  out += '[';
  std::size_t used = 0;
  for (std::size_t i = 0; i < warnings.size(); ++i) {
    std::string text = fit_warning(warnings[i].to_string());
    const bool last = i + 1 == warnings.size();
    const bool fits = used + text.size() + (last ? 0 : kReservedForCount) <= spec::kMaxWarningsBytes;
    if (!fits) text = fmt::format("and {} further warnings", warnings.size() - i);
    if (i > 0) out += ',';
    spec::append_json(text, out);
    if (!fits) break;
    used += text.size();
  }
  out += ']';
}

}  // namespace

std::string_view name_of(Operation operation) {
  return std::ranges::find(kOperations, operation, &std::pair<std::string_view, Operation>::second)->first;
}

Result<Review, DecodeError> decode_review(std::string_view body, Arena& arena) {
  Review review;
  spec::ParseOptions options;
  options.outer = "request";
  options.skip = kUnread;
  options.defer = "oldObject";
  options.deferred = &review.old_object_text;
  options.managed_fields = &review.managed_fields_text;
  auto document = spec::parse_json(body, arena, options);
  if (!document) return malformed(document.error());
  review.document = std::move(*document);
  const ObjectView root(review.document);
  if (auto error = read_header(root, review)) return malformed(std::move(*error));
  if (auto error = read_request(root.object("request"), review)) return malformed(std::move(*error));
  return review;
}

Result<Value, DecodeError> read_old_object(const Review& review, Arena& arena) {
  if (review.old_object_text.empty()) return Value();
  auto old = spec::parse_json(review.old_object_text, arena);
  if (!old) return malformed("request.oldObject: " + old.error().message);
  if (!old->IsObject()) return malformed("request.oldObject is not an object");
  return std::move(*old);
}

std::string fit_warning(std::string_view warning) {
  return text::truncate_to_fit(text::on_one_line(std::string(warning)), spec::kMaxWarningBytes);
}

std::string encode_response(const Review& review, const Response& response) {
  std::string out;
  out.reserve(256 + response.patch.size() * 3 / 2 + response.message.size() * 2);
  out += fmt::format(R"({{"kind":"AdmissionReview","apiVersion":"{}","response":{{)", review.api_version);
  append_key("uid", out);
  spec::append_json(review.uid, out);
  append_key("allowed", out);
  out += response.allowed ? "true" : "false";
  if (!response.allowed) append_status(review, response, out);
  if (response.allowed && !response.patch.empty()) {
    append_key("patchType", out);
    out += "\"JSONPatch\"";
    append_key("patch", out);
    out += '"';
    out += text::encode_base64(response.patch);
    out += '"';
  }
  if (!response.audit_annotations.empty()) {
    append_key("auditAnnotations", out);
    out += '{';
    for (const auto& [key, value] : response.audit_annotations) {
      append_key(key, out);
      spec::append_json(value, out);
    }
    out += '}';
  }
  if (!response.warnings.empty()) append_warnings(response.warnings, out);
  return out + "}}";
}

}  // namespace modelgate::admission
