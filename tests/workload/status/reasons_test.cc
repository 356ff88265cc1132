// SPDX-License-Identifier: Apache-2.0
//
// docs/troubleshooting.md explains every reason that the status can have.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

namespace modelgate::workload {
namespace {

namespace fs = std::filesystem;

std::string read(const fs::path& path) {
  std::ifstream in(path);
  std::ostringstream text;
  text << in.rdbuf();
  return std::move(text).str();
}

/// All reasons in the sources: of a State, of a problem, of the kubelet.
std::set<std::string> reasons() {
  const std::regex forms[] = {
      std::regex(R"re(\{"(?:True|False|Unknown)", "([A-Z]\w+)",)re"),
      std::regex(R"re(with\("(?:True|False|Unknown)", \w+, "([A-Z]\w+)")re"),
      std::regex(R"re((?:fatal|notice|fail)\((?:\w+(?:\.\w+)?, )?"([A-Z]\w+)")re"),
      std::regex(R"re((?:kTrafficNotSplit|kWaitsForStable) = "([A-Z]\w+)")re"),
      std::regex(R"re(\{"([A-Z]\w+(?:Error|BackOff|Name|Pull|Unavailable|Failed))"\})re")};
  std::set<std::string> out;
  for (const auto& entry : fs::recursive_directory_iterator(fs::path(MODELGATE_SOURCE_DIR) / "workload")) {
    const fs::path& path = entry.path();
    if (path.extension() != ".cc" && path.extension() != ".h") continue;
    const std::string text = read(path);
    for (const std::regex& form : forms) {
      for (std::sregex_iterator it(text.begin(), text.end(), form), end; it != end; ++it)
        out.insert((*it)[1]);
    }
  }
  return out;
}

TEST(Reasons, AreExplained) {
  const std::string document = read(fs::path(MODELGATE_SOURCE_DIR) / "docs/troubleshooting.md");
  const std::set<std::string> found = reasons();
  EXPECT_GT(found.size(), 35U);
  for (const std::string& reason : found)
    EXPECT_NE(document.find("`" + reason + "`"), std::string::npos)
        << "docs/troubleshooting.md does not explain the reason " << reason;
}

}  // namespace
}  // namespace modelgate::workload
