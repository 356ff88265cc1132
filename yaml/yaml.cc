// SPDX-License-Identifier: Apache-2.0
//
// From text to JSON in three steps: split the file into documents as kubectl's reader does, here; parse each
// into nodes (yaml/yaml_tree.h); write the nodes as JSON (yaml/yaml_json.h).
#include "yaml/yaml.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "spec/json.h"
#include "spec/text/utf8.h"
#include "yaml/yaml_json.h"
#include "yaml/yaml_tree.h"

namespace modelgate::yaml {

namespace {

/// The segments of "spec.env[0].name" or "labels[app.kubernetes.io/name]".
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

std::pair<std::uint32_t, bool> YamlLines::find(std::string_view path) const {
  std::uint32_t current = 0;
  for (const std::string_view name : segments_of(path)) {
    const auto child = std::find_if(entries_.begin() + 1, entries_.end(), [&](const Entry& entry) {
      return entry.parent == current && entry.name == name;
    });
    if (child == entries_.end()) return {current, false};
    current = static_cast<std::uint32_t>(child - entries_.begin());
  }
  return {current, true};
}

int YamlLines::at(std::string_view path) const {
  return entries_.empty() ? 0 : entries_[find(path).first].line;
}

int YamlLines::exactly_at(std::string_view path) const {
  if (entries_.empty()) return 0;
  const auto [entry, exact] = find(path);
  return exact ? entries_[entry].line : 0;
}

namespace {

struct Chunk {
  std::string_view text;
  int line = 1;
};

/// True if the first character of `text` is not allowed in YAML.
bool forbidden(std::string_view text) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  if (byte(0) < 0x20) return byte(0) != '\t' && byte(0) != '\n';
  if (byte(0) == 0x7F) return true;
  if (byte(0) == 0xC2) return byte(1) < 0xA0;                                         // U+0080 to U+009F
  return byte(0) == 0xEF && byte(1) == 0xBF && (byte(2) == 0xBE || byte(2) == 0xBF);  // U+FFFE, U+FFFF
}

/// Removes a byte order mark and ends every line with a line feed (the last one too, as kubectl's reader
/// does). An error if a character is not allowed in YAML.
std::expected<std::string, YamlError> normalize(std::string_view text) {
  if (text.size() > kMaxYamlBytes) {
    return std::unexpected(
        YamlError{1, fmt::format("{} bytes; at most {} are allowed", text.size(), kMaxYamlBytes)});
  }
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  if (!text::is_valid_utf8(text)) return std::unexpected(YamlError{1, "not UTF-8"});
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

/// Splits at lines that begin with `---`. Only a comment may follow on such a line.
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

/// The end of the JSON object at the front of `text`; npos if it is not closed.
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

/// The JSON objects at the front of a file.
struct JsonPart {
  std::vector<YamlDocument> documents;
  std::string_view rest;           // YAML
  int line = 1;                    // where the rest begins
  std::optional<YamlError> error;  // why the rest is not JSON although it begins like JSON
  bool fatal = false;              // the rest is not YAML either
};

/// Takes JSON objects from the front of `text`. The rest is YAML, unless two or more objects precede it: then
/// it is broken JSON, as for kubectl.
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

std::expected<std::vector<YamlDocument>, YamlError> read_yaml(std::string_view text) {
  const std::expected<std::string, YamlError> normal = normalize(text);
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
    auto document = write_json(*tree);
    if (!document) return std::unexpected(document.error());
    if (document->json != "null") documents.push_back(std::move(*document));
  }
  return documents;
}

}  // namespace modelgate::yaml
