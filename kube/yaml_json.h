// SPDX-License-Identifier: Apache-2.0
//
// The nodes of one YAML document as JSON: aliases are followed, merge keys merged, plain words get their
// meaning, keys become strings. Called by kube/yaml.cc, nobody else.
#pragma once

#include <expected>

#include "kube/yaml.h"
#include "kube/yaml_tree.h"

namespace modelgate::kube {

/// `tree` has a root.
std::expected<YamlDocument, YamlError> write_json(const YamlTree& tree);

}  // namespace modelgate::kube
