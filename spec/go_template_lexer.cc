// SPDX-License-Identifier: Apache-2.0
#include "spec/go_template_lexer.h"

#include <fmt/format.h>

#include <charconv>
#include <utility>

#include "spec/text/ascii.h"

namespace modelgate::spec {
namespace {

constexpr std::string_view kBlank = " \t\r\n";
constexpr std::string_view kOpen = "{{";
constexpr std::string_view kClose = "}}";
constexpr std::string_view kCommentOpen = "/*";
constexpr std::string_view kCommentClose = "*/";
constexpr std::string_view kUnclosed = R"(has "{{" without "}}")";

bool is_word(char c) {
  return text::is_letter(c) || text::is_digit(c) || c == '_';
}

bool is_blank_at(std::string_view text, std::size_t at) {
  return at < text.size() && kBlank.contains(text[at]);
}

/// "{{- " trims the text before it.
bool trims_left(std::string_view text, std::size_t open) {
  return open + 2 < text.size() && text[open + 2] == '-' && is_blank_at(text, open + 3);
}

std::string_view trimmed_left(std::string_view s) {
  const std::size_t first = s.find_first_not_of(kBlank);
  return first == std::string_view::npos ? std::string_view{} : s.substr(first);
}

std::string_view trimmed_right(std::string_view s) {
  return s.substr(0, s.find_last_not_of(kBlank) + 1);
}

/// The character that an escape in double quotes stands for.
std::optional<char> escaped(char c) {
  switch (c) {
    case 'n':
      return '\n';
    case 't':
      return '\t';
    case 'r':
      return '\r';
    case '\\':
    case '"':
      return c;
    default:
      return std::nullopt;
  }
}

}  // namespace

TemplateToken TemplateLexer::next() {
  return inside_ ? next_inside() : next_text();
}

TemplateToken TemplateLexer::error(std::size_t at, std::string message) const {
  return {.kind = Kind::kError, .at = at, .text = std::move(message)};
}

TemplateToken TemplateLexer::take(Kind kind, std::size_t length) {
  TemplateToken out{.kind = kind, .at = at_};
  at_ += length;
  return out;
}

TemplateToken TemplateLexer::next_text() {
  if (std::exchange(open_next_, false)) {
    std::optional<TemplateToken> wrong;
    const bool trims = trims_left(text_, at_);
    TemplateToken open = take(Kind::kOpen, trims ? 3 : 2);
    if (skip_comment(wrong)) return wrong ? std::move(*wrong) : next_text();
    inside_ = true;
    return open;
  }
  if (at_ >= text_.size()) return {.kind = Kind::kEnd, .at = at_};
  const std::size_t start = at_;
  const std::size_t open = text_.find(kOpen, at_);
  std::string_view literal = text_.substr(at_, open == std::string_view::npos ? open : open - at_);
  if (std::exchange(trim_next_, false)) literal = trimmed_left(literal);
  if (open != std::string_view::npos && trims_left(text_, open)) literal = trimmed_right(literal);
  open_next_ = open != std::string_view::npos;
  at_ = open_next_ ? open : text_.size();
  return {.kind = Kind::kText, .at = start, .view = literal};
}

/// The length of a closing delimiter with its trim marker; 0 if there is none.
std::size_t TemplateLexer::close_at(std::size_t at) const {
  if (text_.substr(at).starts_with(kClose)) return kClose.size();
  const bool trims = is_blank_at(text_, at) && at + 1 < text_.size() && text_[at + 1] == '-' &&
                     text_.substr(at + 2).starts_with(kClose);
  return trims ? kClose.size() + 2 : 0;
}

/// After "{{". True if there is a comment.
bool TemplateLexer::skip_comment(std::optional<TemplateToken>& wrong) {
  std::size_t at = at_;
  if (text_[at - 1] == '-') at = std::min(text_.find_first_not_of(kBlank, at), text_.size());
  if (!text_.substr(at).starts_with(kCommentOpen)) return false;
  const std::size_t end = text_.find(kCommentClose, at + kCommentOpen.size());
  const std::size_t length = end == std::string_view::npos ? 0 : close_at(end + kCommentClose.size());
  if (length == 0) {
    wrong = error(at, R"(a comment must end with "*/}}")");
    return true;
  }
  at_ = end + kCommentClose.size() + length;
  trim_next_ = length > kClose.size();
  return true;
}

TemplateToken TemplateLexer::close(std::size_t length, bool trims) {
  inside_ = false;
  trim_next_ = trims;
  return take(Kind::kClose, length);
}

TemplateToken TemplateLexer::next_inside() {
  const std::size_t start = at_;
  while (at_ < text_.size()) {
    if (const std::size_t length = close_at(at_)) return close(length, length > kClose.size());
    if (!is_blank_at(text_, at_)) break;
    ++at_;
  }
  if (at_ >= text_.size()) return error(start, std::string(kUnclosed));
  const bool spaced = at_ > start;
  const char c = text_[at_];
  const char after = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
  const bool minus = (c == '-' || c == '+') && text::is_digit(after);
  TemplateToken out;
  if (c == '`') {
    out = raw_string();
  } else if (c == '"') {
    out = quoted_string();
  } else if (text::is_digit(c) || minus) {
    out = number();
  } else if (c == '$') {
    out = word(at_, Kind::kVariable, 1);
  } else if (c == '.' && is_word(after) && !text::is_digit(after)) {
    out = word(at_, Kind::kField, 1);
  } else if (is_word(c)) {
    out = word(at_, Kind::kName, 0);
  } else {
    out = symbol();
  }
  out.spaced = spaced;
  return out;
}

TemplateToken TemplateLexer::word(std::size_t start, Kind kind, std::size_t prefix) {
  std::size_t end = start + prefix;
  while (end < text_.size() && is_word(text_[end])) ++end;
  TemplateToken out = take(kind, end - start);
  out.text = text_.substr(kind == Kind::kField ? start + prefix : start,
                          end - start - (kind == Kind::kField ? prefix : 0));
  return out;
}

TemplateToken TemplateLexer::number() {
  const std::size_t start = at_;
  std::size_t end = at_ + 1;
  while (end < text_.size() && (is_word(text_[end]) || text_[end] == '.')) ++end;
  std::string_view digits = text_.substr(start, end - start);
  if (digits.front() == '+') digits.remove_prefix(1);
  TemplateToken out = take(Kind::kInteger, end - start);
  const auto [rest, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), out.number);
  if (problem != std::errc{} || rest != digits.data() + digits.size())
    return error(start, fmt::format("{} is not supported; allowed are integers", digits));
  return out;
}

TemplateToken TemplateLexer::raw_string() {
  const std::size_t start = at_;
  const std::size_t end = text_.find('`', start + 1);
  if (end == std::string_view::npos) return error(start, "a text has no closing backquote");
  TemplateToken out = take(Kind::kString, end + 1 - start);
  out.text = text_.substr(start + 1, end - start - 1);
  return out;
}

TemplateToken TemplateLexer::quoted_string() {
  const std::size_t start = at_;
  if (in_json_)
    return error(start, "KServe cannot read a text in double quotes in a container; write it in backquotes");
  TemplateToken out{.kind = Kind::kString, .at = start};
  for (std::size_t i = start + 1; i < text_.size() && text_[i] != '\n'; ++i) {
    if (text_[i] == '"') {
      at_ = i + 1;
      return out;
    }
    if (text_[i] != '\\') {
      out.text += text_[i];
      continue;
    }
    const auto c = i + 1 < text_.size() ? escaped(text_[i + 1]) : std::nullopt;
    if (!c) return error(i, R"(an escape is not supported; allowed are \n, \t, \r, \\ and \")");
    out.text += *c;
    ++i;
  }
  return error(start, "a text has no closing quote");
}

TemplateToken TemplateLexer::symbol() {
  if (text_.substr(at_).starts_with(":=")) return take(Kind::kDeclare, 2);
  switch (text_[at_]) {
    case '|':
      return take(Kind::kPipe, 1);
    case '(':
      return take(Kind::kLeftParen, 1);
    case ')':
      return take(Kind::kRightParen, 1);
    case '=':
      return take(Kind::kAssign, 1);
    case '.':
      return take(Kind::kDot, 1);
    default:
      break;
  }
  // Without the character: it may be part of a longer one.
  if (text_[at_] == '-' || text_[at_] == '/')
    return error(at_,
                 fmt::format("'{}' is not allowed; a key that contains it is written as in {{{{index .Labels "
                             "`a{}b`}}}}",
                             text_[at_], text_[at_]));
  return error(at_, "this character is not allowed");
}

}  // namespace modelgate::spec
