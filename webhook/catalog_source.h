// SPDX-License-Identifier: Apache-2.0
#pragma once

// Where the webhook's catalog comes from: the manifests compiled in, or those in a directory, read again when
// they change. Polled by webhook/main.cc. Watching a cluster will be another way to get one; handlers, which
// are handed catalogs, will not notice.
//
//   CatalogSource source(flags.manifests);
//   auto catalog = source.load();                      // at the start: an error ends the program
//   every second: if (auto newer = source.poll(); newer && *newer) hand_out(*newer);
//
// Not thread-safe. A set of manifests that cannot be read whole is refused, and the last good catalog stays.

#include <cstdint>
#include <expected>
#include <filesystem>
#include <memory>
#include <string>

#include "spec/catalog.h"

namespace modelgate::webhook {

class CatalogSource {
 public:
  // `directory` empty: the manifests compiled in.
  explicit CatalogSource(std::filesystem::path directory);

  // The error is text for people, with file and line.
  std::expected<std::shared_ptr<const spec::Catalog>, std::string> load();

  // A catalog if the files changed since the last look, null if they did not. An error is told once.
  std::expected<std::shared_ptr<const spec::Catalog>, std::string> poll();

 private:
  std::filesystem::path directory_;
  std::uint64_t mark_ = 0;  // of the files as they were read last
  std::uint64_t generation_ = 0;
};

}  // namespace modelgate::webhook
