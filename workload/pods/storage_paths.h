// SPDX-License-Identifier: Apache-2.0
//
// Paths in containers, and the volume names that are derived from them. Called by storage_initializer.cc,
// storage_rules.cc and oci_model.cc.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace modelgate::workload {

/// The deepest directory that contains all paths; "/" where they share no other. One path is its own parent.
std::string common_parent(const std::vector<std::string>& paths);

/// "/mnt/models" becomes "mnt-models".
std::string volume_name_of(std::string_view path);

/// Like Go's filepath.Dir: cleaned; "." for a name without a slash.
std::string parent_directory(std::string_view path);

}  // namespace modelgate::workload
