// SPDX-License-Identifier: Apache-2.0
//
// A CRD's schema, applied as the API server does it: defaults before admission, types after mutation. Our
// CRDs use a small part of OpenAPI (deploy/crds/serving.yaml); this reads that part. Used by api_server.cc.
//
//   const StructuralSchema* schema = schema_of("serving.kserve.io/v1beta1", "InferenceService");
//   schema->report_unknown_fields(object, errors);
//   schema->apply_defaults(object, arena);
//   ... mutation ...
//   schema->check(object, errors);
//
// `metadata`, `apiVersion` and `kind` are not part of it: see object_meta.h.
#pragma once

#include <string_view>

#include "spec/field.h"
#include "spec/json.h"

namespace modelgate::cli {

class StructuralSchema {
 public:
  /// `root` is `openAPIV3Schema`, which must outlive this.
  explicit StructuralSchema(const spec::Value& root) : root_(root) {}

  /// kubectl asks the API server to refuse unknown fields (`fieldValidation: Strict`).
  void report_unknown_fields(const spec::Value& object, spec::FieldErrors& errors) const;
  /// Adds `default`s where a field is missing.
  void apply_defaults(spec::Value& object, spec::Arena& arena) const;
  /// Reports wrong types, missing required fields, and elements of a keyed list with the same keys.
  void check(const spec::Value& object, spec::FieldErrors& errors) const;

 private:
  const spec::Value& root_;
};

/// Of a kind of our CRDs, read once; nullptr for other kinds.
const StructuralSchema* schema_of(std::string_view api_version, std::string_view kind);

}  // namespace modelgate::cli
