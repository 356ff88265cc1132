// SPDX-License-Identifier: Apache-2.0
//
// Enforces the dependencies of docs/architecture.md: which folder may include which, which sources may include the
// network libraries, and what the pure folders may not include. Reads the sources as text.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace {

namespace fs = std::filesystem;

const fs::path kRoot = MODELGATE_SOURCE_DIR;

/// What a folder may include besides itself: a folder with its sub-folders, or a single sub-folder.
const std::map<std::string, std::set<std::string>> kMayInclude = {
    {"process", {"spec/text"}},
    {"spec", {}},
    {"defaulting", {"spec"}},
    {"validation", {"spec"}},
    {"workload", {"spec"}},
    {"yaml", {"spec"}},
    {"admission", {"spec", "defaulting", "validation", "workload"}},
    {"certs", {"spec/text"}},
    {"http", {"certs", "process", "spec/text"}},
    {"kube", {"process", "spec", "yaml", "deploy"}},
    {"deploy", {}},
    {"webhook", {"process", "spec", "admission", "kube", "certs", "deploy", "http"}},
    {"reconciler", {"process", "spec", "defaulting", "validation", "workload", "kube", "deploy", "http"}},
    {"cli", {"process", "spec", "defaulting", "admission", "workload", "certs", "kube", "yaml", "deploy"}},
};

/// What a sub-folder may include of its top-level folder, besides itself. The files directly in the top-level folder
/// may include every sub-folder, and no sub-folder includes them. docs/architecture.md has a row for each.
const std::map<std::string, std::set<std::string>> kMayIncludeInside = {
    {"spec/text", {}},
    {"workload/objects", {}},
    {"workload/pods", {"workload/objects"}},
    {"workload/children", {"workload/objects", "workload/pods"}},
    {"workload/status", {"workload/objects", "workload/children"}},
    {"kube/client", {}},
    {"reconciler/queue", {}},
    {"reconciler/cache", {"reconciler/queue"}},
    {"reconciler/metrics", {"reconciler/queue"}},
    {"reconciler/apply", {"reconciler/queue", "reconciler/cache"}},
    {"reconciler/status", {"reconciler/queue", "reconciler/cache", "reconciler/apply"}},
    {"reconciler/assessment",
     {"reconciler/queue", "reconciler/cache", "reconciler/metrics", "reconciler/apply", "reconciler/status"}},
    {"webhook/certificates", {}},
    {"cli/terminal", {}},
    {"cli/offline", {"cli/terminal"}},
    {"cli/doctor", {"cli/terminal"}},
};

/// Headers for I/O, clocks, threads or randomness, which pure folders must not include.
const std::set<std::string> kImpure = {
    "chrono", "ctime",  "filesystem", "fstream", "iostream",          "thread", "mutex", "atomic",
    "random", "cstdio", "unistd.h",   "future",  "condition_variable"};
/// Exceptions: `file`, and the header that it may include. <chrono> provides types; no clock is read.
const std::set<std::pair<std::string, std::string>> kMayIncludeImpure = {{"spec/text/rfc3339.h", "chrono"}};
const std::set<std::string> kPure = {"spec", "defaulting", "validation", "workload", "admission", "yaml"};

/// How many sources may include Asio or Beast, and in which folders: each takes up to half a minute to compile. The
/// server has five of them; the client of the API server and its loops have the others.
constexpr std::size_t kMaxNetworkSources = 30;
const std::set<std::string> kNetworkFolders = {"process", "http", "kube", "webhook", "reconciler"};

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

std::string directory_of(const fs::path& file) {
  return file.parent_path().string();
}

TEST(Architecture, FoldersDependInOneDirection) {
  std::size_t seen = 0;
  for (const auto& [folder, allowed] : kMayInclude) {
    for (const Include& i : includes_of(folder)) {
      const std::string to = folder_of(i.what);
      if (!kMayInclude.contains(to) || to == folder) continue;
      ++seen;
      EXPECT_TRUE(allowed.contains(to) || allowed.contains(directory_of(i.what)))
          << i.file << " includes " << i.what << ": " << folder << "/ must not include "
          << directory_of(i.what) << "/";
    }
  }
  EXPECT_GT(seen, 20U) << "the sources were not found";
}

TEST(Architecture, SubFoldersDependInOneDirection) {
  std::size_t seen = 0;
  for (const auto& [top, unused] : kMayInclude) {
    for (const Include& i : includes_of(top)) {
      const std::string from = directory_of(i.file);
      const std::string to = directory_of(i.what);
      if (from == top || from == to || folder_of(i.what) != top) continue;
      const auto rule = kMayIncludeInside.find(from);
      ASSERT_TRUE(rule != kMayIncludeInside.end()) << from << "/ has no row in kMayIncludeInside";
      ++seen;
      EXPECT_TRUE(rule->second.contains(to)) << i.file << " includes " << i.what;
    }
  }
  EXPECT_GT(seen, 20U) << "no include between sub-folders was found";
}

TEST(Architecture, SubFoldersAreListed) {
  for (const auto& [top, unused] : kMayInclude) {
    std::set<std::string> folders;
    for (const Include& i : includes_of(top)) folders.insert(directory_of(i.file));
    folders.erase(top);
    for (const std::string& folder : folders) {
      EXPECT_TRUE(kMayIncludeInside.contains(folder)) << folder << "/ has no row in kMayIncludeInside";
      EXPECT_TRUE(fs::exists(kRoot / folder / "README.md")) << folder << "/ has no README.md";
    }
  }
}

/// Folders in which a header's source uses a header that includes it. New folders must not be added.
const std::set<std::string> kHaveCycles = {"certs", "cli/doctor", "defaulting", "kube/client",
                                           "spec",  "validation", "yaml"};

/// A header and its source count as one file.
TEST(Architecture, FilesOfAFolderHaveNoCycles) {
  std::map<std::string, std::map<std::string, std::set<std::string>>> folders;  // what each file includes
  for (const auto& [top, unused] : kMayInclude) {
    for (const Include& i : includes_of(top)) {
      const std::string folder = directory_of(i.file);
      const std::string file = i.file.stem().string();
      const std::string other = fs::path(i.what).stem().string();
      if (directory_of(i.what) == folder && file != other) folders[folder][file].insert(other);
    }
  }
  EXPECT_GT(folders.size(), 10U) << "the sources were not found";
  for (auto& [folder, files] : folders) {
    if (kHaveCycles.contains(folder)) continue;
    // Removes files whose includes were all removed. What remains has a cycle.
    const auto is_removed = [&](const std::string& file) { return !files.contains(file); };
    while (std::erase_if(files, [&](const auto& f) { return std::ranges::all_of(f.second, is_removed); }) >
           0) {
    }
    for (const auto& [file, includes] : files)
      ADD_FAILURE() << folder << "/" << file << " is part of a cycle";
  }
}

/// "| `workload/pods/` | subject | `workload/objects/` |"
TEST(Architecture, SubFoldersAreInTheDocument) {
  std::ifstream in(kRoot / "docs/architecture.md");
  const std::string document{std::istreambuf_iterator<char>(in), {}};
  for (const auto& [folder, allowed] : kMayIncludeInside) {
    const std::size_t row = document.find("\n| `" + folder + "/` | ");
    ASSERT_NE(row, document.npos) << "docs/architecture.md has no row for " << folder << "/";
    const std::string text = document.substr(row, document.find('\n', row + 1) - row);
    for (const std::string& other : allowed) {
      EXPECT_NE(text.find("`" + other + "/`"), text.npos)
          << "its row for " << folder << "/ lacks " << other << "/";
    }
  }
}

TEST(Architecture, PureFoldersDoNoInputOrOutput) {
  for (const std::string& folder : kPure) {
    for (const Include& i : includes_of(folder)) {
      if (kMayIncludeImpure.contains({i.file.string(), i.what})) continue;
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

TEST(Architecture, FewSourcesIncludeTheNetwork) {
  std::set<fs::path> sources;
  for (const auto& [folder, allowed] : kMayInclude) {
    for (const Include& i : includes_of(folder)) {
      if (i.what.starts_with("boost/asio") || i.what.starts_with("boost/beast")) sources.insert(i.file);
    }
  }
  EXPECT_LE(sources.size(), kMaxNetworkSources);
  for (const fs::path& p : sources) {
    EXPECT_TRUE(kNetworkFolders.contains(p.begin()->string())) << p;
  }
}

TEST(Architecture, EveryFolderHasAReadme) {
  for (const auto& [folder, allowed] : kMayInclude) {
    if (includes_of(folder).empty()) continue;
    EXPECT_TRUE(fs::exists(kRoot / folder / "README.md")) << folder << "/ has no README.md";
  }
}

/// In validation/ and defaulting/ the functions of a table are declared together, in the header of the table.
TEST(Architecture, SourcesHaveAHeaderOfTheirName) {
  const std::set<std::string> declared_together = {"validation", "defaulting"};
  const std::set<std::string> without = {"main.cc", "asio_sources.cc"};
  for (const auto& [folder, allowed] : kMayInclude) {
    if (declared_together.contains(folder) || !fs::exists(kRoot / folder)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(kRoot / folder)) {
      fs::path path = entry.path();
      if (path.extension() != ".cc" || without.contains(path.filename().string())) continue;
      EXPECT_TRUE(fs::exists(path.replace_extension(".h"))) << entry.path() << " has no header of its name";
    }
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
