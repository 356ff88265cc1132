// SPDX-License-Identifier: Apache-2.0
#include "kube/client/small_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace modelgate::kube {
namespace {

std::unexpected<std::string> failed(const std::string& path, int number) {
  return std::unexpected(fmt::format("{}: {}", path, std::strerror(number)));
}

struct Handle {
  int value;
  ~Handle() {
    if (value >= 0) ::close(value);
  }
};

}  // namespace

std::expected<std::string, std::string> read_small_file(const std::string& path) {
  // Non-blocking: the path may be a named pipe by mistake.
  const Handle file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (file.value < 0) return failed(path, errno);
  struct stat info{};
  if (::fstat(file.value, &info) != 0) return failed(path, errno);
  if (S_ISDIR(info.st_mode)) return failed(path, EISDIR);
  std::string text;
  std::array<char, 4096> part;
  while (text.size() <= kMaxSmallFile) {
    const ssize_t got = ::read(file.value, part.data(), part.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed(path, errno);
    if (got == 0) return text;
    text.append(part.data(), static_cast<std::size_t>(got));
  }
  return std::unexpected(fmt::format("{}: larger than 1 MiB", path));
}

}  // namespace modelgate::kube
