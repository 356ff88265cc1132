// SPDX-License-Identifier: Apache-2.0
//
// A source that reads a key pair from a directory, such as a mounted Secret of type kubernetes.io/tls (from
// cert-manager, for example):
//
//   /certs/tls.crt -> ..data/tls.crt
//   /certs/tls.key -> ..data/tls.key
//   /certs/..data  -> ..2026_11_23_10_00_00.123456789      replaced by one rename(2) when the Secret changes
//
// Files that are overwritten one after the other work too: between the two writes certificate and key do not
// match, so that pair is rejected, and a later poll reads the matching one.
//
// Change detection: each poll calls stat(2) on both files, through the links. If device, inode, size, mtime
// and ctime are unchanged, so are the files. Otherwise both are read, and stat is called again: if its result
// differs, the files were replaced during the read, and the next poll tries again. A file younger than
// kRacyAge is always read again, since stat may not show a second write within a tick of the file system's
// clock. The content is compared by its SHA-256, so touching a file has no effect. (inotify would avoid the
// stat calls, but some file systems do not have it.)
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

#include "certs/source.h"

namespace modelgate::certs {

struct FileNames {
  std::filesystem::path directory;
  std::string certificate = "tls.crt";
  std::string key = "tls.key";
};

/// The coarsest clock of common file systems (ext3, FAT: two seconds).
inline constexpr std::chrono::seconds kRacyAge{2};

/// Reads the pair once. Errors: kUnreadable, kTooLarge, kMalformed, kMismatch, kExpired, kNotYetValid.
Result<std::unique_ptr<CertificateSource>> open_file_source(const FileNames& names, TimePoint now);

}  // namespace modelgate::certs
