// SPDX-License-Identifier: Apache-2.0
#include "yaml/yaml_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "spec/json_text.h"
#include "spec/text/base64.h"
#include "spec/text/printable.h"
#include "spec/text/utf8.h"
#include "yaml/yaml_scalar.h"

namespace modelgate::yaml {
namespace {

constexpr std::string_view kTagPrefix = "tag:yaml.org,2002:";

}  // namespace

/// Writes the nodes of one document as JSON and records their lines.
class YamlJson {
 public:
  explicit YamlJson(const YamlTree& tree) : tree_(tree), busy_(tree.nodes.size(), false) {}

  std::expected<YamlDocument, YamlError> write() {
    document_.line = tree_.nodes[0].line;
    document_.lines.entries_.push_back({0, document_.line, ""});
    if (!value(0, 0, 1)) return std::unexpected(error_);
    return std::move(document_);
  }

 private:
  using Kind = YamlNode::Kind;

  struct Member {
    std::string key;
    NodeId key_node;
    NodeId value;
  };
  /// The members of a map so far. A later key replaces the value of an earlier one, at its position.
  struct Members {
    std::vector<Member> list;
    std::unordered_map<std::string, std::size_t> index;
  };

  bool fail(const YamlNode& node, std::string message) {
    error_ = {node.line, std::move(message)};
    return false;
  }

  /// Marks a node as being written, to detect a node that contains itself.
  class Visit {
   public:
    Visit(YamlJson& writer, NodeId id) : writer_(writer), id_(id) { writer_.busy_[id_] = true; }
    ~Visit() { writer_.busy_[id_] = false; }
    Visit(const Visit&) = delete;
    Visit& operator=(const Visit&) = delete;

   private:
    YamlJson& writer_;
    NodeId id_;
  };

  bool enter(const YamlNode& node, NodeId id, int depth) {
    if (++count_ > kMaxYamlValues) {
      return fail(node, fmt::format("more than {} values, aliases included", kMaxYamlValues));
    }
    if (depth > kMaxYamlDepth) return fail(node, fmt::format("nested deeper than {}", kMaxYamlDepth));
    if (busy_[id]) return fail(node, "an anchor's value contains itself");
    return true;
  }

  bool value(NodeId id, std::uint32_t entry, int depth) {
    const YamlNode& node = tree_.nodes[id];
    if (!enter(node, id, depth)) return false;
    const Visit visit(*this, id);
    switch (node.kind) {
      case Kind::kAlias:
        return value(node.target, entry, depth + 1);
      case Kind::kScalar:
        return scalar(node);
      case Kind::kSequence:
        return sequence(node, entry, depth);
      case Kind::kMap:
        return map(node, entry, depth);
    }
    std::unreachable();
  }

  std::uint32_t remember(std::uint32_t parent, int line, std::string name) {
    document_.lines.entries_.push_back({parent, line, text::printable(std::move(name))});
    return static_cast<std::uint32_t>(document_.lines.entries_.size() - 1);
  }

  bool sequence(const YamlNode& node, std::uint32_t entry, int depth) {
    std::string& out = document_.json;
    out += '[';
    for (std::size_t i = 0; i < node.children.size(); ++i) {
      if (i > 0) out += ',';
      const NodeId child = node.children[i];
      if (!value(child, remember(entry, tree_.nodes[child].line, std::to_string(i)), depth + 1)) return false;
    }
    out += ']';
    return true;
  }

  bool map(const YamlNode& node, std::uint32_t entry, int depth) {
    Members members;
    if (!collect(node, members, depth)) return false;
    std::string& out = document_.json;
    out += '{';
    bool first = true;
    for (Member& member : members.list) {
      if (!std::exchange(first, false)) out += ',';
      spec::append_json(member.key, out);
      out += ':';
      const std::uint32_t child = remember(entry, tree_.nodes[member.key_node].line, std::move(member.key));
      if (!value(member.value, child, depth + 1)) return false;
    }
    out += '}';
    return true;
  }

  /// Reads the members of `node` into `members`, those of merge keys at the position of the key.
  bool collect(const YamlNode& node, Members& members, int depth) {
    std::unordered_set<std::string> own;
    for (std::size_t i = 0; i + 1 < node.children.size(); i += 2) {
      const NodeId key_id = node.children[i];
      const YamlNode& key_node = tree_.nodes[key_id];
      if (is_merge(key_node)) {
        if (!merge(node.children[i + 1], members, depth + 1)) return false;
        continue;
      }
      std::optional<std::string> key = key_of(key_id);
      if (!key) return false;
      if (!own.insert(*key).second) return fail(key_node, fmt::format("duplicate key \"{}\"", *key));
      if (++count_ > kMaxYamlValues) return enter(key_node, key_id, depth);
      const auto [at, is_new] = members.index.try_emplace(*key, members.list.size());
      Member member{std::move(*key), key_id, node.children[i + 1]};
      if (is_new) {
        members.list.push_back(std::move(member));
      } else {
        members.list[at->second] = std::move(member);
      }
    }
    return true;
  }

  static bool is_merge(const YamlNode& node) {
    if (node.kind != Kind::kScalar || node.text != "<<") return false;
    return node.plain || node.tag == "tag:yaml.org,2002:merge";
  }

  bool merge_one(NodeId id, Members& members, int depth) {
    const YamlNode& node = tree_.nodes[id];
    if (!enter(node, id, depth)) return false;
    const NodeId source_id = node.kind == Kind::kAlias ? node.target : id;
    const YamlNode& source = tree_.nodes[source_id];
    if (source.kind != Kind::kMap) return fail(node, "a merge key (<<) needs a map or a list of maps");
    if (busy_[source_id]) return fail(node, "an anchor's value contains itself");
    const Visit visit(*this, source_id);
    return collect(source, members, depth);
  }

  bool merge(NodeId id, Members& members, int depth) {
    const YamlNode& node = tree_.nodes[id];
    if (node.kind != Kind::kSequence) return merge_one(id, members, depth);
    // Of several maps the first wins, so it is merged last.
    return std::ranges::all_of(node.children.rbegin(), node.children.rend(),
                               [&](NodeId child) { return merge_one(child, members, depth); });
  }

  /// The key as a string, converted as kubectl does. Calls fail() if it cannot be one.
  std::optional<std::string> key_of(NodeId id) {
    const YamlNode& written = tree_.nodes[id];
    const YamlNode& node = written.kind == Kind::kAlias ? tree_.nodes[written.target] : written;
    if (node.kind != Kind::kScalar) {
      fail(written, "a key must be a string, not a list or a map");
      return std::nullopt;
    }
    const std::optional<YamlScalar> meaning = meaning_of(node);
    if (!meaning) return std::nullopt;
    switch (meaning->kind) {
      case YamlScalar::Kind::kString:
        return node_text_;
      case YamlScalar::Kind::kBool:
        return meaning->boolean ? "true" : "false";
      case YamlScalar::Kind::kInt:
        return std::to_string(meaning->integer);
      case YamlScalar::Kind::kFloat:
        return key_of_real(meaning->real);
      case YamlScalar::Kind::kNull:
        fail(written, "a key must not be null");
        return std::nullopt;
      case YamlScalar::Kind::kUint:
        fail(written, "a key must be a string");
        return std::nullopt;
    }
    std::unreachable();
  }

  /// The meaning of the node under its tag; for a string, node_text_ is its text.
  std::optional<YamlScalar> meaning_of(const YamlNode& node);

  bool scalar(const YamlNode& node) {
    const std::optional<YamlScalar> meaning = meaning_of(node);
    if (!meaning) return false;
    std::string& out = document_.json;
    switch (meaning->kind) {
      case YamlScalar::Kind::kNull:
        out += "null";
        break;
      case YamlScalar::Kind::kBool:
        out += meaning->boolean ? "true" : "false";
        break;
      case YamlScalar::Kind::kInt:
        out += std::to_string(meaning->integer);
        break;
      case YamlScalar::Kind::kUint:
        out += std::to_string(meaning->unsigned_integer);
        break;
      case YamlScalar::Kind::kString:
        spec::append_json(node_text_, out);
        break;
      case YamlScalar::Kind::kFloat:
        if (!std::isfinite(meaning->real))
          return fail(node, fmt::format("{} is not a number in JSON", node.text));
        out += json_number(meaning->real);
    }
    return true;
  }

  const YamlTree& tree_;
  std::vector<bool> busy_;
  std::size_t count_ = 0;
  std::string node_text_;
  YamlDocument document_;
  YamlError error_;
};

namespace {

std::string_view name_of(YamlScalar::Kind kind) {
  constexpr std::array<std::string_view, 6> kNames = {"null", "bool", "int", "int", "float", "str"};
  return kNames[static_cast<std::size_t>(kind)];
}

/// True if go-yaml resolves the word under this tag; under any other tag it is text.
bool has_meaning(std::string_view tag) {
  constexpr std::array<std::string_view, 5> kNames = {"bool", "int", "float", "null", "timestamp"};
  return tag.starts_with(kTagPrefix) &&
         std::ranges::find(kNames, tag.substr(kTagPrefix.size())) != kNames.end();
}

}  // namespace

std::optional<YamlScalar> YamlJson::meaning_of(const YamlNode& node) {
  node_text_ = node.text;
  if (!text::is_valid_utf8(node_text_)) {  // yaml-cpp writes \_ and \N as single bytes
    fail(node, R"(the escapes \_ and \N are not supported; write \u00a0 and \u0085)");
    return std::nullopt;
  }
  if (node.tag.empty()) return node.plain ? resolve_scalar(node.text) : YamlScalar{};
  if (node.tag == "tag:yaml.org,2002:binary") {
    std::optional<std::string> bytes = text::decode_base64(node.text);
    if (!bytes || !text::is_valid_utf8(*bytes)) {
      fail(node, "a !!binary value must be base64 of UTF-8 text here");
      return std::nullopt;
    }
    node_text_ = std::move(*bytes);
    return YamlScalar{};
  }
  if (!has_meaning(node.tag)) return YamlScalar{};
  const std::string_view wanted = std::string_view(node.tag).substr(kTagPrefix.size());
  YamlScalar meaning = resolve_scalar(node.text);
  const std::string_view found = name_of(meaning.kind);
  if (wanted == found) return meaning;
  if (wanted == "timestamp" && found == "str" && node.text.size() >= 8 && node.text[4] == '-') return meaning;
  if (wanted == "float" && meaning.kind == YamlScalar::Kind::kInt) {
    return YamlScalar{.kind = YamlScalar::Kind::kFloat, .real = static_cast<double>(meaning.integer)};
  }
  fail(node, fmt::format("\"{}\" is tagged !!{} but is a {}", node.text, wanted, found));
  return std::nullopt;
}

std::expected<YamlDocument, YamlError> write_json(const YamlTree& tree) {
  return YamlJson(tree).write();
}

}  // namespace modelgate::yaml
