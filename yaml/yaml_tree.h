// SPDX-License-Identifier: Apache-2.0
//
// One YAML document as nodes, before aliases, merge keys and tags are resolved. The only file that uses the
// parser, yaml-cpp. Included only by yaml/yaml.cc and yaml/yaml_json.h.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "yaml/yaml.h"

namespace modelgate::yaml {

using NodeId = std::uint32_t;

struct YamlNode {
  enum class Kind : std::uint8_t { kScalar, kSequence, kMap, kAlias };

  Kind kind = Kind::kScalar;
  bool plain = false;                 // a scalar without quotes; not resolved yet
  int line = 0;                       // in the file, from 1
  NodeId target = 0;                  // kAlias: the node with the anchor
  std::string tag = {};               // explicit, such as "tag:yaml.org,2002:int"; else empty
  std::string text = {};              // kScalar
  std::vector<NodeId> children = {};  // kMap: key, value, key, value
};

struct YamlTree {
  std::vector<YamlNode> nodes;  // the root is nodes[0]; empty if the document has no content
};

/// Parses one document that begins at line `first_line` of its file.
std::expected<YamlTree, YamlError> parse_yaml_document(std::string_view text, int first_line);

}  // namespace modelgate::yaml
