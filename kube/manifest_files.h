// SPDX-License-Identifier: Apache-2.0
//
// Which files a path of manifests means, and their text. Used by kube/manifests.h, kube/manifest_watcher.h
// and the command line.
//
//   auto files = manifest_files("manifests/", {.recursive = true, .hidden = true});   // kubectl -f manifests/ -R
//   if (!files) return report(files.error());
//   for (const auto& file : *files) text = read_file(file);
#pragma once

#include <expected>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace modelgate::kube {

/// Limit for the files in a directory: far more than a cluster's runtimes need.
inline constexpr std::size_t kMaxManifestFiles = 4096;

struct ManifestError {
  std::string file;
  int line = 0;  // from 1; 0: the whole file
  std::string message;

  std::string place() const;      // "file:line", or only the file
  std::string to_string() const;  // "file:line: message"
};

struct FolderOptions {
  bool recursive = false;  // also files in subdirectories; links to directories are not followed
  bool hidden = false;     // also files whose name starts with a dot, as kubectl does
};

/// The file `path` itself, whatever its name, or the files *.yaml, *.yml and *.json in the directory
/// `path`, in kubectl's order: by name, and a subdirectory in the place of its name.
std::expected<std::vector<std::filesystem::path>, ManifestError> manifest_files(
    const std::filesystem::path& path, FolderOptions options = {});

/// Reads a file of at most yaml::kMaxYamlBytes; "-" is the standard input.
std::expected<std::string, ManifestError> read_file(const std::filesystem::path& path);

}  // namespace modelgate::kube
