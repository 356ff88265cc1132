// SPDX-License-Identifier: Apache-2.0
#include "process/process_metrics.h"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

#include "process/version.h"

namespace modelgate::process {
namespace {

// Seconds since the epoch at which the machine started, from "btime" in /proc/stat.
double boot_time() {
  std::ifstream file("/proc/stat");
  std::string word;
  while (file >> word) {
    if (word == "btime") {
      double seconds = 0;
      file >> seconds;
      return seconds;
    }
  }
  return 0;
}

std::uint64_t count_open_files() {
  std::error_code error;
  const std::filesystem::directory_iterator files("/proc/self/fd", error);
  if (error) return 0;
  return static_cast<std::uint64_t>(std::distance(begin(files), end(files))) -
         1;  // without the descriptor of this iteration
}

}  // namespace

ProcessStats process_stats() {
  ProcessStats stats;
  std::ifstream file("/proc/self/stat");
  std::string line;
  if (!std::getline(file, line) || !line.contains(')')) return stats;
  // proc(5), from 1: 14 utime, 15 stime, 22 starttime, 23 vsize, 24 rss. Field 2, the program's name, may
  // contain blanks and parentheses, so parsing starts after it.
  std::istringstream fields(line.substr(line.rfind(')') + 1));
  std::string skipped;
  for (int i = 3; i < 14; ++i) fields >> skipped;
  double user = 0;
  double system = 0;
  fields >> user >> system;
  for (int i = 16; i < 22; ++i) fields >> skipped;
  double started = 0;
  std::uint64_t resident_pages = 0;
  fields >> started >> stats.virtual_bytes >> resident_pages;
  const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
  stats.cpu_seconds = (user + system) / ticks;
  stats.start_time_seconds = boot_time() + started / ticks;
  stats.resident_bytes = resident_pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  stats.open_files = count_open_files();
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) stats.max_files = limit.rlim_cur;
  return stats;
}

void add_process_metrics(std::string_view program, MetricFamilies& families) {
  const ProcessStats stats = process_stats();
  families.counter("process_cpu_seconds_total", "User and system CPU time.", stats.cpu_seconds);
  families.gauge("process_start_time_seconds", "Start time, in seconds since the epoch.",
                 stats.start_time_seconds);
  families.gauge("process_resident_memory_bytes", "Resident memory.", stats.resident_bytes);
  families.gauge("process_virtual_memory_bytes", "Virtual memory.", stats.virtual_bytes);
  families.gauge("process_open_fds", "Open file descriptors.", stats.open_files);
  families.gauge("process_max_fds", "Maximum number of open file descriptors.", stats.max_files);
  add(families.begin("modelgate_build_info", "Always 1. The labels identify the build.", MetricType::Gauge),
      {{"program", std::string(program)}, {"version", std::string(version())}}, 1);
}

}  // namespace modelgate::process
