// SPDX-License-Identifier: Apache-2.0
//
// The nodes of one YAML document as JSON: aliases are followed, merge keys merged, plain words get their
// meaning, keys become strings. Called by yaml/yaml.cc, nobody else.
#pragma once

#include <expected>

#include "yaml/yaml.h"
#include "yaml/yaml_tree.h"

namespace modelgate::yaml {

/// `tree` has a root.
std::expected<YamlDocument, YamlError> write_json(const YamlTree& tree);

}  // namespace modelgate::yaml
