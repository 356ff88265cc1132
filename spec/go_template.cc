// SPDX-License-Identifier: Apache-2.0
#include "spec/go_template.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>

#include "spec/go_template_print.h"
#include "spec/text/utf8.h"

namespace modelgate::spec {
namespace {

using Expression = TemplateExpression;
using Function = TemplateFunction;
using Kind = TemplateValue::Kind;
using Node = TemplateNode;
using Value = TemplateValue;

constexpr std::string_view kNoValue = "<no value>";

bool is_true(const Value& v) {
  switch (v.kind) {
    case Kind::kBool:
      return v.flag;
    case Kind::kInteger:
      return v.number != 0;
    case Kind::kText:
      return !v.text.empty();
    case Kind::kMap:
      return !v.map->empty();
    case Kind::kRoot:
      return true;
    case Kind::kMissing:
      return false;
  }
  return false;
}

/// The first error stops it: `error_` is set, and all further results are ignored.
class Expansion {
 public:
  Expansion(const TemplateData& data, const ExpandOptions& options, std::size_t& budget,
            std::size_t variables)
      : data_(data), options_(options), budget_(budget), variables_(variables) {
    variables_.front() = Value{.kind = Kind::kRoot};
  }

  std::expected<std::string, TemplateError> run(const std::vector<Node>& nodes) {
    write(nodes, variables_.front());
    if (error_) return std::unexpected(std::move(*error_));
    return std::move(out_);
  }

 private:
  Value fail(std::size_t at, std::string text) {
    if (!error_) error_ = TemplateError{at, std::move(text)};
    return {};
  }

  /// For each byte that is produced or compared. False after an error.
  bool spend(std::size_t at, std::size_t bytes) {
    if (error_) return false;
    if (bytes > budget_) {
      fail(at, fmt::format("the values of all templates must have at most {} bytes", kMaxExpandedBytes));
      return false;
    }
    budget_ -= bytes;
    return true;
  }

  /// Owned by this object.
  Value made(std::size_t at, std::string text) {
    if (!spend(at, text.size())) return {};
    return Value::of(texts_.emplace_back(std::move(text)));
  }

  // Nodes.

  void write(const std::vector<Node>& nodes, const Value& dot) {
    for (const Node& n : nodes) {
      if (error_) return;
      write(n, dot);
    }
  }

  void write(const Node& n, const Value& dot) {
    if (n.kind == Node::Kind::kText) {
      out_ += n.text;
      return;
    }
    const Value value = evaluate(n.expression, dot);
    if (error_) return;
    if (n.variable) variables_[*n.variable] = value;
    if (n.kind == Node::Kind::kSet) return;
    if (n.kind == Node::Kind::kPrint) return print(n, value);
    const bool yes = is_true(value);
    write(yes ? n.then : n.otherwise, yes && n.kind == Node::Kind::kWith ? value : dot);
  }

  void print(const Node& n, const Value& value) {
    if (value.kind == Kind::kMap || value.kind == Kind::kRoot) {
      fail(n.expression.at, "needs a key, such as .Labels.team");
      return;
    }
    if (!may_be_written(n.expression.at, value)) return;
    // An escape has at most five bytes.
    if (options_.as_html && !spend(n.expression.at, value.text.size())) return;
    std::string text =
        value.kind == Kind::kMissing ? std::string(options_.as_html ? "" : kNoValue) : shown_value(value);
    if (options_.as_html) text = escape_html(text);
    if (spend(n.expression.at, text.size())) out_ += text;
  }

  bool may_be_written(std::size_t at, const Value& value) {
    if (value.kind != Kind::kMissing || !options_.strict) return true;
    fail(at, fmt::format("the service has no \"{}\"", value.text));
    return false;
  }

  // Expressions.

  Value evaluate(const Expression& e, const Value& dot) {
    if (error_) return {};
    switch (e.kind) {
      case Expression::Kind::kConstant:
        return e.constant.kind == Kind::kText ? Value::of(e.text) : e.constant;
      case Expression::Kind::kDot:
        return dot;
      case Expression::Kind::kVariable:
        return variables_[e.variable];
      case Expression::Kind::kField:
        return field(e, evaluate(e.parts.front(), dot));
      case Expression::Kind::kCall:
        return call(e, dot);
    }
    return {};
  }

  Value field(const Expression& e, const Value& object) {
    if (object.kind == Kind::kMap) {
      const auto it = object.map->find(e.text);
      return it == object.map->end() ? Value::missing(e.text) : Value::of(it->second);
    }
    if (object.kind == Kind::kRoot) {
      const auto it = std::ranges::find(data_, std::string_view(e.text), &TemplateData::value_type::first);
      if (it != data_.end()) return it->second;
    }
    return fail(e.at, fmt::format(".{} is not a field of this value", e.text));
  }

  Value call(const Expression& e, const Value& dot) {
    if (e.function == Function::kAnd || e.function == Function::kOr) return logic(e, dot);
    std::vector<Value> args;
    for (const Expression& part : e.parts) args.push_back(evaluate(part, dot));
    if (error_) return {};
    switch (e.function) {
      case Function::kNot:
        return Value::of_bool(!is_true(args[0]));
      case Function::kEq:
        return Value::of_bool(std::ranges::any_of(args.begin() + 1, args.end(),
                                                  [&](const Value& v) { return equal(e.at, args[0], v); }));
      case Function::kNe:
        return Value::of_bool(!equal(e.at, args[0], args[1]));
      case Function::kIndex:
        return index(e.at, args[0], args[1]);
      case Function::kLen:
        return length(e.at, args[0]);
      case Function::kSlice:
        return slice(e.at, args);
      case Function::kPrint:
      case Function::kPrintln:
      case Function::kPrintf:
        return printed(e, args);
      default:
        return Value::of_bool(ordered(e, args[0], args[1]));
    }
  }

  /// The argument that decides, or the last one.
  Value logic(const Expression& e, const Value& dot) {
    Value out;
    for (const Expression& part : e.parts) {
      out = evaluate(part, dot);
      if (is_true(out) == (e.function == Function::kOr)) break;
    }
    return out;
  }

  bool equal(std::size_t at, const Value& a, const Value& b) {
    if (a.kind == Kind::kMissing || b.kind == Kind::kMissing) return a.kind == b.kind;
    if (a.kind != b.kind || a.kind == Kind::kMap || a.kind == Kind::kRoot) {
      fail(at, "values of these types cannot be compared");
      return false;
    }
    if (a.kind == Kind::kBool) return a.flag == b.flag;
    if (a.kind == Kind::kInteger) return a.number == b.number;
    return a.text.size() == b.text.size() && spend(at, a.text.size()) && a.text == b.text;
  }

  bool ordered(const Expression& e, const Value& a, const Value& b) {
    const bool texts = a.kind == Kind::kText && b.kind == Kind::kText;
    const bool numbers = a.kind == Kind::kInteger && b.kind == Kind::kInteger;
    if (!texts && !numbers) {
      fail(e.at, "values of these types have no order");
      return false;
    }
    if (texts && !spend(e.at, std::min(a.text.size(), b.text.size()))) return false;
    const auto order = texts ? a.text <=> b.text : a.number <=> b.number;
    switch (e.function) {
      case Function::kLt:
        return order < 0;
      case Function::kLe:
        return order <= 0;
      case Function::kGt:
        return order > 0;
      default:
        return order >= 0;
    }
  }

  /// A missing key is an empty text.
  Value index(std::size_t at, const Value& map, const Value& key) {
    if (map.kind != Kind::kMap) return fail(at, "index needs .Labels or .Annotations");
    if (key.kind != Kind::kText) return fail(at, "index needs the key as a text");
    const auto it = map.map->find(key.text);
    return Value::of(it == map.map->end() ? std::string_view{} : std::string_view(it->second));
  }

  Value length(std::size_t at, const Value& v) {
    if (v.kind == Kind::kText) return Value::of_integer(static_cast<std::int64_t>(v.text.size()));
    if (v.kind == Kind::kMap) return Value::of_integer(static_cast<std::int64_t>(v.map->size()));
    return fail(at, "len needs a text, .Labels or .Annotations");
  }

  Value slice(std::size_t at, const std::vector<Value>& args) {
    if (args[0].kind != Kind::kText) return fail(at, "slice needs a text");
    const auto size = static_cast<std::int64_t>(args[0].text.size());
    std::int64_t bounds[2] = {0, size};
    for (std::size_t i = 1; i < args.size(); ++i) {
      if (args[i].kind != Kind::kInteger) return fail(at, "slice needs integers");
      bounds[i - 1] = args[i].number;
    }
    if (bounds[0] < 0 || bounds[1] > size || bounds[0] > bounds[1])
      return fail(at, fmt::format("slice is out of range: the text has {} bytes", size));
    return Value::of(args[0].text.substr(static_cast<std::size_t>(bounds[0]),
                                         static_cast<std::size_t>(bounds[1] - bounds[0])));
  }

  Value printed(const Expression& e, const std::vector<Value>& args) {
    std::size_t bytes = 0;
    for (const Value& v : args) {
      if (v.kind == Kind::kMap || v.kind == Kind::kRoot)
        return fail(e.at, "needs a key, such as .Labels.team");
      if (!may_be_written(e.at, v)) return {};
      bytes += v.text.size();
    }
    // Before they are copied.
    if (!spend(e.at, bytes)) return {};
    if (e.function == Function::kPrint) return made(e.at, print_values(args));
    if (e.function == Function::kPrintln) return made(e.at, print_line(args));
    if (args[0].kind != Kind::kText) return fail(e.at, "printf needs a format");
    auto text = print_format(args[0].text, std::span(args).subspan(1), budget_);
    return text ? made(e.at, std::move(*text)) : fail(e.at, std::move(text.error()));
  }

  const TemplateData& data_;
  const ExpandOptions& options_;
  std::size_t& budget_;
  std::vector<Value> variables_;
  std::deque<std::string> texts_;
  std::string out_;
  std::optional<TemplateError> error_;
};

/// "{{upper .Name}} at character 7: ...". Only the action is shown.
std::string message(std::string_view text, const TemplateError& error) {
  constexpr std::size_t kMaxBytes = 64;
  if (error.text.starts_with(R"(has "{{")")) return error.text;
  const std::size_t open = text.substr(0, error.at + 2).rfind("{{");
  if (open == std::string_view::npos) return error.text;
  const std::size_t close = std::min(text.find("}}", error.at), text.size());
  std::string_view action = text.substr(open + 2, close - open - 2);
  const auto before = text.substr(0, error.at);
  const auto position =
      std::ranges::count_if(before, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; });
  return fmt::format("{{{{{}}}}} at character {}: {}", text::truncate(action, kMaxBytes), position + 1,
                     error.text);
}

}  // namespace

std::expected<GoTemplate, std::string> GoTemplate::parse(std::string_view text,
                                                         const TemplateDialect& dialect) {
  auto tree = parse_template_tree(text, dialect);
  if (!tree) return std::unexpected(message(text, tree.error()));
  return GoTemplate(text, std::move(*tree));
}

std::expected<std::string, std::string> GoTemplate::expand(const TemplateData& data,
                                                           const ExpandOptions& options,
                                                           std::size_t& budget) const {
  auto out = Expansion(data, options, budget, tree_.variables).run(tree_.nodes);
  if (!out) return std::unexpected(message(text_, out.error()));
  return std::move(*out);
}

}  // namespace modelgate::spec
