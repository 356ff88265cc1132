// SPDX-License-Identifier: Apache-2.0
//
// What the checks of `modelgate doctor` found, and how it is printed.
//
//   Findings out;
//   out.begin("ca-bundle");
//   out.error({.about = webhook.to_string(), .found = "no caBundle", .cause = ..., .remedy = ..., .command =
//   ...}); print(out, picture, ReportFormat::kText, false, std::cout);
#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "cli/doctor/cluster_picture.h"

namespace modelgate::cli {

enum class ReportFormat : std::uint8_t { kText, kJson };

/// From good to bad; the worst of a report is its exit code.
enum class Severity : std::uint8_t { kOk, kInfo, kSkipped, kWarning, kError };
std::string_view to_string(Severity severity);

/// All starts in lower case, but for names.
struct Words {
  std::string about = {};    // the object: "Deployment kserve/modelgate-webhook"; may be empty
  std::string found = {};    // what is there
  std::string cause = {};    // what comes of it, or where it comes from
  std::string remedy = {};   // what to do
  std::string command = {};  // to run; may hold several lines
};

struct Finding {
  std::string_view check;  // the id of the check: a section of docs/troubleshooting.md
  Severity severity;
  Words words;
};

class Findings {
 public:
  /// Findings from here on belong to this check. `check` must be a literal.
  void begin(std::string_view check) { check_ = check; }

  void ok(Words words) { add(Severity::kOk, std::move(words)); }
  void info(Words words) { add(Severity::kInfo, std::move(words)); }
  void skipped(Words words) { add(Severity::kSkipped, std::move(words)); }
  void warning(Words words) { add(Severity::kWarning, std::move(words)); }
  void error(Words words) { add(Severity::kError, std::move(words)); }

  /// False, and a finding that it was skipped, where objects of this kind could not be read.
  bool could_read(const ClusterPicture& picture, const kube::Resource& resource, std::string_view ns = {});

  const std::vector<Finding>& all() const { return all_; }
  std::size_t count(Severity severity) const;
  /// kHealthy, kWarnings or kErrors.
  int exit_code() const;

 private:
  void add(Severity severity, Words words) { all_.push_back({check_, severity, std::move(words)}); }

  std::string_view check_;
  std::vector<Finding> all_;
};

void print(const Findings& findings, const ClusterPicture& picture, ReportFormat format, bool color,
           std::ostream& out);

}  // namespace modelgate::cli
