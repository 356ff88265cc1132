// SPDX-License-Identifier: Apache-2.0
//
// Holds the house together: which folder may include which, where the network libraries may be seen, and
// what the pure folders may not touch. Reads the sources as text.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

const fs::path kRoot = MODELGATE_SOURCE_DIR;

/// What a folder may include beside itself. The arrows of README.md.
const std::map<std::string, std::set<std::string>> kMayInclude = {
    {"process", {}},
    {"spec", {}},
    {"defaulting", {"spec"}},
    {"validation", {"spec"}},
    {"workload", {"spec"}},
    {"admission", {"spec", "defaulting", "validation", "workload"}},
    {"certs", {}},
    {"http", {"certs", "process"}},
    {"kube", {"process", "spec", "deploy"}},
    {"deploy", {}},
    {"webhook", {"process", "spec", "admission", "kube", "certs", "deploy", "http"}},
    {"reconciler", {"process", "spec", "defaulting", "validation", "workload", "kube", "deploy", "http"}},
    {"cli", {"process", "spec", "defaulting", "admission", "workload", "certs", "kube", "deploy"}},
};

/// Headers that mean I/O, clocks, threads or randomness: not for functions of their arguments.
const std::set<std::string> kImpure = {
    "chrono", "ctime",  "filesystem", "fstream", "iostream",          "thread", "mutex", "atomic",
    "random", "cstdio", "unistd.h",   "future",  "condition_variable"};
const std::set<std::string> kPure = {"spec", "defaulting", "validation", "workload", "admission"};

/// Sources in which Asio and Beast may be seen, and where: they take up to half a minute each to compile. The
/// server has five, the API server's client and its loops, of both programs, the rest.
constexpr std::size_t kMaxNetworkSources = 30;
const std::set<std::string> kMayUseTheNetwork = {"process", "http", "kube", "webhook", "reconciler"};

struct Include {
  fs::path file;
  std::string what;
};

std::vector<Include> includes_of(const std::string& folder) {
  static const std::regex kLine(R"re(^\s*#\s*include\s*["<]([^">]+)[">])re");
  std::vector<Include> out;
  if (!fs::exists(kRoot / folder)) return out;
  for (const auto& entry : fs::recursive_directory_iterator(kRoot / folder)) {
    const fs::path& p = entry.path();
    if (p.extension() != ".h" && p.extension() != ".cc") continue;
    std::ifstream in(p);
    for (std::string line; std::getline(in, line);) {
      std::smatch m;
      if (std::regex_search(line, m, kLine)) out.push_back({p.lexically_relative(kRoot), m[1]});
    }
  }
  return out;
}

std::string folder_of(const std::string& include) {
  const auto slash = include.find('/');
  return slash == include.npos ? "" : include.substr(0, slash);
}

TEST(Architecture, ArrowsPointOneWay) {
  std::size_t seen = 0;
  for (const auto& [folder, allowed] : kMayInclude) {
    for (const Include& i : includes_of(folder)) {
      const std::string to = folder_of(i.what);
      if (!kMayInclude.contains(to) || to == folder) continue;
      ++seen;
      EXPECT_TRUE(allowed.contains(to))
          << i.file << " includes " << i.what << ", and " << folder << "/ may not see " << to << "/";
    }
  }
  EXPECT_GT(seen, 20U) << "the sources were not found";
}

TEST(Architecture, PureFoldersDoNoInputOrOutput) {
  for (const std::string& folder : kPure) {
    for (const Include& i : includes_of(folder)) {
      EXPECT_FALSE(kImpure.contains(i.what)) << i.file << " includes <" << i.what << ">";
    }
  }
}

TEST(Architecture, RapidJsonIsReadInOnePlace) {
  for (const auto& [folder, allowed] : kMayInclude) {
    for (const Include& i : includes_of(folder)) {
      if (!i.what.starts_with("rapidjson/")) continue;
      EXPECT_TRUE(i.file == "spec/json.cc" || i.file == "spec/rapidjson.h")
          << i.file << " includes " << i.what;
    }
  }
}

TEST(Architecture, TheNetworkIsBehindFewSources) {
  std::set<fs::path> sources;
  for (const auto& [folder, allowed] : kMayInclude) {
    for (const Include& i : includes_of(folder)) {
      if (i.what.starts_with("boost/asio") || i.what.starts_with("boost/beast")) sources.insert(i.file);
    }
  }
  EXPECT_LE(sources.size(), kMaxNetworkSources);
  for (const fs::path& p : sources) {
    EXPECT_TRUE(kMayUseTheNetwork.contains(p.begin()->string())) << p;
  }
}

TEST(Architecture, EveryFolderSaysWhatMayEnter) {
  for (const auto& [folder, allowed] : kMayInclude) {
    if (includes_of(folder).empty()) continue;
    EXPECT_TRUE(fs::exists(kRoot / folder / "README.md")) << folder << "/ has no README.md";
  }
}

TEST(Architecture, FilesHaveASubject) {
  static const std::regex kVague(R"((utils?|common|helpers?|misc|constants)\.(h|cc))");
  for (const auto& [folder, allowed] : kMayInclude) {
    if (!fs::exists(kRoot / folder)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(kRoot / folder)) {
      EXPECT_FALSE(std::regex_match(entry.path().filename().string(), kVague)) << entry.path();
    }
  }
}

}  // namespace
