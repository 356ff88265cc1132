// SPDX-License-Identifier: Apache-2.0
//
// A parsed template, and the values that its expressions have. Made by go_template_parser.h, evaluated by
// go_template.cc.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace modelgate::spec {

using TemplateMap = std::map<std::string, std::string, std::less<>>;

/// Views refer to the data, the template's text, or the evaluation.
struct TemplateValue {
  enum class Kind : std::uint8_t { kMissing, kBool, kInteger, kText, kMap, kRoot };
  Kind kind = Kind::kMissing;
  bool flag = false;
  std::int64_t number = 0;
  std::string_view text = {};  // of a missing value: its key
  const TemplateMap* map = nullptr;

  static TemplateValue of(std::string_view text) { return {.kind = Kind::kText, .text = text}; }
  static TemplateValue of(const TemplateMap& map) { return {.kind = Kind::kMap, .map = &map}; }
  static TemplateValue of_bool(bool flag) { return {.kind = Kind::kBool, .flag = flag}; }
  static TemplateValue of_integer(std::int64_t n) { return {.kind = Kind::kInteger, .number = n}; }
  static TemplateValue missing(std::string_view key) { return {.text = key}; }
};

enum class TemplateFunction : std::uint8_t {
  kAnd,
  kOr,
  kNot,
  kEq,
  kNe,
  kLt,
  kLe,
  kGt,
  kGe,
  kIndex,
  kLen,
  kSlice,
  kPrint,
  kPrintln,
  kPrintf,
};

struct TemplateExpression {
  enum class Kind : std::uint8_t { kConstant, kDot, kVariable, kField, kCall };
  /// What is known before the evaluation.
  enum class Type : std::uint8_t { kUnknown, kScalar, kMap, kRoot };

  Kind kind = Kind::kConstant;
  Type type = Type::kScalar;
  std::size_t at = 0;  // its offset in the template
  TemplateValue constant = {};
  std::string text = {};     // a constant's, or the field's name
  std::size_t variable = 0;  // its slot; 0 is the root, `$`
  TemplateFunction function = TemplateFunction::kAnd;
  std::vector<TemplateExpression> parts = {};  // the object of a field, the arguments of a call
};

struct TemplateNode {
  enum class Kind : std::uint8_t { kText, kPrint, kSet, kIf, kWith };
  Kind kind = Kind::kText;
  std::string_view text = {};  // of kText
  std::size_t action = 0;      // the offset of its "{{"
  TemplateExpression expression = {};
  std::optional<std::size_t> variable = std::nullopt;  // gets the expression's value
  std::vector<TemplateNode> then = {};
  std::vector<TemplateNode> otherwise = {};
};

struct TemplateTree {
  std::vector<TemplateNode> nodes;
  std::size_t variables = 1;
};

struct TemplateError {
  std::size_t at = 0;  // an offset in the template
  std::string text;
};

}  // namespace modelgate::spec
