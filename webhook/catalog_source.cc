// SPDX-License-Identifier: Apache-2.0
#include "webhook/catalog_source.h"

#include <sys/stat.h>

#include <algorithm>
#include <functional>
#include <string_view>
#include <utility>
#include <vector>

namespace modelgate::webhook {
namespace {

namespace fs = std::filesystem;

// Everything stat(2) says that changes when a file does, of every file below the directory, through links, as
// a mounted ConfigMap is nothing but links. 0 for a directory that cannot be read.
std::uint64_t mark_of(const fs::path& directory) {
  std::error_code error;
  std::vector<fs::path> paths;
  for (auto it = fs::recursive_directory_iterator(directory, error);
       !error && it != fs::recursive_directory_iterator(); it.increment(error)) {
    paths.push_back(it->path());
  }
  std::ranges::sort(paths);
  std::string text;
  for (const fs::path& path : paths) {
    struct stat info{};
    if (::stat(path.c_str(), &info) != 0) continue;
    text += path.string();
    for (const auto number :
         {static_cast<std::int64_t>(info.st_ino), static_cast<std::int64_t>(info.st_size),
          static_cast<std::int64_t>(info.st_mtim.tv_sec), static_cast<std::int64_t>(info.st_mtim.tv_nsec),
          static_cast<std::int64_t>(info.st_ctim.tv_nsec)}) {
      text.append(1, ' ').append(std::to_string(number));
    }
  }
  return error ? 0 : std::hash<std::string>()(text);
}

}  // namespace

CatalogSource::CatalogSource(fs::path directory) : directory_(std::move(directory)) {}

std::expected<std::shared_ptr<const spec::Catalog>, std::string> CatalogSource::load() {
  if (!directory_.empty()) mark_ = mark_of(directory_);
  spec::CatalogBuilder builder;
  return builder.build(++generation_);
}

std::expected<std::shared_ptr<const spec::Catalog>, std::string> CatalogSource::poll() {
  if (directory_.empty()) return nullptr;
  if (mark_of(directory_) == mark_) return nullptr;
  return load();
}

}  // namespace modelgate::webhook
