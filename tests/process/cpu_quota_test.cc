// SPDX-License-Identifier: Apache-2.0
#include "process/cpu_quota.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

namespace modelgate::process {
namespace {

namespace fs = std::filesystem;

int cpus_here() {
  cpu_set_t set;
  CPU_ZERO(&set);
  ::sched_getaffinity(0, sizeof(set), &set);
  return CPU_COUNT(&set);
}

struct QuotaCase {
  const char* name;
  std::map<std::string, std::string> files;
  int cpus;  // before the limit of the machine's CPUs
};

class Quotas : public testing::TestWithParam<QuotaCase> {};

TEST_P(Quotas, GiveThreads) {
  std::string name = (fs::temp_directory_path() / "cgroup-XXXXXX").string();
  const fs::path root = ::mkdtemp(name.data());
  for (const auto& [path, text] : GetParam().files) {
    fs::create_directories((root / path).parent_path());
    std::ofstream(root / path) << text;
  }
  EXPECT_EQ(cpus_to_use(root), std::min(GetParam().cpus, cpus_here()));
  fs::remove_all(root);
}

constexpr const char* kV2 = "0::/a/b\n";
constexpr const char* kV1 = "4:memory:/a\n3:cpu,cpuacct:/a/b\n";

INSTANTIATE_TEST_SUITE_P(
    Table, Quotas,
    testing::Values(
        QuotaCase{"NoCgroup", {}, 1 << 20}, QuotaCase{"NoQuota", {{"proc/self/cgroup", kV2}}, 1 << 20},
        QuotaCase{"Max", {{"proc/self/cgroup", kV2}, {"sys/fs/cgroup/a/b/cpu.max", "max 100000\n"}}, 1 << 20},
        QuotaCase{"One", {{"proc/self/cgroup", kV2}, {"sys/fs/cgroup/a/b/cpu.max", "100000 100000\n"}}, 1},
        QuotaCase{
            "OneAndABit", {{"proc/self/cgroup", kV2}, {"sys/fs/cgroup/a/b/cpu.max", "110000 100000\n"}}, 2},
        QuotaCase{"Half", {{"proc/self/cgroup", kV2}, {"sys/fs/cgroup/a/b/cpu.max", "50000 100000\n"}}, 1},
        QuotaCase{"ParentIsSmaller",
                  {{"proc/self/cgroup", kV2},
                   {"sys/fs/cgroup/a/cpu.max", "100000 100000\n"},
                   {"sys/fs/cgroup/a/b/cpu.max", "max 100000\n"}},
                  1},
        QuotaCase{"ContainerSeesItselfAsRoot",
                  {{"proc/self/cgroup", kV2}, {"sys/fs/cgroup/cpu.max", "100000 100000\n"}},
                  1},
        QuotaCase{"Version1",
                  {{"proc/self/cgroup", kV1},
                   {"sys/fs/cgroup/cpu/a/b/cpu.cfs_quota_us", "100000\n"},
                   {"sys/fs/cgroup/cpu/a/b/cpu.cfs_period_us", "100000\n"}},
                  1},
        QuotaCase{"Version1Unlimited",
                  {{"proc/self/cgroup", kV1},
                   {"sys/fs/cgroup/cpu/a/b/cpu.cfs_quota_us", "-1\n"},
                   {"sys/fs/cgroup/cpu/a/b/cpu.cfs_period_us", "100000\n"}},
                  1 << 20},
        QuotaCase{
            "Garbage", {{"proc/self/cgroup", "hello\n0::\n"}, {"sys/fs/cgroup/cpu.max", "many\n"}}, 1 << 20}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace modelgate::process
