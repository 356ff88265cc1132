// SPDX-License-Identifier: Apache-2.0
//
// YAML manifests, read exactly as kubectl reads them. Each document becomes JSON text.
//
//   auto documents = read_yaml(text);
//   if (!documents) return std::format("{}:{}: {}", file, documents.error().line, documents.error().message);
//   for (const YamlDocument& document : *documents) {
//     auto value = spec::parse_json(document.json, arena);
//     ...
//     std::println("{}:{}: {}", file, document.lines.at(error.path), error.message);
//   }
//
// As kubectl does:
//   - documents are split at lines that begin with `---`;
//   - JSON is accepted too, also several objects in a row;
//   - plain words have the meaning of YAML 1.1 (yaml/yaml_scalar.h);
//   - merge keys are merged in the order of the text;
//   - keys that are not strings become strings;
//   - documents that are empty or null are omitted.
// Stricter than kubectl where kubectl drops data without notice: a duplicate key is an error, and so is text
// after `...` without a `---`.
//
// Size, nesting and the number of values are limited, see below. Bad input is an error with a line, never an
// exception. No I/O. Used by kube/manifests.h and cli/.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace modelgate::yaml {

/// The size of a file. The largest object that an API server accepts is 3 MiB.
inline constexpr std::size_t kMaxYamlBytes = 16U << 20;
/// Values in one document, after aliases are resolved; the limit of spec::JsonLimits.
inline constexpr std::size_t kMaxYamlValues = 262'144;
/// Nesting, aliases included; the limit of spec::JsonLimits.
inline constexpr int kMaxYamlDepth = 128;

struct YamlError {
  int line = 0;         // counted from 1
  std::string message;  // starts in lower case, without the line
};

/// The line of each value of a document in its file.
class YamlLines {
 public:
  /// The line of `path`, written as spec::FieldPath writes it ("spec.predictor.env[0].name",
  /// "metadata.labels[app]"), or of its nearest parent that exists. From 1; 0 if no line is known (JSON).
  int at(std::string_view path) const;
  /// The line of `path` itself; 0 if the document has no such value.
  int exactly_at(std::string_view path) const;

 private:
  friend class YamlJson;
  struct Entry {
    std::uint32_t parent;
    int line;
    std::string name;  // a key, or an index in decimal
  };
  /// The entry of `path` and true, or of its nearest parent and false.
  std::pair<std::uint32_t, bool> find(std::string_view path) const;

  std::vector<Entry> entries_;  // in the order of the text, the root first
};

struct YamlDocument {
  std::string json;  // one JSON value; members are in the order of the text
  int line = 1;      // of the first value in it
  YamlLines lines;
};

std::expected<std::vector<YamlDocument>, YamlError> read_yaml(std::string_view text);

}  // namespace modelgate::yaml
