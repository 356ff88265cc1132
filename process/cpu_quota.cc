// SPDX-License-Identifier: Apache-2.0
#include "process/cpu_quota.h"

#include <sched.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <optional>
#include <string>

namespace modelgate::process {
namespace {

namespace fs = std::filesystem;
constexpr double kNoQuota = std::numeric_limits<double>::infinity();

double quota_v2(const fs::path& directory) {
  std::ifstream file(directory / "cpu.max");
  std::string quota;
  double period = 0;
  if (!(file >> quota >> period) || quota == "max" || period <= 0) return kNoQuota;
  return std::strtod(quota.c_str(), nullptr) / period;
}

double quota_v1(const fs::path& directory) {
  std::ifstream quota_file(directory / "cpu.cfs_quota_us");
  std::ifstream period_file(directory / "cpu.cfs_period_us");
  double quota = 0;
  double period = 0;
  if (!(quota_file >> quota) || !(period_file >> period) || quota <= 0 || period <= 0) return kNoQuota;
  return quota / period;
}

// The smallest quota from `path`, a path of /proc/self/cgroup, up to the root of the mount.
double smallest_quota(const fs::path& mount, const fs::path& path, double (*quota_of)(const fs::path&)) {
  double quota = quota_of(mount);
  fs::path directory = mount;
  for (const fs::path& part : path.relative_path()) {
    directory /= part;
    quota = std::min(quota, quota_of(directory));
  }
  return quota;
}

bool has_controller(const std::string& list, const std::string& name) {
  return ("," + list + ",").find("," + name + ",") != std::string::npos;
}

// Lines of /proc/self/cgroup are "hierarchy:controllers:path"; version 2 has an empty list of controllers.
double quota_of_process(const fs::path& root) {
  std::ifstream file(root / "proc/self/cgroup");
  double quota = kNoQuota;
  std::string line;
  while (std::getline(file, line)) {
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const fs::path path = line.substr(second + 1);
    if (controllers.empty()) {
      quota = std::min(quota, smallest_quota(root / "sys/fs/cgroup", path, quota_v2));
    } else if (has_controller(controllers, "cpu")) {
      quota = std::min(quota, smallest_quota(root / "sys/fs/cgroup/cpu", path, quota_v1));
    }
  }
  return quota;
}

int cpus_allowed() {
  cpu_set_t set;
  CPU_ZERO(&set);
  return ::sched_getaffinity(0, sizeof(set), &set) == 0 ? std::max(1, CPU_COUNT(&set)) : 1;
}

}  // namespace

int cpus_to_use(const std::filesystem::path& root) {
  const double quota = std::ceil(quota_of_process(root));
  const int allowed = cpus_allowed();
  return quota >= allowed ? allowed : std::max(1, static_cast<int>(quota));
}

}  // namespace modelgate::process
