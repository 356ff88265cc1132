// SPDX-License-Identifier: Apache-2.0
//
// Every file and folder that a comment or a Markdown document names exists.
//
// A reference is a word with the extension .h, .cc, .py or .md, or a path that starts with a top-level folder.
// It is relative to the root, to the folder of the document, or to a folder above it. A name may also omit leading
// folders, such as `json.cc` for spec/json.cc. Patterns such as tests/*.cc are not references.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace {

namespace fs = std::filesystem;

const fs::path kRoot = MODELGATE_SOURCE_DIR;

/// Files that are not in the repository.
const std::set<std::string, std::less<>> kNotOurs = {
    "check.py",  // comes with the conformance recordings
};

/// Prefixes of headers of libraries.
constexpr std::string_view kLibraries[] = {"rapidjson/", "boost/", "openssl/", "yaml-cpp/", "sys/"};

/// Files and folders of the repository, relative to its root. Hidden folders other than .ci and .github, and
/// build folders, are not part of it.
const std::set<std::string, std::less<>>& repository() {
  static const auto all = [] {
    std::set<std::string, std::less<>> out;
    for (auto it = fs::recursive_directory_iterator(kRoot); it != fs::recursive_directory_iterator(); ++it) {
      const std::string name = it->path().filename().string();
      const bool hidden = name.starts_with('.') && name != ".ci" && name != ".github";
      if (it->is_directory() && (hidden || name.starts_with("build") || name == "__pycache__")) {
        it.disable_recursion_pending();
        continue;
      }
      out.insert(it->path().lexically_relative(kRoot).string());
    }
    return out;
  }();
  return all;
}

/// Every way to omit leading folders: "spec/json.cc" and "json.cc".
const std::set<std::string, std::less<>>& names() {
  static const auto all = [] {
    std::set<std::string, std::less<>> out;
    for (std::string_view path : repository()) {
      while (true) {
        out.emplace(path);
        const std::size_t slash = path.find('/');
        if (slash == std::string_view::npos) break;
        path.remove_prefix(slash + 1);
      }
    }
    return out;
  }();
  return all;
}

std::string read(const fs::path& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// The comment of a line: the text from `mark` on, if `mark` is not inside quotes.
std::string_view comment_of(std::string_view line, std::string_view mark) {
  char quote = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quote != 0) {
      if (c == '\\') ++i;
      if (c == quote) quote = 0;
    } else if (line.substr(i).starts_with(mark)) {
      return line.substr(i + mark.size());
    } else if (c == '"') {
      quote = c;
    }
  }
  return {};
}

struct Line {
  int number;
  std::string text;
};

/// The lines of a file that are prose: all of Markdown, else comments and Python's documentation strings.
std::vector<Line> prose_of(const fs::path& path) {
  const std::string extension = path.extension().string();
  const bool cpp = extension == ".h" || extension == ".cc";
  std::vector<Line> out;
  std::istringstream in(read(path));
  bool docstring = false;
  int number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    if (extension == ".md") {
      out.push_back({number, line});
      continue;
    }
    if (extension == ".py" && line.contains("\"\"\"")) {
      const std::size_t first = line.find("\"\"\"");
      const bool closed = line.find("\"\"\"", first + 3) != std::string::npos;
      out.push_back({number, line.substr(docstring ? 0 : first)});
      if (!closed) docstring = !docstring;
      continue;
    }
    const std::string_view text = docstring ? std::string_view(line) : comment_of(line, cpp ? "//" : "#");
    if (!text.empty()) out.push_back({number, std::string(text)});
  }
  return out;
}

bool is_path_character(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-' || c == '.' || c == '/';
}

/// The words of a text that may be paths, without URLs and patterns.
std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < text.size();) {
    if (!is_path_character(text[i])) {
      ++i;
      continue;
    }
    std::size_t end = i;
    while (end < text.size() && is_path_character(text[end])) ++end;
    constexpr std::string_view kPattern = "*<>{}$~@:?[";
    const bool begins_in_pattern = i > 0 && kPattern.contains(text[i - 1]) && text[i - 1] != '[';
    const bool ends_in_pattern = end < text.size() && kPattern.contains(text[end]) && text[end] != ':';
    std::string word(text.substr(i, end - i));
    i = end;
    if (begins_in_pattern || ends_in_pattern) continue;
    while (!word.empty() && (word.back() == '.' || word.back() == '-')) word.pop_back();
    if (!word.empty()) out.push_back(std::move(word));
  }
  return out;
}

bool is_reference(std::string_view word) {
  if (word.starts_with('/') || word.starts_with("...")) return false;
  if (std::ranges::any_of(kLibraries, [&](std::string_view l) { return word.starts_with(l); })) return false;
  const std::string extension = fs::path(word).extension().string();
  if (extension == ".h" || extension == ".cc" || extension == ".py" || extension == ".md") {
    return !word.starts_with('.') || word.starts_with("../") || word.starts_with("./") ||
           word.starts_with(".ci/");
  }
  const std::size_t slash = word.find('/');
  if (slash == std::string_view::npos) return false;
  const std::string_view top = word.substr(0, slash);
  return repository().contains(top) && fs::is_directory(kRoot / top);
}

bool exists(const std::string& word, const fs::path& document) {
  const auto known = [](fs::path path) {
    std::string text = path.lexically_normal().string();
    while (text.ends_with('/')) text.pop_back();
    return text.empty() || text == "." || repository().contains(text);
  };
  if (known(word)) return true;
  for (fs::path folder = document.parent_path();; folder = folder.parent_path()) {
    if (known(folder / word)) return true;
    if (folder.empty()) break;
  }
  std::string name = word;
  while (name.ends_with('/')) name.pop_back();
  return !word.starts_with("../") && names().contains(name);
}

TEST(References, Exist) {
  std::size_t found = 0;
  for (const std::string& file : repository()) {
    const fs::path path(file);
    const std::string extension = path.extension().string();
    const bool text = extension == ".h" || extension == ".cc" || extension == ".md" || extension == ".py" ||
                      extension == ".yaml" || extension == ".cmake" || path.filename() == "CMakeLists.txt" ||
                      path.filename() == "Makefile";
    if (!text || fs::is_directory(kRoot / path)) continue;
    for (const Line& line : prose_of(kRoot / path)) {
      for (const std::string& word : words_of(line.text)) {
        if (!is_reference(word) || kNotOurs.contains(word)) continue;
        ++found;
        EXPECT_TRUE(exists(word, path))
            << file << ":" << line.number << " names " << word << ", which does not exist";
      }
    }
  }
  EXPECT_GT(found, 1000U);
}

/// Rows of docs/architecture.md: | `name` | value | `file` | derivation |
TEST(References, LimitsExistInTheirFiles) {
  std::istringstream in(read(kRoot / "docs/architecture.md"));
  std::size_t rows = 0;
  for (std::string line; std::getline(in, line);) {
    std::vector<std::string> cells;
    std::istringstream row(line);
    for (std::string cell; std::getline(row, cell, '|');) cells.push_back(cell);
    if (cells.size() < 5 || !cells[1].starts_with(" `") || !cells[3].starts_with(" `")) continue;
    const auto code = [](const std::string& cell) { return cell.substr(2, cell.find('`', 2) - 2); };
    const std::string file = code(cells[3]);
    if (!file.ends_with(".h") && !file.ends_with(".cc")) continue;
    ++rows;
    EXPECT_TRUE(read(kRoot / file).contains(code(cells[1]))) << file << " has no " << code(cells[1]);
  }
  EXPECT_GT(rows, 30U);
}

}  // namespace
