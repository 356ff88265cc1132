// SPDX-License-Identifier: Apache-2.0
#include "spec/go_template_parser.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <utility>

#include "spec/go_template_lexer.h"
#include "spec/spelling.h"
#include "spec/text/utf8.h"

namespace modelgate::spec {
namespace {

using Expression = TemplateExpression;
using Function = TemplateFunction;
using Kind = TemplateToken::Kind;
using Node = TemplateNode;
using Type = TemplateExpression::Type;

struct KnownFunction {
  std::string_view name;
  Function function;
  std::size_t least;
  std::size_t most;
  Type type = Type::kScalar;
};

constexpr std::size_t kAny = kMaxTemplateTokens;
constexpr std::array kFunctions = std::to_array<KnownFunction>({
    {"and", Function::kAnd, 1, kAny, Type::kUnknown},
    {"eq", Function::kEq, 2, kAny},
    {"ge", Function::kGe, 2, 2},
    {"gt", Function::kGt, 2, 2},
    {"index", Function::kIndex, 2, 2},
    {"le", Function::kLe, 2, 2},
    {"len", Function::kLen, 1, 1},
    {"lt", Function::kLt, 2, 2},
    {"ne", Function::kNe, 2, 2},
    {"not", Function::kNot, 1, 1},
    {"or", Function::kOr, 1, kAny, Type::kUnknown},
    {"print", Function::kPrint, 0, kAny},
    {"printf", Function::kPrintf, 1, kAny},
    {"println", Function::kPrintln, 0, kAny},
    {"slice", Function::kSlice, 1, 3},
});
constexpr std::array<std::string_view, 7> kUnsupported = {"range", "define",   "template", "block",
                                                          "break", "continue", "nil"};

std::vector<std::string_view> function_names() {
  std::vector<std::string_view> out;
  for (const KnownFunction& f : kFunctions) out.push_back(f.name);
  return out;
}

std::string shown(std::string_view word) {
  constexpr std::size_t kMaxBytes = 64;
  return fmt::format("\"{}\"", text::truncate(word, kMaxBytes));
}

std::string did_you_mean(std::string_view word, std::span<const std::string_view> known,
                         std::string_view prefix) {
  const auto near = nearest(word, known);
  return near ? fmt::format(" (did you mean {}{}?)", prefix, *near) : std::string();
}

bool begins_operand(Kind kind) {
  constexpr std::array kOperands = {Kind::kName,   Kind::kField,   Kind::kDot,      Kind::kVariable,
                                    Kind::kString, Kind::kInteger, Kind::kLeftParen};
  return std::ranges::find(kOperands, kind) != kOperands.end();
}

/// Recursive descent. The first error stops it: `error_` is set, and the rest of the text is not read.
class Parser {
 public:
  Parser(std::string_view text, const TemplateDialect& dialect)
      : lexer_(text, dialect.in_json), dialect_(dialect) {
    advance();
  }

  std::expected<TemplateTree, TemplateError> run() {
    TemplateTree out{.nodes = list(0)};
    if (!error_ && ended_by_) fail(ended_at_, fmt::format("{{{{{}}}}} has no block", *ended_by_));
    if (error_) return std::unexpected(std::move(*error_));
    out.variables = types_.size();
    return out;
  }

 private:
  // Tokens.

  void advance() {
    token_ = error_ ? TemplateToken{} : lexer_.next();
    if (++tokens_ > kMaxTemplateTokens)
      fail(token_.at, fmt::format("must not have more than {} parts", kMaxTemplateTokens));
    if (token_.kind == Kind::kError) fail(token_.at, token_.text);
  }

  TemplateToken taken() {
    TemplateToken out = std::move(token_);
    advance();
    return out;
  }

  void fail(std::size_t at, std::string text) {
    if (!error_) error_ = TemplateError{at, std::move(text)};
    token_ = {};  // the end
  }

  bool is(Kind kind) const { return token_.kind == kind; }
  bool is_name(std::string_view name) const { return is(Kind::kName) && token_.text == name; }

  bool too_deep(std::size_t depth) {
    if (depth <= kMaxTemplateDepth) return false;
    fail(token_.at, fmt::format("must not be nested more than {} levels deep", kMaxTemplateDepth));
    return true;
  }

  // Blocks.

  /// Until the end, or an action that ends the block: that one is in `ended_by_`.
  std::vector<Node> list(std::size_t depth) {
    std::vector<Node> out;
    ended_by_.reset();
    while (!error_ && !is(Kind::kEnd)) {
      if (is(Kind::kText)) {
        out.push_back({.kind = Node::Kind::kText, .text = token_.view});
        advance();
        continue;
      }
      const std::size_t action = token_.at;
      advance();
      if (is_name("end") || is_name("else")) {
        ended_at_ = action;
        ended_by_ = taken().text;
        return out;
      }
      out.push_back(node(action, depth));
    }
    return out;
  }

  Node node(std::size_t action, std::size_t depth) {
    if (is_name("if") || is_name("with")) return branch(action, depth + 1);
    if (is(Kind::kName) && std::ranges::find(kUnsupported, token_.text) != kUnsupported.end()) {
      fail(token_.at, fmt::format("{} is not supported", shown(token_.text)));
      return {};
    }
    Node out{.kind = Node::Kind::kPrint, .action = action};
    out.variable = declaration(out.expression, depth);
    if (out.variable) out.kind = Node::Kind::kSet;
    if (!out.variable && out.expression.type == Type::kMap)
      fail(out.expression.at, fmt::format("needs a key, such as .{}.team", out.expression.text));
    if (!out.variable && out.expression.type == Type::kRoot)
      fail(out.expression.at, "needs a field, such as .Name");
    close();
    return out;
  }

  void close() {
    if (error_) return;
    if (!is(Kind::kClose)) return fail(token_.at, R"(expected "}}")");
    advance();
  }

  Node branch(std::size_t action, std::size_t depth) {
    if (too_deep(depth)) return {};
    const bool is_with = taken().text == "with";
    Node out{.kind = is_with ? Node::Kind::kWith : Node::Kind::kIf, .action = action};
    const std::size_t scope = names_.size();
    out.variable = declaration(out.expression, depth);
    close();
    const Type dot = std::exchange(dot_, is_with ? out.expression.type : dot_);
    out.then = block(depth);
    dot_ = dot;
    if (!error_ && ended_by_ == "else") out.otherwise = otherwise(action, is_with, depth);
    if (!error_ && ended_by_ != "end") fail(action, "has no {{end}}");
    ended_by_.reset();
    names_.resize(scope);
    return out;
  }

  std::vector<Node> block(std::size_t depth) {
    const std::size_t scope = names_.size();
    std::vector<Node> out = list(depth);
    names_.resize(std::min(scope, names_.size()));
    if (ended_by_ == "end") close();
    return out;
  }

  /// After "else". `{{else if x}}` is a block of its own, whose end is the end of both.
  std::vector<Node> otherwise(std::size_t action, bool is_with, std::size_t depth) {
    if (is_name(is_with ? "with" : "if")) {
      std::vector<Node> out;
      out.push_back(branch(action, depth + 1));
      ended_by_ = "end";
      return out;
    }
    close();
    return block(depth);
  }

  // Pipelines.

  /// `$x := pipeline`, `$x = pipeline` or a pipeline. The slot of the variable, if there is one.
  std::optional<std::size_t> declaration(Expression& out, std::size_t depth) {
    if (!is(Kind::kVariable)) {
      out = pipeline(depth);
      return std::nullopt;
    }
    const TemplateToken name = taken();
    if (!is(Kind::kDeclare) && !is(Kind::kAssign)) {
      out = pipeline_from(chain(variable(name), depth), depth);
      return std::nullopt;
    }
    const bool declares = taken().kind == Kind::kDeclare;
    std::size_t slot = declares ? 0 : variable(name).variable;
    if (name.text == "$") fail(name.at, "\"$\" cannot be set");
    out = pipeline(depth);
    if (declares) {
      slot = types_.size();
      types_.push_back(out.type);
      names_.emplace_back(name.text, slot);
    } else if (slot < types_.size() && types_[slot] != out.type) {
      types_[slot] = Type::kUnknown;
    }
    return slot;
  }

  Expression pipeline(std::size_t depth) {
    if (too_deep(depth)) return {};
    if (is(Kind::kClose)) fail(token_.at, "needs a value");
    return pipeline_from(operand(depth, true), depth);
  }

  /// The value before a `|` is the last argument of the function after it.
  Expression pipeline_from(Expression first, std::size_t depth) {
    Expression out = std::move(first);
    if (begins_operand(token_.kind)) fail(token_.at, "only a function has arguments");
    while (is(Kind::kPipe) && !error_) {
      if (too_deep(++depth)) return {};
      advance();
      if (!is(Kind::kName)) {
        fail(token_.at, "expected a function after \"|\"");
        return {};
      }
      Expression last = std::move(out);
      out = call(depth, &last);
    }
    return out;
  }

  Expression operand(std::size_t depth, bool with_arguments) {
    const std::size_t at = token_.at;
    switch (token_.kind) {
      case Kind::kName:
        return name(depth, with_arguments);
      case Kind::kDot: {
        advance();
        return {.kind = Expression::Kind::kDot, .type = dot_, .at = at};
      }
      case Kind::kField: {
        Expression dot{.kind = Expression::Kind::kDot, .type = dot_, .at = at};
        token_.spaced = false;
        return chain(std::move(dot), depth);
      }
      case Kind::kVariable:
        return chain(variable(taken()), depth);
      case Kind::kString:
        return {.at = at, .constant = {.kind = TemplateValue::Kind::kText}, .text = taken().text};
      case Kind::kInteger:
        return {.at = at, .constant = TemplateValue::of_integer(taken().number)};
      case Kind::kLeftParen:
        return parenthesized(depth);
      default:
        fail(at, "expected a value");
        return {};
    }
  }

  Expression parenthesized(std::size_t depth) {
    const std::size_t at = taken().at;
    Expression out = pipeline(depth + 1);
    if (!error_ && !is(Kind::kRightParen)) fail(at, "a parenthesis is not closed");
    advance();
    return chain(std::move(out), depth);
  }

  /// ".a.b" after an operand, without blanks.
  Expression chain(Expression object, std::size_t depth) {
    while (is(Kind::kField) && !token_.spaced && !error_) {
      if (too_deep(++depth)) return {};
      const TemplateToken name = taken();
      Expression field{.kind = Expression::Kind::kField, .at = name.at, .text = name.text};
      field.type = type_of_field(object, name);
      field.parts.push_back(std::move(object));
      object = std::move(field);
    }
    return object;
  }

  Type type_of_field(const Expression& object, const TemplateToken& name) {
    if (object.type == Type::kUnknown) return Type::kUnknown;
    if (object.type == Type::kMap) return Type::kScalar;
    if (object.type == Type::kScalar) {
      fail(name.at,
           object.text.empty() ? "a text has no fields" : fmt::format(".{} has no fields", object.text));
      return Type::kScalar;
    }
    const auto field = std::ranges::find(dialect_.fields, name.text, &TemplateField::name);
    if (field != dialect_.fields.end()) return field->is_map ? Type::kMap : Type::kScalar;
    std::vector<std::string_view> known;
    for (const TemplateField& f : dialect_.fields) known.push_back(f.name);
    fail(name.at, fmt::format("{} is not a field; allowed are .{}{}", shown("." + name.text),
                              fmt::join(known, ", ."), did_you_mean(name.text, known, ".")));
    return Type::kScalar;
  }

  Expression variable(const TemplateToken& name) {
    Expression out{.kind = Expression::Kind::kVariable, .type = Type::kRoot, .at = name.at};
    if (name.text == "$") return out;
    const auto it = std::ranges::find(names_.rbegin(), names_.rend(), name.text,
                                      [](const auto& entry) -> const std::string& { return entry.first; });
    if (it == names_.rend()) {
      fail(name.at, fmt::format("the variable {} is not set", shown(name.text)));
      return out;
    }
    out.variable = it->second;
    out.type = types_[it->second];
    return out;
  }

  Expression name(std::size_t depth, bool with_arguments) {
    if (is_name("true") || is_name("false"))
      return {.at = token_.at, .constant = TemplateValue::of_bool(taken().text == "true")};
    return call(depth, nullptr, with_arguments);
  }

  Expression call(std::size_t depth, Expression* last, bool with_arguments = true) {
    const TemplateToken name = taken();
    const auto known = std::ranges::find(kFunctions, name.text, &KnownFunction::name);
    if (known == kFunctions.end()) {
      if (!error_) fail(name.at, unknown_function(name.text));
      return {};
    }
    Expression out{
        .kind = Expression::Kind::kCall, .type = known->type, .at = name.at, .function = known->function};
    while (with_arguments && begins_operand(token_.kind) && !error_)
      out.parts.push_back(operand(depth + 1, false));
    if (last) out.parts.push_back(std::move(*last));
    if (!error_ && (out.parts.size() < known->least || out.parts.size() > known->most)) {
      fail(name.at,
           fmt::format("{} has {} arguments, allowed are {}", shown(name.text), out.parts.size(),
                       known->most == kAny           ? fmt::format("{} or more", known->least)
                       : known->least == known->most ? fmt::format("{}", known->least)
                                                     : fmt::format("{} to {}", known->least, known->most)));
    }
    return out;
  }

  std::string unknown_function(std::string_view word) const {
    const std::vector<std::string_view> names = function_names();
    std::string_view near;
    for (const TemplateField& f : dialect_.fields) {
      if (f.name == word) near = f.name;
    }
    return fmt::format(
        "{} is not a function; allowed are {}{}", shown(word), fmt::join(names, ", "),
        near.empty() ? did_you_mean(word, names, "") : fmt::format(" (did you mean .{}?)", near));
  }

  TemplateLexer lexer_;
  TemplateDialect dialect_;
  TemplateToken token_;
  std::size_t tokens_ = 0;
  std::optional<TemplateError> error_;
  std::optional<std::string> ended_by_;  // "end" or "else"
  std::size_t ended_at_ = 0;
  Type dot_ = Type::kRoot;
  std::vector<std::pair<std::string, std::size_t>> names_;  // variables in scope, and their slots
  std::vector<Type> types_ = {Type::kRoot};                 // by slot
};

}  // namespace

std::expected<TemplateTree, TemplateError> parse_template_tree(std::string_view text,
                                                               const TemplateDialect& dialect) {
  return Parser(text, dialect).run();
}

}  // namespace modelgate::spec
