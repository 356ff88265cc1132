// SPDX-License-Identifier: Apache-2.0
#pragma once

// How many threads to run: as many as the cgroup's CPU quota pays for, not as the host has cores. A thread
// above the quota does not make anything faster; it makes the kernel stop all of them for the rest of each
// 100 ms. Used by webhook/program.cc.
//
// cgroup v2: /sys/fs/cgroup/<path>/cpu.max, "200000 100000" or "max 100000"; v1: cpu.cfs_quota_us and
// cpu.cfs_period_us, -1 for none. The tightest of the process' cgroup and those above it counts. In a
// container the process usually sees its own cgroup as the root.

#include <filesystem>

namespace modelgate::process {

// At least 1, at most the CPUs that the process may run on. A quota of 1.5 CPUs gives 2. `root` is "/" but in
// tests.
int cpus_to_use(const std::filesystem::path& root = "/");

}  // namespace modelgate::process
