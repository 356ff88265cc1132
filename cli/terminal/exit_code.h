// SPDX-License-Identifier: Apache-2.0
//
// The exit codes of each subcommand. The help texts in main.cc list them.
#pragma once

namespace modelgate::cli {

// review, explain
inline constexpr int kAllowed = 0;     // everything would be admitted
inline constexpr int kDenied = 1;      // something would be denied, or has no runtime
inline constexpr int kUnreadable = 2;  // an invalid flag or an unreadable file

// doctor
inline constexpr int kHealthy = 0;   // no finding worse than a skipped check
inline constexpr int kWarnings = 1;  // it works, but something should be fixed
inline constexpr int kErrors = 2;    // something does not work, or the cluster or a flag could not be read

}  // namespace modelgate::cli
