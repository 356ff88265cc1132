// SPDX-License-Identifier: Apache-2.0
#include "kube/manifest_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <optional>
#include <utility>

#include "spec/text/printable.h"
#include "yaml/yaml.h"

namespace modelgate::kube {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 3> kExtensions = {".yaml", ".yml", ".json"};

std::unexpected<ManifestError> failed(const fs::path& path, std::string message) {
  return std::unexpected(ManifestError{path.string(), 0, std::move(message)});
}

bool is_manifest(const fs::path& file, const FolderOptions& options) {
  if (!options.hidden && file.filename().string().starts_with('.')) return false;
  return std::ranges::find(kExtensions, file.extension().string()) != kExtensions.end();
}

/// What a directory contains, by name.
std::expected<std::vector<fs::directory_entry>, ManifestError> entries_of(const fs::path& directory) {
  std::error_code code;
  std::vector<fs::directory_entry> out;
  for (auto it = fs::directory_iterator(directory, code); !code && it != fs::directory_iterator();
       it.increment(code)) {
    out.push_back(*it);
  }
  if (code) return failed(directory, code.message());
  std::ranges::sort(out, {}, [](const fs::directory_entry& e) { return e.path().filename().string(); });
  return out;
}

std::optional<ManifestError> add_files(const fs::path& directory, const FolderOptions& options,
                                       std::vector<fs::path>& out) {
  const auto entries = entries_of(directory);
  if (!entries) return entries.error();
  for (const fs::directory_entry& entry : *entries) {
    std::error_code code;
    const bool link = entry.is_symlink(code);
    if (entry.is_directory(code)) {
      if (!options.recursive || link) continue;
      if (auto error = add_files(entry.path(), options, out)) return error;
      continue;
    }
    if (is_manifest(entry.path(), options)) out.push_back(entry.path());
    if (out.size() > kMaxManifestFiles)
      return ManifestError{directory.string(), 0, fmt::format("more than {} files", kMaxManifestFiles)};
  }
  return std::nullopt;
}

/// As much as is allowed and one buffer more.
std::string read(std::istream& in) {
  std::string text;
  std::array<char, 65536> buffer;
  while (text.size() <= yaml::kMaxYamlBytes && (in.read(buffer.data(), buffer.size()), in.gcount() > 0)) {
    text.append(buffer.data(), static_cast<std::size_t>(in.gcount()));
  }
  return text;
}

}  // namespace

std::string ManifestError::place() const {
  return text::printable(line == 0 ? file : fmt::format("{}:{}", file, line));
}

std::string ManifestError::to_string() const {
  return fmt::format("{}: {}", place(), text::printable(message));
}

std::expected<std::vector<fs::path>, ManifestError> manifest_files(const fs::path& path,
                                                                   FolderOptions options) {
  std::error_code code;
  const fs::file_status status = fs::status(path, code);
  if (!fs::exists(status)) {
    const bool missing = status.type() == fs::file_type::not_found;
    return failed(path, missing ? "no such file or directory" : code.message());
  }
  if (!fs::is_directory(status)) return std::vector{path};
  std::vector<fs::path> out;
  if (auto error = add_files(path, options, out)) return std::unexpected(std::move(*error));
  return out;
}

std::expected<std::string, ManifestError> read_file(const fs::path& path) {
  std::string text;
  if (path == "-") {
    text = read(std::cin);
  } else {
    std::error_code code;
    if (fs::is_directory(path, code)) return failed(path, "is a directory");
    errno = 0;
    std::ifstream in(path, std::ios::binary);
    if (!in) return failed(path, std::strerror(errno));
    text = read(in);
    if (in.bad()) return failed(path, "cannot be read");
  }
  if (text.size() <= yaml::kMaxYamlBytes) return text;
  return failed(path, fmt::format("larger than {} bytes", yaml::kMaxYamlBytes));
}

}  // namespace modelgate::kube
