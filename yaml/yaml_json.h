// SPDX-License-Identifier: Apache-2.0
//
// Writes the nodes of one YAML document as JSON: follows aliases, merges merge keys, resolves plain words,
// turns keys into strings. Called only by yaml/yaml.cc.
#pragma once

#include <expected>

#include "yaml/yaml.h"
#include "yaml/yaml_tree.h"

namespace modelgate::yaml {

/// `tree` must have a root.
std::expected<YamlDocument, YamlError> write_json(const YamlTree& tree);

}  // namespace modelgate::yaml
