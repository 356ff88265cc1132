// SPDX-License-Identifier: Apache-2.0
#include "spec/go_template_print.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "spec/text/ascii.h"

namespace modelgate::spec {
namespace {

using Kind = TemplateValue::Kind;

/// Wider than any name or number.
constexpr std::size_t kMaxWidth = 1024;

bool begins_character(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
}

/// At most that many characters of UTF-8.
std::string_view first_characters(std::string_view s, std::size_t most) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < s.size(); ++i) {
    if (begins_character(s[i]) && count++ == most) return s.substr(0, i);
  }
  return s;
}

std::string quoted(std::string_view s) {
  std::string out = "\"";
  for (const char c : s) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n' || c == '\t' || c == '\r') {
      out += c == '\n' ? "\\n" : c == '\t' ? "\\t" : "\\r";
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string hexadecimal(const TemplateValue& value, bool upper) {
  std::string out;
  if (value.kind == Kind::kInteger) {
    out = value.number < 0 ? fmt::format("-{:x}", 0 - static_cast<std::uint64_t>(value.number))
                           : fmt::format("{:x}", value.number);
  } else {
    for (const char c : value.text) out += fmt::format("{:02x}", static_cast<unsigned char>(c));
  }
  if (upper)
    std::ranges::transform(out, out.begin(), [](char c) { return c >= 'a' && c <= 'f' ? char(c - 32) : c; });
  return out;
}

struct Verb {
  char letter = 'v';
  bool left = false, zeros = false;
  std::size_t width = 0;
  std::optional<std::size_t> precision;
};

class Formatter {
 public:
  Formatter(std::string_view format, std::span<const TemplateValue> values)
      : format_(format), values_(values) {}

  std::expected<std::string, std::string> run(std::size_t most) {
    std::string out;
    std::size_t used = 0;
    while (at_ < format_.size()) {
      const std::size_t percent = std::min(format_.find('%', at_), format_.size());
      out += format_.substr(at_, percent - at_);
      at_ = percent + 1;
      if (percent == format_.size()) break;
      const std::optional<Verb> verb = read_verb();
      if (!verb) return std::unexpected("printf: a verb is not complete, or wider than 1024");
      if (verb->letter == '%') {
        out += '%';
        continue;
      }
      if (used == values_.size()) return std::unexpected("printf: the format has more verbs than values");
      auto text = formatted(*verb, values_[used++]);
      if (!text) return text;
      out += *text;
      if (out.size() > most) break;  // the caller reports it
    }
    if (out.size() <= most && used < values_.size())
      return std::unexpected("printf: the format has fewer verbs than values");
    return out;
  }

 private:
  std::optional<std::size_t> number() {
    std::size_t out = 0;
    for (; at_ < format_.size() && text::is_digit(format_[at_]); ++at_) {
      out = out * 10 + static_cast<std::size_t>(format_[at_] - '0');
      if (out > kMaxWidth) return std::nullopt;
    }
    return out;
  }

  std::optional<Verb> read_verb() {
    Verb out;
    for (; at_ < format_.size() && (format_[at_] == '-' || format_[at_] == '0'); ++at_)
      (format_[at_] == '-' ? out.left : out.zeros) = true;
    const auto width = number();
    if (!width) return std::nullopt;
    out.width = *width;
    if (at_ < format_.size() && format_[at_] == '.') {
      ++at_;
      out.precision = number();
      if (!out.precision) return std::nullopt;
    }
    if (at_ >= format_.size()) return std::nullopt;
    out.letter = format_[at_++];
    return out;
  }

  static std::expected<std::string, std::string> unpadded(const Verb& verb, const TemplateValue& value) {
    const auto wrong = [&](std::string_view needs) {
      return std::unexpected(fmt::format("printf: %{} needs {}", verb.letter, needs));
    };
    const bool is_text = value.kind == Kind::kText;
    if (value.kind == Kind::kMissing && verb.letter != 'v') return fmt::format("%!{}(<nil>)", verb.letter);
    switch (verb.letter) {
      case 'v':
      case 's':
        if (verb.letter == 's' && (value.kind == Kind::kInteger || value.kind == Kind::kBool))
          return wrong("a text");
        if (is_text && verb.precision) return std::string(first_characters(value.text, *verb.precision));
        return shown_value(value);
      case 'q':
        if (!is_text) return wrong("a text");
        return quoted(verb.precision ? first_characters(value.text, *verb.precision) : value.text);
      case 'd':
        if (value.kind != Kind::kInteger) return wrong("an integer");
        return shown_value(value);
      case 'x':
      case 'X':
        if (value.kind != Kind::kInteger && !is_text) return wrong("an integer or a text");
        return hexadecimal(value, verb.letter == 'X');
      case 't':
        if (value.kind != Kind::kBool) return wrong("true or false");
        return shown_value(value);
      default:
        return std::unexpected(
            "printf: a verb is not supported; allowed are %s, %v, %q, %d, %x, %X, %t and %%");
    }
  }

  static std::expected<std::string, std::string> formatted(const Verb& verb, const TemplateValue& value) {
    auto out = unpadded(verb, value);
    if (!out) return out;
    const auto size = static_cast<std::size_t>(std::ranges::count_if(*out, begins_character));
    if (size >= verb.width) return out;
    const std::size_t missing = verb.width - size;
    if (verb.left) return out->append(missing, ' ');
    if (!verb.zeros) return out->insert(0, missing, ' ');
    const bool sign = value.kind == Kind::kInteger && out->starts_with('-');
    return out->insert(sign ? 1 : 0, missing, '0');
  }

  std::string_view format_;
  std::span<const TemplateValue> values_;
  std::size_t at_ = 0;
};

}  // namespace

std::string shown_value(const TemplateValue& value) {
  switch (value.kind) {
    case Kind::kBool:
      return value.flag ? "true" : "false";
    case Kind::kInteger:
      return fmt::format("{}", value.number);
    case Kind::kText:
      return std::string(value.text);
    default:
      return "<nil>";
  }
}

std::string print_values(std::span<const TemplateValue> values) {
  std::string out;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto is_text = [&](std::size_t n) { return values[n].kind == Kind::kText; };
    if (i > 0 && !is_text(i) && !is_text(i - 1)) out += ' ';
    out += shown_value(values[i]);
  }
  return out;
}

std::string print_line(std::span<const TemplateValue> values) {
  std::string out;
  for (const TemplateValue& v : values) out += (out.empty() ? "" : " ") + shown_value(v);
  return out + "\n";
}

std::expected<std::string, std::string> print_format(std::string_view format,
                                                     std::span<const TemplateValue> values,
                                                     std::size_t most) {
  return Formatter(format, values).run(most);
}

std::string escape_html(std::string_view text) {
  constexpr std::pair<char, std::string_view> kEscapes[] = {{'"', "&#34;"},  {'&', "&amp;"}, {'\'', "&#39;"},
                                                            {'+', "&#43;"},  {'<', "&lt;"},  {'>', "&gt;"},
                                                            {'\0', "\uFFFD"}};
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    const auto* escape = std::ranges::find(kEscapes, c, &std::pair<char, std::string_view>::first);
    if (escape == std::end(kEscapes)) {
      out += c;
    } else {
      out += escape->second;
    }
  }
  return out;
}

}  // namespace modelgate::spec
