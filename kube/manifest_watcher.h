// SPDX-License-Identifier: Apache-2.0
//
// Detects changed manifest files and reads them again. It has no thread: the caller calls poll() about every
// half second. While nothing changes, that costs one stat per file.
//
//   ManifestWatcher watcher("manifests/");
//   on a timer:  if (auto read = watcher.poll()) { *read ? use(**read) : log(read->error()); }
//
// The first poll() reads the files. Errors are returned once; the caller keeps using the last manifests. The
// files are read again after their next change, so a partly written file is read completely by a later poll.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kube/manifests.h"

namespace modelgate::kube {

class ManifestWatcher {
 public:
  using Read = std::expected<std::shared_ptr<const Manifests>, std::vector<ManifestError>>;

  /// An empty path: the built-in manifests, which never change.
  explicit ManifestWatcher(std::filesystem::path path) : path_(std::move(path)) {}

  /// Nothing if no file has changed since the last call.
  std::optional<Read> poll();

 private:
  std::filesystem::path path_;
  std::optional<std::string> seen_;  // name, size, time and inode of every file
  std::uint64_t generation_ = 0;
};

}  // namespace modelgate::kube
