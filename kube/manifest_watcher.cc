// SPDX-License-Identifier: Apache-2.0

#include "kube/manifest_watcher.h"

#include <fmt/format.h>
#include <sys/stat.h>

namespace modelgate::kube {
namespace {

/// Changes when a file changes. Follows symbolic links, which a mounted ConfigMap consists of.
std::string fingerprint(const std::filesystem::path& path) {
  const auto files = manifest_files(path);
  if (!files) return files.error().to_string();
  std::string out;
  for (const std::filesystem::path& file : *files) {
    struct stat info{};
    if (::stat(file.c_str(), &info) != 0) continue;
    out += fmt::format("{} {} {} {}.{} {}.{}\n", file.string(), info.st_ino, info.st_size,
                       info.st_mtim.tv_sec, info.st_mtim.tv_nsec, info.st_ctim.tv_sec, info.st_ctim.tv_nsec);
  }
  return out;
}

}  // namespace

std::optional<ManifestWatcher::Read> ManifestWatcher::poll() {
  std::string now = path_.empty() ? std::string() : fingerprint(path_);
  if (seen_ == now) return std::nullopt;
  seen_ = std::move(now);
  ManifestReader reader;
  path_.empty() ? reader.add_builtin() : reader.add_path(path_);
  Read read = reader.finish(generation_ + 1);
  if (read) ++generation_;
  return read;
}

}  // namespace modelgate::kube
