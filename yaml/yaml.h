// SPDX-License-Identifier: Apache-2.0
//
// YAML manifests, read exactly as kubectl reads them, each document turned into JSON text.
//
//   auto documents = read_yaml(text);
//   if (!documents) return std::format("{}:{}: {}", file, documents.error().line, documents.error().message);
//   for (const YamlDocument& document : *documents) {
//     auto value = spec::parse_json(document.json, arena);
//     ...
//     std::println("{}:{}: {}", file, document.lines.at(error.path), error.message);
//   }
//
// "As kubectl" is: documents are split at lines that begin with `---`, JSON is taken too (several objects one
// after the other), words mean what YAML 1.1 says (yaml/yaml_scalar.h), merge keys are merged in the order of
// the text, keys that are no strings become strings, documents that are empty or null are left out.
// Stricter than kubectl on purpose, where it drops something without a word: a duplicate key is an error, and
// so is text behind `...` without a `---`.
//
// Bounded: see the limits below. Bad input is an error with a line, never an exception. No I/O.
// Used by kube/manifests.h and cli/.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace modelgate::yaml {

/// A file. The largest object that an API server takes is 3 MiB.
inline constexpr std::size_t kMaxYamlBytes = 16U << 20;
/// Values that aliases may unfold to, in one document; that of spec::JsonLimits.
inline constexpr std::size_t kMaxYamlValues = 262'144;
/// Nesting, aliases included; that of spec::JsonLimits.
inline constexpr int kMaxYamlDepth = 128;

struct YamlError {
  int line = 0;         // counted from 1
  std::string message;  // starts in lower case, without the line
};

/// Where each value of a document stands in its file.
class YamlLines {
 public:
  /// The line of `path`, written as spec::FieldPath writes it ("spec.predictor.env[0].name",
  /// "metadata.labels[app]"), or of the nearest thing above it that is there. From 1; 0 where nothing is
  /// known (JSON).
  int at(std::string_view path) const;
  /// The line of `path` itself; 0 where the document has no such value.
  int exactly_at(std::string_view path) const;

 private:
  friend class YamlJson;
  struct Entry {
    std::uint32_t parent;
    int line;
    std::string name;  // a key, or an index in decimal
  };
  /// The entry of `path` and true, or of the nearest thing above it and false.
  std::pair<std::uint32_t, bool> find(std::string_view path) const;

  std::vector<Entry> entries_;  // in the order of the text, the root first
};

struct YamlDocument {
  std::string json;  // one JSON value; the members are in the order of the text
  int line = 1;      // of the first value in it
  YamlLines lines;
};

std::expected<std::vector<YamlDocument>, YamlError> read_yaml(std::string_view text);

}  // namespace modelgate::yaml
