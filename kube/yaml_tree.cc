// SPDX-License-Identifier: Apache-2.0

#include "kube/yaml_tree.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <cctype>
#include <sstream>
#include <unordered_map>
#include <utility>

namespace modelgate::kube {
namespace {

/// Collects the parser's events into a tree.
class TreeBuilder final : public YAML::EventHandler {
 public:
  explicit TreeBuilder(int first_line) : first_line_(first_line) {}

  YamlTree take() { return std::move(tree_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    add(mark, anchor, {.kind = YamlNode::Kind::kScalar, .plain = true});
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    add(mark, YAML::NullAnchor, {.kind = YamlNode::Kind::kAlias, .target = anchors_.at(anchor)});
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    add(mark, anchor, {.plain = tag == "?", .tag = explicit_tag(tag), .text = value});
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open_.push_back(add(mark, anchor, {.kind = YamlNode::Kind::kSequence, .tag = explicit_tag(tag)}));
  }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open_.push_back(add(mark, anchor, {.kind = YamlNode::Kind::kMap, .tag = explicit_tag(tag)}));
  }
  void OnSequenceEnd() override { open_.pop_back(); }
  void OnMapEnd() override { open_.pop_back(); }

 private:
  /// yaml-cpp says "?" for no tag and "!" for quotes.
  static std::string explicit_tag(const std::string& tag) { return tag == "?" || tag == "!" ? "" : tag; }

  NodeId add(const YAML::Mark& mark, YAML::anchor_t anchor, YamlNode node) {
    const auto id = static_cast<NodeId>(tree_.nodes.size());
    node.line = first_line_ + mark.line;
    if (anchor != YAML::NullAnchor) anchors_[anchor] = id;
    tree_.nodes.push_back(std::move(node));
    if (!open_.empty()) tree_.nodes[open_.back()].children.push_back(id);
    return id;
  }

  YamlTree tree_;
  std::vector<NodeId> open_;
  std::unordered_map<YAML::anchor_t, NodeId> anchors_;
  int first_line_;
};

/// A document that is followed by another: only `...` can part them here.
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
  const bool known = !mark.is_null();
  if (!message.empty()) message[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(message[0])));
  return {.line = first_line + (known ? mark.line : 0), .message = std::move(message)};
}

}  // namespace

std::expected<YamlTree, YamlError> parse_yaml_document(std::string_view text, int first_line) {
  try {
    std::istringstream in{std::string(text)};
    YAML::Parser parser(in);
    TreeBuilder builder(first_line);
    if (!parser.HandleNextDocument(builder)) return YamlTree{};
    Leftovers leftovers;
    if (parser.HandleNextDocument(leftovers)) {
      return std::unexpected(YamlError{first_line + leftovers.line,
                                       "text that belongs to no document; is `---` missing before it?"});
    }
    return builder.take();
  } catch (const YAML::Exception& e) {
    return std::unexpected(error_at(e.mark, first_line, e.msg));
  }
}

}  // namespace modelgate::kube
