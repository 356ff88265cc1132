// SPDX-License-Identifier: Apache-2.0
#include "workload/pods/storage_paths.h"

#include <algorithm>

namespace modelgate::workload {
namespace {

std::string_view trim_slashes(std::string_view path) {
  while (path.starts_with('/')) path.remove_prefix(1);
  while (path.ends_with('/')) path.remove_suffix(1);
  return path;
}

std::vector<std::string_view> parts_of(std::string_view path) {
  std::vector<std::string_view> parts;
  path = trim_slashes(path);
  while (!path.empty()) {
    const std::size_t slash = path.find('/');
    parts.push_back(path.substr(0, slash));
    if (slash == std::string_view::npos) break;
    path.remove_prefix(slash + 1);
  }
  return parts;
}

}  // namespace

std::string common_parent(const std::vector<std::string>& paths) {
  if (paths.empty()) return {};
  if (paths.size() == 1) return paths.front();
  std::vector<std::string_view> common = parts_of(paths.front());
  for (const std::string& path : paths) {
    const std::vector<std::string_view> parts = parts_of(path);
    const auto [end, other] = std::ranges::mismatch(common, parts);
    common.erase(end, common.end());
  }
  std::string out;
  for (const std::string_view part : common) out.append("/").append(part);
  return out.empty() ? "/" : out;
}

std::string volume_name_of(std::string_view path) {
  std::string name(trim_slashes(path));
  std::ranges::replace(name, '/', '-');
  return name;
}

std::string parent_directory(std::string_view path) {
  const bool absolute = path.starts_with('/');
  const std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return ".";
  std::vector<std::string_view> parts_out;
  for (const std::string_view part : parts_of(path.substr(0, slash))) {
    if (part.empty() || part == ".") continue;
    if (part != "..") {
      parts_out.push_back(part);
    } else if (!parts_out.empty() && parts_out.back() != "..") {
      parts_out.pop_back();
    } else if (!absolute) {
      parts_out.push_back(part);
    }
  }
  std::string out;
  for (const std::string_view part : parts_out) {
    if (!out.empty() || absolute) out += '/';
    out += part;
  }
  if (!out.empty()) return out;
  return absolute ? "/" : ".";
}

}  // namespace modelgate::workload
