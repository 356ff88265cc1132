// SPDX-License-Identifier: Apache-2.0
//
// What the offline commands do with the kinds of objects in the files. Used by review.cc, explain.cc and
// admit.cc.
//
//   const Kind kind = kind_of(object);
//   if (kind.role == Role::kUnknownToCluster) report(kind.problems);
//
// A kind of serving.kserve.io or of the core group that does not exist, or in a version that is not served,
// is refused by each API server. Kinds of other groups may exist: they are skipped.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "admission/admission.h"
#include "cli/offline/object_meta.h"
#include "spec/field.h"

namespace modelgate::cli {

enum class Role : std::uint8_t {
  kReviewed,          // the webhook reviews it
  kContext,           // reviews depend on it; the API server's own rules are checked
  kSkipped,           // another program's
  kUnknownToCluster,  // the API server does not know it
};

struct KnownKind {
  std::string_view api_version;
  std::string_view kind;
  Role role = Role::kSkipped;
  std::optional<admission::Endpoint> mutate = {};
  std::optional<admission::Endpoint> validate = {};
  MetaRules meta = {.name = spec::check_dns1123_subdomain};
};

struct ObjectKind {
  Role role = Role::kSkipped;
  const KnownKind* known = nullptr;        // of a reviewed kind and of context
  std::vector<spec::FieldError> problems;  // why the API server does not know it
};

ObjectKind kind_of(const spec::Value& object);

}  // namespace modelgate::cli
