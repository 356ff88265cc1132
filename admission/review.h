// SPDX-License-Identifier: Apache-2.0
//
// The codec: AdmissionReview (admission.k8s.io/v1 and v1beta1) from its JSON, and the answer back into the
// same version with the same uid.
//
//   Result<Review, DecodeError> review = decode_review(body, arena);
//   if (!review) return http(400, review.error().message);
//   ... Response response = ...
//   std::string answer = encode_response(*review, response);
//
// Follows k8s.io/api/admission/v1. What cannot be answered with a uid (malformed JSON, no request, an unknown
// version) is a DecodeError and ends as HTTP 400; everything about the object itself is a denial.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "spec/field.h"
#include "spec/json.h"
#include "spec/view.h"

namespace modelgate::admission {

enum class Operation { kCreate, kUpdate, kDelete, kConnect };

std::string_view name_of(Operation operation);  // "CREATE"

/// One request, read. Refers to the body's text and the arena; both must outlive it.
struct Review {
  std::string_view api_version;  // "admission.k8s.io/v1" or "admission.k8s.io/v1beta1"
  std::string_view uid;
  Operation operation = Operation::kCreate;
  bool dry_run = false;

  /// What the object was converted to (`kind`), group, version and kind.
  std::string_view group;
  std::string_view version;
  std::string_view kind;

  /// From the request: for a CREATE with generateName the name is empty here and in the object.
  std::string_view name;
  std::string_view namespace_;

  /// The object; nullptr for DELETE.
  spec::Value* object = nullptr;
  /// The text of the old object, checked but not read yet; empty where there is none. See `read_old_object`.
  std::string_view old_object_text;

  spec::Value document;  // the whole review: `object` and the texts above lie in it
};

struct DecodeError {
  std::string message;
};

spec::Result<Review, DecodeError> decode_review(std::string_view body, spec::Arena& arena);

/// Reads the old object, which lives in the arena; null where there is none.
/// decode_review has checked the text's brackets and depth: what else is wrong with it ends here.
spec::Result<spec::Value, DecodeError> read_old_object(const Review& review, spec::Arena& arena);

/// What `status.details.causes` holds, one an error.
struct Cause {
  std::string field;
  std::string reason;
  std::string message;
};

/// The answer to one request.
struct Response {
  bool allowed = true;
  /// Where denied. 422 and Invalid for a bad object.
  int code = 422;
  std::string_view reason = "Invalid";
  std::string message;
  std::vector<Cause> causes;
  /// RFC 6902 operations as JSON text; empty where there are none.
  std::string patch;
  /// Most important first. encode_response renders them. Their paths refer to the review's text and arena.
  std::vector<spec::FieldWarning> warnings;
  /// Compatible mode let pass what Strict would have denied. For a metric; nothing of it is sent.
  bool strict_would_deny = false;
  /// Key and value; the API server puts the webhook's name in front of the key.
  std::vector<std::pair<std::string, std::string>> audit_annotations;
};

/// JSON text of the AdmissionReview to send back.
std::string encode_response(const Review& review, const Response& response);

/// A warning as it can be sent: control characters become blanks, longer than spec::kMaxWarningBytes is cut
/// at a character's boundary with "..." behind it.
std::string fit_warning(std::string_view warning);

}  // namespace modelgate::admission
