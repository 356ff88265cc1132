// SPDX-License-Identifier: Apache-2.0
//
// Notices that manifests in files have changed, and reads them again. No threads of its own: whoever has a
// timer calls poll(), every half second or so; while nothing changes that is one stat a file.
//
//   ManifestWatcher watcher("manifests/");
//   on the timer:  if (auto read = watcher.poll()) { *read ? hand_out(**read) : log(read->error()); }
//
// The first poll() reads. One that fails leaves what was handed out before in force, is told once, and is
// tried again when the files change again: a file caught half written is read whole with the next poll.
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

  /// What was read, where something changed since the last call; else nothing.
  std::optional<Read> poll();

 private:
  std::filesystem::path path_;
  std::optional<std::string> seen_;  // name, size, time and inode of every file
  std::uint64_t generation_ = 0;
};

}  // namespace modelgate::kube
