// SPDX-License-Identifier: Apache-2.0
//
// Splits a template into texts and the tokens of its actions. Comments are skipped, trim markers are applied.
// Called by go_template_parser.cc.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "spec/go_template_tree.h"

namespace modelgate::spec {

struct TemplateToken {
  enum class Kind : std::uint8_t {
    kText,  // outside actions; may be empty
    kOpen,
    kClose,
    kEnd,
    kName,      // a function or keyword
    kField,     // ".Name": `text` is "Name"
    kDot,       // "."
    kVariable,  // "$x": `text` is "$x"
    kString,    // `text` is decoded
    kInteger,
    kPipe,
    kLeftParen,
    kRightParen,
    kDeclare,  // ":="
    kAssign,   // "="
    kError,    // `text` is the message
  };
  Kind kind = Kind::kEnd;
  std::size_t at = 0;
  std::string text = {};
  std::string_view view = {};  // of kText
  std::int64_t number = 0;
  bool spaced = false;  // blanks precede it
};

class TemplateLexer {
 public:
  /// `in_json`: see TemplateDialect.
  TemplateLexer(std::string_view text, bool in_json) : text_(text), in_json_(in_json) {}

  TemplateToken next();

 private:
  using Kind = TemplateToken::Kind;

  TemplateToken next_text();
  TemplateToken next_inside();
  bool skip_comment(std::optional<TemplateToken>& error);
  std::size_t close_at(std::size_t at) const;
  TemplateToken close(std::size_t length, bool trims);
  TemplateToken word(std::size_t start, Kind kind, std::size_t prefix);
  TemplateToken number();
  TemplateToken raw_string();
  TemplateToken quoted_string();
  TemplateToken symbol();
  TemplateToken take(Kind kind, std::size_t length);
  TemplateToken error(std::size_t at, std::string message) const;

  std::string_view text_;
  bool in_json_;
  std::size_t at_ = 0;
  bool inside_ = false;     // an action
  bool open_next_ = false;  // the text before an action was returned
  bool trim_next_ = false;  // the next text, on its left
};

}  // namespace modelgate::spec
