// SPDX-License-Identifier: Apache-2.0
//
// The codec: reads an AdmissionReview (admission.k8s.io/v1 and v1beta1) and writes the response in the same
// version, with the same uid.
//
//   Result<Review, DecodeError> review = decode_review(body, arena);
//   if (!review) return http(400, review.error().message);
//   ... Response response = ...
//   std::string answer = encode_response(*review, response);
//
// Follows k8s.io/api/admission/v1. A review without a uid to respond to (malformed JSON, no request, an
// unknown version) is a DecodeError and results in HTTP 400. Everything about the object itself is a denial.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "spec/facts.h"
#include "spec/field.h"
#include "spec/json.h"
#include "spec/view.h"

namespace modelgate::admission {

enum class Operation { kCreate, kUpdate, kDelete, kConnect };

std::string_view name_of(Operation operation);  // "CREATE"

/// A decoded request. Refers to the body and the arena, which must outlive it.
struct Review {
  std::string_view api_version;  // "admission.k8s.io/v1" or "admission.k8s.io/v1beta1"
  std::string_view uid;
  Operation operation = Operation::kCreate;
  bool dry_run = false;

  /// Of `request.kind`: what the object was converted to.
  std::string_view group;
  std::string_view version;
  std::string_view kind;

  /// Of the request. For a CREATE with generateName the name is empty.
  std::string_view name;
  std::string_view namespace_;

  /// The object; nullptr for DELETE.
  spec::Value* object = nullptr;
  /// Its metadata.managedFields as JSON text; empty where there are none.
  std::string_view managed_fields_text;
  /// The old object as JSON text; empty where there is none. See `read_old_object`.
  std::string_view old_object_text;

  spec::Value document;  // the whole review, which owns `object`
};

struct DecodeError {
  std::string message;
};

spec::Result<Review, DecodeError> decode_review(std::string_view body, spec::Arena& arena);

/// Parses the old object into the arena; null where there is none. decode_review has checked only the
/// brackets and the depth of the text, so other syntax errors are reported here.
spec::Result<spec::Value, DecodeError> read_old_object(const Review& review, spec::Arena& arena);

/// An element of `status.details.causes`.
struct Cause {
  std::string field;
  std::string reason;
  std::string message;
};

/// The response to one request.
struct Response {
  bool allowed = true;
  /// Of a denial; 422 and Invalid for field errors.
  int code = 422;
  std::string_view reason = "Invalid";
  std::string message;
  std::vector<Cause> causes;
  /// RFC 6902 operations as JSON text; empty where there are none.
  std::string patch;
  /// Most important first. encode_response renders them. Their paths refer to the review's text and arena.
  std::vector<spec::FieldWarning> warnings;
  /// For a Pod: objects that it depends on and that could not be read. The response is a guess then, which
  /// must not be sent to an API server. For other kinds it is empty: an unknown object is never a reason to
  /// deny.
  std::vector<spec::ObjectKey> unread;
  /// Present ones may add a warning, and nothing else: the response is complete unless one of them is present. The
  /// caller looks them up and, if one is, reviews again with all of them as facts.
  std::vector<spec::ObjectKey> unless_present;
  /// Strict mode would have denied the object. For a metric; not sent.
  bool strict_would_deny = false;
  /// Key and value; the API server prefixes the key with the webhook's name.
  std::vector<std::pair<std::string, std::string>> audit_annotations;
};

/// The AdmissionReview to send, as JSON.
std::string encode_response(const Review& review, const Response& response);

/// A warning that the API server accepts: on one line and safe to show, and a text longer than
/// spec::kMaxWarningBytes is cut at a character boundary and ends in "...".
std::string fit_warning(std::string_view warning);

}  // namespace modelgate::admission
