// SPDX-License-Identifier: Apache-2.0
//
// yaml-cpp accepts some texts that libyaml, and so kubectl, rejects: a quoted string that does not end, tabs
// as indentation, nothing between two commas. They are rejected here, by a check of the source at the mark of
// an event. Found by fuzzing against go-yaml.
#include "yaml/yaml_tree.h"

#include <fmt/format.h>
#include <yaml-cpp/depthguard.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <optional>
#include <sstream>
#include <unordered_map>
#include <utility>

#include "spec/text/ascii.h"

namespace modelgate::yaml {
namespace {

constexpr std::string_view kBlank = " \t\n";

/// The text of one document, accessed by the offsets of the parser's marks.
class Source {
 public:
  explicit Source(std::string_view text) : text_(text) {}

  char at(std::size_t i) const { return i < text_.size() ? text_[i] : '\0'; }

  /// The offset of the content of a node, after its anchor and its tag.
  std::size_t content(std::size_t i) const {
    while (at(i) == '&' || at(i) == '!') {
      i = std::min(text_.find_first_of(kBlank, i), text_.size());
      i = std::min(text_.find_first_not_of(kBlank, i), text_.size());
    }
    return i;
  }

  bool quoted_string_ends(std::size_t i) const {
    const char quote = at(i);
    for (++i; i < text_.size(); ++i) {
      if (text_[i] == '\\' && quote == '"') {
        ++i;
      } else if (text_[i] == quote) {
        const bool doubled = quote == '\'' && at(i + 1) == quote;
        if (!doubled) return true;
        ++i;
      }
    }
    return false;
  }

  /// True if the line has only blanks and block indicators before `i`, and a tab among them.
  bool indented_by_tab(std::size_t i) const {
    const std::size_t newline = i == 0 ? std::string_view::npos : text_.rfind('\n', i - 1);
    const std::size_t start = newline == std::string_view::npos ? 0 : newline + 1;
    const std::string_view before = text_.substr(start, i - start);
    return before.find('\t') != std::string_view::npos &&
           before.find_first_not_of(" \t-?") == std::string_view::npos;
  }

  /// The number of line feeds at the end of a `>+` block, which retains empty lines; yaml-cpp counts one.
  std::size_t trailing_line_feeds(std::size_t i) const {
    std::size_t row = text_.find('\n', i);
    std::size_t indent = 0;
    std::size_t feeds = 1;
    while (row != std::string_view::npos && row + 1 < text_.size()) {
      ++row;
      const std::size_t first = std::min(text_.find_first_not_of(' ', row), text_.size());
      if (at(first) == '\n') {
        ++feeds;
      } else if (indent != 0 && first - row < indent) {
        break;
      } else {
        if (indent == 0) indent = first - row;
        feeds = 1;
      }
      row = text_.find('\n', row);
    }
    return feeds;
  }

 private:
  std::string_view text_;
};

/// Collects the parser's events into a tree.
class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(std::string_view text, int first_line) : source_(text), first_line_(first_line) {}

  std::expected<YamlTree, YamlError> take() {
    if (error_) return std::unexpected(std::move(*error_));
    return std::move(tree_);
  }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const bool in_list = !open_.empty() && tree_.nodes[open_.back().id].kind == YamlNode::Kind::kSequence;
    if (in_list && open_.back().flow && source_.at(offset(mark)) == ',') {
      reject(mark, "a value is missing before the comma");
    }
    add(mark, anchor, {.kind = YamlNode::Kind::kScalar, .plain = true});
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    add(mark, YAML::NullAnchor, {.kind = YamlNode::Kind::kAlias, .target = anchors_.at(anchor)});
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    YamlNode node{.plain = tag == "?", .tag = explicit_tag(mark, tag), .text = value};
    check_scalar(mark, node);
    add(mark, anchor, std::move(node));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override {
    open(mark, anchor, {.kind = YamlNode::Kind::kSequence, .tag = explicit_tag(mark, tag)}, style);
  }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override {
    open(mark, anchor, {.kind = YamlNode::Kind::kMap, .tag = explicit_tag(mark, tag)}, style);
  }
  void OnSequenceEnd() override { open_.pop_back(); }
  void OnMapEnd() override { open_.pop_back(); }

 private:
  struct Open {
    NodeId id;
    bool flow;  // this collection or one around it is in brackets
  };

  static std::size_t offset(const YAML::Mark& mark) {
    return static_cast<std::size_t>(std::max(mark.pos, 0));
  }

  void reject(const YAML::Mark& mark, std::string message) {
    if (!error_) error_ = YamlError{first_line_ + mark.line, std::move(message)};
  }

  /// Empty if there is none. yaml-cpp reports "?" for no tag and "!" for quotes.
  std::string explicit_tag(const YAML::Mark& mark, const std::string& tag) {
    if (tag == "?" || tag == "!") return {};
    if (tag.starts_with('!') && tag.find('!', 1) != std::string::npos) {
      reject(mark, fmt::format("tag {} has an undeclared handle", tag));
    }
    return tag;
  }

  void check_scalar(const YAML::Mark& mark, YamlNode& node) {
    const std::size_t at = source_.content(offset(mark));
    const char first = source_.at(at);
    const bool styled = !node.plain;  // quoted, a block scalar, or plain with a tag
    if (styled && (first == '"' || first == '\'') && !source_.quoted_string_ends(at)) {
      reject(mark, "a quoted string that does not end");
    }
    if (styled && first == '>' && source_.at(at + 1) == '+' && node.text.ends_with('\n')) {
      node.text.erase(node.text.find_last_not_of('\n') + 1);
      node.text.append(source_.trailing_line_feeds(at), '\n');
    }
    if (!is_flow_key() || styled) return;
    const std::size_t colon = at + node.text.size();
    if (source_.at(colon) == ':' && std::string_view(",]}").contains(source_.at(colon + 1))) {
      reject(mark, fmt::format("a blank is missing after \"{}:\"", node.text));
    }
  }

  /// True if the next scalar is a key of a map in braces, or of a map within brackets.
  bool is_flow_key() const {
    if (open_.empty() || !open_.back().flow) return false;
    const YamlNode& parent = tree_.nodes[open_.back().id];
    return parent.kind == YamlNode::Kind::kMap && parent.children.size() % 2 == 0;
  }

  void open(const YAML::Mark& mark, YAML::anchor_t anchor, YamlNode node, YAML::EmitterStyle::value style) {
    const bool flow = style == YAML::EmitterStyle::Flow || (!open_.empty() && open_.back().flow);
    open_.push_back({add(mark, anchor, std::move(node)), flow});
  }

  NodeId add(const YAML::Mark& mark, YAML::anchor_t anchor, YamlNode node) {
    if ((open_.empty() || !open_.back().flow) && source_.indented_by_tab(offset(mark))) {
      reject(mark, "a tab cannot indent; use blanks");
    }
    const auto id = static_cast<NodeId>(tree_.nodes.size());
    node.line = first_line_ + mark.line;
    if (anchor != YAML::NullAnchor) anchors_[anchor] = id;
    tree_.nodes.push_back(std::move(node));
    if (!open_.empty()) tree_.nodes[open_.back().id].children.push_back(id);
    return id;
  }

  Source source_;
  YamlTree tree_;
  std::vector<Open> open_;
  std::unordered_map<YAML::anchor_t, NodeId> anchors_;
  std::optional<YamlError> error_;
  int first_line_;
};

/// Detects a second document without a `---`: a line that is indented less than the first line of the
/// document, or text after `...`. go-yaml drops it without notice.
class Leftovers final : public YAML::EventHandler {
 public:
  void OnDocumentStart(const YAML::Mark& mark) override { line = mark.line; }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t, const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {
  }
  void OnSequenceEnd() override {}
  void OnMapEnd() override {}

  int line = 0;
};

YamlError error_at(const YAML::Mark& mark, int first_line, std::string message) {
  return {.line = first_line + (mark.is_null() ? 0 : mark.line),
          .message = text::start_in_lower_case(std::move(message))};
}

/// The line of a `%` directive before the document, which kubectl rejects.
std::optional<int> directive_line(std::string_view text, int line) {
  while (!text.empty() && (text[0] == '#' || text[0] == '\n')) {
    text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
    ++line;
  }
  return text.starts_with('%') ? std::optional(line) : std::nullopt;
}

}  // namespace

std::expected<YamlTree, YamlError> parse_yaml_document(std::string_view text, int first_line) {
  if (const auto line = directive_line(text, first_line)) {
    return std::unexpected(YamlError{*line, "a directive, which kubectl does not accept"});
  }
  try {
    std::istringstream in{std::string(text)};
    YAML::Parser parser(in);
    TreeBuilder builder(text, first_line);
    if (!parser.HandleNextDocument(builder)) return YamlTree{};
    Leftovers leftovers;
    if (parser.HandleNextDocument(leftovers)) {
      return std::unexpected(YamlError{first_line + leftovers.line,
                                       "not part of a document: indented less than the lines above, or "
                                       "without a `---` before it"});
    }
    return builder.take();
  } catch (const YAML::DeepRecursion& e) {
    return std::unexpected(error_at(e.mark, first_line, fmt::format("nested deeper than {}", kMaxYamlDepth)));
  } catch (const YAML::Exception& e) {
    return std::unexpected(error_at(e.mark, first_line, e.msg));
  }
}

}  // namespace modelgate::yaml
