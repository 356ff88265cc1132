// SPDX-License-Identifier: Apache-2.0
//
// From text to JSON in three steps: split the file into documents as kubectl's reader does; parse each into
// nodes (kube/yaml_tree.h); write the nodes as JSON, where aliases are followed, merge keys are merged and
// plain words get their meaning.

#include "kube/yaml.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "kube/yaml_scalar.h"
#include "kube/yaml_tree.h"
#include "spec/json.h"

namespace modelgate::kube {
namespace {

constexpr std::string_view kTagPrefix = "tag:yaml.org,2002:";

void append_json_string(std::string_view text, std::string& out) {
  out += '"';
  for (const char c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
        } else {
          out += c;
        }
    }
  }
  out += '"';
}

}  // namespace

/// Writes one document's nodes as JSON and remembers their lines.
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
  /// A map as it is being put together; a later key replaces an earlier one in its place.
  struct Members {
    std::vector<Member> list;
    std::unordered_map<std::string, std::size_t> index;
  };

  bool fail(const YamlNode& node, std::string message) {
    error_ = {node.line, std::move(message)};
    return false;
  }

  /// Marks a node as being written, so that one that holds itself is noticed.
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
        return map(node, id, entry, depth);
    }
    std::unreachable();
  }

  std::uint32_t remember(std::uint32_t parent, int line, std::string name) {
    document_.lines.entries_.push_back({parent, line, std::move(name)});
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

  bool map(const YamlNode& node, NodeId id, std::uint32_t entry, int depth) {
    Members members;
    if (!collect(node, id, members, depth)) return false;
    std::string& out = document_.json;
    out += '{';
    bool first = true;
    for (Member& member : members.list) {
      if (!std::exchange(first, false)) out += ',';
      append_json_string(member.key, out);
      out += ':';
      const std::uint32_t child = remember(entry, tree_.nodes[member.key_node].line, std::move(member.key));
      if (!value(member.value, child, depth + 1)) return false;
    }
    out += '}';
    return true;
  }

  /// Reads the members of `node` into `members`, those of its merge keys where they stand.
  bool collect(const YamlNode& node, NodeId, Members& members, int depth) {
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
    if (source.kind != Kind::kMap) return fail(node, "a merge key (<<) wants a map or a list of maps");
    if (busy_[source_id]) return fail(node, "an anchor's value contains itself");
    const Visit visit(*this, source_id);
    return collect(source, source_id, members, depth);
  }

  bool merge(NodeId id, Members& members, int depth) {
    const YamlNode& node = tree_.nodes[id];
    if (node.kind != Kind::kSequence) return merge_one(id, members, depth);
    // Of several maps the first wins, so it is merged last.
    return std::ranges::all_of(node.children.rbegin(), node.children.rend(),
                               [&](NodeId child) { return merge_one(child, members, depth); });
  }

  /// What kubectl makes of a key that is no string; fail() and nothing where it cannot be one.
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

  /// The node's meaning under its tag; for a string, node_text_ is its text.
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
        append_json_string(node_text_, out);
        break;
      case YamlScalar::Kind::kFloat:
        if (!std::isfinite(meaning->real))
          return fail(node, fmt::format("{} is no number in JSON", node.text));
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

int base64_digit(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/// RFC 4648 with padding; line breaks are allowed. Nothing where it is malformed.
std::optional<std::string> decode_base64(std::string_view text) {
  std::string packed(text);
  std::erase_if(packed, [](char c) { return c == '\n' || c == '\r'; });
  if (packed.size() % 4 != 0) return std::nullopt;
  std::string out;
  unsigned bits = 0;
  int held = 0;
  const std::size_t data = std::min(packed.find('='), packed.size());
  if (packed.size() - data > 2 || packed.find_first_not_of('=', data) != std::string::npos)
    return std::nullopt;
  for (std::size_t i = 0; i < data; ++i) {
    const int digit = base64_digit(packed[i]);
    if (digit < 0) return std::nullopt;
    bits = (bits << 6 | static_cast<unsigned>(digit)) & 0xFFFF;
    held += 6;
    if (held < 8) continue;
    held -= 8;
    out += static_cast<char>(bits >> held & 0xFF);
  }
  return out;
}

std::string_view name_of(YamlScalar::Kind kind) {
  constexpr std::string_view kNames[] = {"null", "bool", "int", "int", "float", "str"};
  return kNames[static_cast<std::size_t>(kind)];
}

/// True where go-yaml looks at the word itself under this tag; under any other it is text.
bool has_meaning(std::string_view tag) {
  constexpr std::string_view kNames[] = {"bool", "int", "float", "null", "timestamp"};
  return tag.starts_with(kTagPrefix) &&
         std::ranges::find(kNames, tag.substr(kTagPrefix.size())) != std::end(kNames);
}

}  // namespace

std::optional<YamlScalar> YamlJson::meaning_of(const YamlNode& node) {
  node_text_ = node.text;
  if (!spec::is_valid_utf8(node_text_)) {  // of yaml-cpp's making: it writes \_ and \N as single bytes
    fail(node, "the escapes \\_ and \\N are not supported; write \\u00a0 and \\u0085");
    return std::nullopt;
  }
  if (node.tag.empty()) return node.plain ? resolve_scalar(node.text) : YamlScalar{};
  if (node.tag == "tag:yaml.org,2002:binary") {
    std::optional<std::string> bytes = decode_base64(node.text);
    if (!bytes || !spec::is_valid_utf8(*bytes)) {
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

// ------------------------------------------------------------------------------------- lines of a path

namespace {

/// "spec.env[0].name" and "labels[app.kubernetes.io/name]" in segments.
std::vector<std::string_view> segments_of(std::string_view path) {
  std::vector<std::string_view> out;
  while (!path.empty()) {
    if (path[0] == '.') path.remove_prefix(1);
    if (path.starts_with('[')) {
      const std::size_t end = std::min(path.find(']'), path.size());
      out.push_back(path.substr(1, end - 1));
      path.remove_prefix(std::min(end + 1, path.size()));
      continue;
    }
    const std::size_t end = std::min(path.find_first_of(".["), path.size());
    if (end > 0) out.push_back(path.substr(0, end));
    path.remove_prefix(end);
  }
  return out;
}

}  // namespace

int YamlLines::at(std::string_view path) const {
  if (entries_.empty()) return 0;
  std::uint32_t current = 0;
  for (const std::string_view name : segments_of(path)) {
    const auto child = std::find_if(entries_.begin() + 1, entries_.end(), [&](const Entry& entry) {
      return entry.parent == current && entry.name == name;
    });
    if (child == entries_.end()) break;
    current = static_cast<std::uint32_t>(child - entries_.begin());
  }
  return entries_[current].line;
}

int YamlLines::exactly_at(std::string_view path) const {
  if (entries_.empty()) return 0;
  std::uint32_t current = 0;
  for (const std::string_view name : segments_of(path)) {
    const auto child = std::find_if(entries_.begin() + 1, entries_.end(), [&](const Entry& entry) {
      return entry.parent == current && entry.name == name;
    });
    if (child == entries_.end()) return 0;
    current = static_cast<std::uint32_t>(child - entries_.begin());
  }
  return entries_[current].line;
}

// ---------------------------------------------------------------------------------------------- the file

namespace {

struct Chunk {
  std::string_view text;
  int line = 1;
};

/// True for a character that no YAML text may hold. `text` begins with it.
bool forbidden(std::string_view text) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  if (byte(0) < 0x20) return byte(0) != '\t' && byte(0) != '\n';
  if (byte(0) == 0x7F) return true;
  if (byte(0) == 0xC2) return byte(1) < 0xA0;                                         // U+0080 to U+009F
  return byte(0) == 0xEF && byte(1) == 0xBF && (byte(2) == 0xBE || byte(2) == 0xBF);  // U+FFFE, U+FFFF
}

/// One byte order mark less, every line ended by a line feed (the last one too, as kubectl's reader has it),
/// and nothing in it that no YAML text may hold.
std::expected<std::string, YamlError> normalize(std::string_view text) {
  if (text.size() > kMaxYamlBytes) {
    return std::unexpected(
        YamlError{1, fmt::format("{} bytes; at most {} are read", text.size(), kMaxYamlBytes)});
  }
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  if (!spec::is_valid_utf8(text)) return std::unexpected(YamlError{1, "not UTF-8"});
  std::string out;
  out.reserve(text.size() + 1);
  int line = 1;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\r') {
      if (i + 1 < text.size() && text[i + 1] == '\n') continue;
      out += '\n';
    } else if (text.substr(i, 2) == "\xC2\x85") {  // NEL
      out += '\n';
      ++i;
    } else if (forbidden(text.substr(i))) {
      return std::unexpected(
          YamlError{line, fmt::format("control character 0x{:02x}", static_cast<unsigned char>(text[i]))});
    } else {
      out += text[i];
    }
    line += out.back() == '\n';
  }
  if (!out.empty() && out.back() != '\n') out += '\n';
  return out;
}

/// Cuts at lines that begin with `---`; what follows on such a line may only be a comment.
std::expected<std::vector<Chunk>, YamlError> split(std::string_view text, int line) {
  std::vector<Chunk> chunks;
  Chunk current{text.substr(0, 0), line};
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    const std::string_view row = text.substr(0, end);
    text.remove_prefix(end);
    if (row.starts_with("---")) {
      const std::size_t rest = row.find_first_not_of(" \t\r\n", 3);
      if (rest != std::string_view::npos && row[rest] != '#') {
        return std::unexpected(YamlError{line, "only a comment may follow `---` on its line"});
      }
      chunks.push_back(current);
      current = {text.substr(0, 0), line + 1};
    } else {
      current.text = {current.text.data(), current.text.size() + row.size()};
    }
    ++line;
  }
  chunks.push_back(current);
  return chunks;
}

/// The end of the JSON object that `text` begins with; npos where it is not closed.
std::size_t end_of_object(std::string_view text) {
  std::size_t depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\\') ++i;
      if (c == '"') quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '{') {
      ++depth;
    } else if (c == '}' && --depth == 0) {
      return i + 1;
    }
  }
  return std::string_view::npos;
}

std::expected<YamlDocument, YamlError> json_document(std::string_view text, int line) {
  spec::Arena arena;
  spec::ParseOptions options;
  options.skip_managed_fields = false;
  if (const auto value = spec::parse_json(text, arena, options); !value) {
    const auto newlines = std::ranges::count(text.substr(0, value.error().offset), '\n');
    return std::unexpected(YamlError{line + static_cast<int>(newlines), value.error().message});
  }
  return YamlDocument{.json = std::string(text), .line = line, .lines = {}};
}

/// What a file's leading JSON objects gave.
struct JsonPart {
  std::vector<YamlDocument> documents;
  std::string_view rest;           // YAML
  int line = 1;                    // where the rest begins
  std::optional<YamlError> error;  // why the rest is no JSON, where it begins like some
  bool fatal = false;              // it cannot be YAML either
};

/// Takes JSON objects off the front of `text`. From the first that is none on it is YAML, unless two or more
/// came before it: then it was meant to be JSON, as kubectl has it.
JsonPart take_json(std::string_view text) {
  JsonPart out{.documents = {}, .rest = text, .line = 1, .error = {}, .fatal = false};
  while (true) {
    const std::size_t start = std::min(out.rest.find_first_not_of(" \t\n"), out.rest.size());
    if (start == out.rest.size() || out.rest[start] != '{') return out;
    const std::string_view here = out.rest.substr(start);
    const int line = out.line + static_cast<int>(std::ranges::count(out.rest.substr(0, start), '\n'));
    const std::size_t end = end_of_object(here);
    auto document = end == std::string_view::npos
                        ? std::unexpected(YamlError{line, "an object that does not end"})
                        : json_document(here.substr(0, end), line);
    if (!document) {
      const std::size_t next = here.find_first_not_of(" \t\n", 1);
      if (next != std::string_view::npos && here[next] == '"') out.error = document.error();
      out.fatal = out.documents.size() > 1 || document.error().message.starts_with("duplicate");
      if (out.fatal) out.error = document.error();
      return out;
    }
    out.documents.push_back(std::move(*document));
    out.line = line + static_cast<int>(std::ranges::count(here.substr(0, end), '\n'));
    out.rest = here.substr(end);
  }
}

}  // namespace

std::expected<std::vector<YamlDocument>, YamlError> read_yaml(std::string_view raw) {
  const std::expected<std::string, YamlError> normal = normalize(raw);
  if (!normal) return std::unexpected(normal.error());
  JsonPart json = take_json(*normal);
  if (json.fatal) return std::unexpected(*json.error);
  const auto chunks = split(json.rest, json.line);
  if (!chunks) return std::unexpected(chunks.error());
  std::vector<YamlDocument> documents = std::move(json.documents);
  for (const Chunk& chunk : *chunks) {
    const auto tree = parse_yaml_document(chunk.text, chunk.line);
    if (!tree) return std::unexpected(json.error.value_or(tree.error()));
    if (tree->nodes.empty()) continue;
    auto document = YamlJson(*tree).write();
    if (!document) return std::unexpected(document.error());
    if (document->json != "null") documents.push_back(std::move(*document));
  }
  return documents;
}

}  // namespace modelgate::kube
