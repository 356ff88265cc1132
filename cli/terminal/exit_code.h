// SPDX-License-Identifier: Apache-2.0
//
// What the command's exit status says. The help texts of main.cc list them.
#pragma once

namespace modelgate::cli {

// review, explain
inline constexpr int kAllowed = 0;     // everything would be admitted; or nothing was asked
inline constexpr int kDenied = 1;      // something would be denied
inline constexpr int kUnreadable = 2;  // a wrong flag, or a file that cannot be read

// doctor
inline constexpr int kHealthy = 0;   // nothing worse than something it could not look at
inline constexpr int kWarnings = 1;  // it works, and something should be mended
inline constexpr int kErrors = 2;    // something does not work; or the cluster or a flag could not be read

}  // namespace modelgate::cli
