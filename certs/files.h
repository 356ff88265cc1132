// SPDX-License-Identifier: Apache-2.0
#pragma once

// A source that reads a pair from a directory, as a Secret of type kubernetes.io/tls is mounted (cert-manager
// makes such Secrets):
//
//   /certs/tls.crt -> ..data/tls.crt
//   /certs/tls.key -> ..data/tls.key
//   /certs/..data  -> ..2026_11_23_10_00_00.123456789      replaced by one rename(2) when the Secret changes
//
// Plain files that are overwritten one after the other work too: between the two writes certificate and key
// do not match, so that pair is refused, and the next look finds the whole one.
//
// How a change is noticed: each poll calls stat(2) on both names, through the links. Device, inode, size,
// mtime and ctime all as before means nothing changed. Else both are read, and stat is asked once more: if it
// answers differently, the files were being replaced while we read, and the next poll tries again. A file
// younger than kRacyAge is read again even when stat sees no change, since a second write within the same
// tick of the file system's clock leaves no trace there. What was read is compared by its SHA-256, so
// touching a file replaces nothing. (inotify would save the stat calls, and would need a fallback for the
// file systems that do not have it.)

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

// The coarsest clock of the file systems we may be mounted from (ext3, FAT: two seconds).
inline constexpr std::chrono::seconds kRacyAge{2};

// Reads the pair once. Errors: kUnreadable, kTooLarge, kMalformed, kMismatch, kExpired, kNotYetValid.
Result<std::unique_ptr<CertificateSource>> open_file_source(const FileNames& names, TimePoint now);

}  // namespace modelgate::certs
