// SPDX-License-Identifier: Apache-2.0
//
// The API server's rules for `metadata`, which hold for each object. Used by api_server.cc.
//
//   check_object_meta(object, {.name = check_dns1123_subdomain, .namespaced = true}, errors);
//
// The rules are those of k8s.io/apimachinery (pkg/api/validation/objectmeta.go) of Kubernetes 1.36, for
// fields that a user writes: the API server replaces the others.
#pragma once

#include <string_view>

#include "spec/field.h"
#include "spec/json.h"
#include "spec/names.h"

namespace modelgate::cli {

struct MetaRules {
  spec::NameProblem (*name)(std::string_view);  // the form of the kind's names
  bool namespaced = true;
};

/// Reports each wrong type, unknown field and invalid value.
void check_object_meta(const spec::Value& object, const MetaRules& rules, spec::FieldErrors& errors);

}  // namespace modelgate::cli
