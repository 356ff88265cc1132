// SPDX-License-Identifier: Apache-2.0
//
// How many threads to run: by the cgroup's CPU quota, not by the host's cores. With more threads than the
// quota the kernel throttles all of them for the rest of each 100 ms. Used by webhook/program.cc.
//
// cgroup v2: /sys/fs/cgroup/<path>/cpu.max, "200000 100000" or "max 100000"; v1: cpu.cfs_quota_us and
// cpu.cfs_period_us, -1 for none. The smallest quota of the process' cgroup and its parents applies. In a
// container the process usually sees its own cgroup as the root.
#pragma once

#include <filesystem>

namespace modelgate::process {

/// From 1 to the number of CPUs that the process may use. A quota of 1.5 CPUs gives 2. `root` differs from
/// "/" in tests only.
int cpus_to_use(const std::filesystem::path& root = "/");

}  // namespace modelgate::process
