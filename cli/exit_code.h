// SPDX-License-Identifier: Apache-2.0
//
// What the command's exit status says. The help text of main.cc lists them.
#pragma once

namespace modelgate::cli {

inline constexpr int kAllowed = 0;     // everything would be admitted; or nothing was asked
inline constexpr int kDenied = 1;      // something would be denied
inline constexpr int kUnreadable = 2;  // a wrong flag, or a file that cannot be read

}  // namespace modelgate::cli
