// SPDX-License-Identifier: Apache-2.0
#include "http/client_ca.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>

namespace modelgate::http {
namespace {

// Reads at most one byte more than the limit.
std::expected<std::string, std::string> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file.is_open()) return std::unexpected(path + ": " + std::strerror(errno));
  std::string text;
  std::array<char, 4096> part;
  while (text.size() <= certs::kMaxPemBytes) {
    file.read(part.data(), part.size());
    text.append(part.data(), static_cast<std::size_t>(file.gcount()));
    if (!file) break;
  }
  if (file.bad()) return std::unexpected(path + ": cannot be read");
  return text;
}

}  // namespace

ClientCaFile::ClientCaFile(std::string path, std::vector<std::string> names)
    : path_(std::move(path)), names_(std::move(names)) {}

std::expected<ClientCaFile, std::string> ClientCaFile::open(std::string path,
                                                            std::vector<std::string> names) {
  ClientCaFile file(std::move(path), std::move(names));
  const auto read = file.poll();
  if (!read) return std::unexpected(read.error());
  return file;
}

std::expected<bool, std::string> ClientCaFile::poll() {
  std::expected<std::string, std::string> text = read_file(path_);
  const std::string& seen = text ? *text : text.error();
  if (seen == seen_) return false;
  seen_ = seen;
  if (!text) return std::unexpected(text.error());
  auto cas = certs::read_certificates(*text);
  if (!cas) return std::unexpected(path_ + ": " + cas.error().text);
  clients_ = std::make_shared<const TrustedClients>(TrustedClients{std::move(*cas), names_});
  return true;
}

}  // namespace modelgate::http
