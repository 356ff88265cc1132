// SPDX-License-Identifier: Apache-2.0
//
// Compares docs/troubleshooting.md with the programs: every rule and every check of `modelgate doctor` has a section,
// there are no other sections, each has a remedy, and every link has a target. Messages, reasons and events are in it.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "admission/error_identity.h"
#include "admission/realization.h"
#include "certs/ca_set.h"
#include "cli/doctor/checks.h"
#include "spec/text/ascii.h"
#include "tests/cli/doctor/cluster_snapshots.h"
#include "validation/validation.h"

namespace modelgate::cli {
namespace {

namespace fs = std::filesystem;

struct Section {
  std::string title;
  std::string text;
};

/// The sections with headings of levels two and three, outside of code blocks.
std::vector<Section> sections() {
  std::istringstream in(read_source("docs/troubleshooting.md"));
  std::vector<Section> out;
  bool code = false;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("```")) code = !code;
    const bool heading = !code && (line.starts_with("## ") || line.starts_with("### "));
    if (heading) {
      out.push_back({line.substr(line.find(' ') + 1), {}});
    } else if (!out.empty()) {
      out.back().text += line + "\n";
    }
  }
  return out;
}

/// "`service-name`" -> "service-name"; empty for a heading in words.
std::string id_of(const Section& section) {
  const std::string& t = section.title;
  const bool code = t.size() > 2 && t.starts_with('`') && t.ends_with('`');
  return code ? t.substr(1, t.size() - 2) : std::string();
}

/// The anchor that GitHub generates.
std::string anchor_of(std::string_view title) {
  std::string out;
  for (const char c : title) {
    if (text::is_alphanumeric(c) || c == '-' || c == '_') out += text::to_lower(c);
    if (c == ' ') out += '-';
  }
  return out;
}

/// The matches of the expression's first group in the sources of a folder.
std::set<std::string> in_sources(const std::string& folder, const std::regex& expression) {
  std::set<std::string> out;
  for (const auto& entry : fs::recursive_directory_iterator(fs::path(MODELGATE_SOURCE_DIR) / folder)) {
    if (entry.path().extension() != ".cc") continue;
    const std::string text = read_source(entry.path().lexically_relative(MODELGATE_SOURCE_DIR).string());
    for (std::sregex_iterator it(text.begin(), text.end(), expression), end; it != end; ++it) {
      out.insert((*it)[1]);
    }
  }
  return out;
}

std::set<std::string> rules_and_checks() {
  std::set<std::string> out = in_sources("workload", std::regex(R"re(rule\("([a-z0-9-]+)"\))re"));
  out.merge(in_sources("workload", std::regex(R"re(\? "([a-z]+-[a-z0-9-]+)" : ")re")));
  EXPECT_FALSE(out.empty()) << "found no rules about Pods";
  out.merge(in_sources("admission", std::regex(R"re(begin_rule\("([a-z0-9-]+)")re")));
  out.emplace(admission::kRealizableRule);
  out.emplace(admission::kTypeRule);
  for (const validation::RuleInfo& rule : validation::inference_service_rules()) out.emplace(rule.name);
  for (const validation::RuleInfo& rule : validation::serving_runtime_rules()) out.emplace(rule.name);
  for (const Check& check : doctor_checks()) out.emplace(check.id);
  return out;
}

TEST(TroubleshootingTest, HasASectionForEachRuleAndCheckAndNoOther) {
  std::set<std::string> documented;
  for (const Section& section : sections()) {
    const std::string id = id_of(section);
    if (!id.empty()) EXPECT_TRUE(documented.insert(id).second) << id << " has two sections";
  }
  const std::set<std::string> required = rules_and_checks();
  std::vector<std::string> missing, extra;
  std::ranges::set_difference(required, documented, std::back_inserter(missing));
  std::ranges::set_difference(documented, required, std::back_inserter(extra));
  EXPECT_TRUE(missing.empty()) << "docs/troubleshooting.md needs a section for each of "
                               << testing::PrintToString(missing);
  EXPECT_TRUE(extra.empty()) << "docs/troubleshooting.md has sections for unknown rules or checks: "
                             << testing::PrintToString(extra);
}

TEST(TroubleshootingTest, EachHasAMessageAndARemedy) {
  constexpr std::string_view kRemedy = "**Remedy:**";
  for (const Section& section : sections()) {
    if (id_of(section).empty()) continue;
    EXPECT_NE(section.text.find("\n> "), std::string::npos)
        << section.title << ": its section in docs/troubleshooting.md quotes no message";
    const std::size_t remedy = section.text.find(kRemedy);
    ASSERT_NE(remedy, std::string::npos)
        << section.title << ": its section in docs/troubleshooting.md has no **Remedy:**";
    EXPECT_GT(section.text.size() - remedy, kRemedy.size() + 25)
        << section.title << ": the remedy in docs/troubleshooting.md is too short";
  }
}

TEST(TroubleshootingTest, EveryLinkHasATarget) {
  std::set<std::string> anchors;
  std::string all;
  for (const Section& section : sections()) {
    EXPECT_TRUE(anchors.insert(anchor_of(section.title)).second) << section.title << " occurs twice";
    all += section.text;
  }
  static const std::regex kLink(R"(\]\(#([^)]*)\))");
  std::size_t links = 0;
  for (std::sregex_iterator it(all.begin(), all.end(), kLink), end; it != end; ++it, ++links) {
    EXPECT_TRUE(anchors.contains((*it)[1])) << "#" << (*it)[1];
  }
  EXPECT_GT(links, 20U);
}

/// Without line breaks, so that a text may be wrapped.
std::string unwrapped_text() {
  std::string document = read_source("docs/troubleshooting.md");
  std::ranges::replace(document, '\n', ' ');
  return document;
}

TEST(TroubleshootingTest, HasEveryTextOfTheWebhooksHttpErrors) {
  const std::string document = unwrapped_text();
  std::set<std::string> texts = in_sources("webhook", std::regex(R"re(text_reply\(\d+, "([^"]+)"\))re"));
  texts.merge(in_sources("webhook", std::regex(R"re(overloaded_reply\("([^"]+)"\))re")));
  texts.erase("ok");
  EXPECT_GT(texts.size(), 5U);
  for (const std::string& text : texts)
    EXPECT_NE(document.find(text), std::string::npos) << "docs/troubleshooting.md does not explain: " << text;
}

TEST(TroubleshootingTest, HasEveryErrorAndWarningOfTheLog) {
  const std::string document = unwrapped_text();
  const std::regex line(R"re(log::(?:error|warn)\(\s*"([^"]+)")re");
  std::set<std::string> texts = in_sources("webhook", line);
  texts.merge(in_sources("kube", line));
  EXPECT_GT(texts.size(), 10U);
  for (const std::string& text : texts)
    EXPECT_NE(document.find(text), std::string::npos) << "docs/troubleshooting.md does not explain: " << text;
}

TEST(TroubleshootingTest, HasEveryReasonOfTheReconciler) {
  const std::string document = unwrapped_text();
  std::set<std::string> reasons =
      in_sources("reconciler", std::regex(R"re(report\(\s*step, "([A-Za-z]+)")re"));
  reasons.merge(
      in_sources("reconciler", std::regex(R"re(Pattern\{\d+, ".*", "([A-Za-z]+)", (?:true|false)\})re")));
  reasons.merge(in_sources("reconciler", std::regex(R"re(\.reason = "([A-Z][A-Za-z]+)")re")));
  reasons.merge(in_sources("reconciler", std::regex(R"re("(ApiServer[A-Za-z]+)")re")));
  EXPECT_GT(reasons.size(), 20U);
  for (const std::string& reason : reasons)
    EXPECT_NE(document.find("`" + reason + "`"), std::string::npos)
        << "docs/troubleshooting.md does not explain the reason " << reason;
}

TEST(TroubleshootingTest, HasEveryEventAboutCertificateAuthorities) {
  const std::string document = unwrapped_text();
  for (auto change = certs::Change::kMadeFirst; change <= certs::Change::kDroppedFormer;
       change = static_cast<certs::Change>(static_cast<int>(change) + 1)) {
    const std::string reason = "`CertificateAuthority" + std::string(certs::name_of(change)) + "`";
    EXPECT_NE(document.find(reason), std::string::npos)
        << "docs/troubleshooting.md does not explain the event " << reason;
  }
}

}  // namespace
}  // namespace modelgate::cli
