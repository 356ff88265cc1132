// SPDX-License-Identifier: Apache-2.0
//
// The findings of `modelgate doctor`, and how they are printed.
//
//   Findings out;
//   out.begin("ca-bundle");
//   out.error({.about = webhook.to_string(), .found = "no caBundle", .cause = ..., .remedy = ..., .command =
//   ...}); print(out, snapshot, ReportFormat::kText, false, std::cout);
#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "cli/doctor/cluster_snapshot.h"

namespace modelgate::cli {

enum class ReportFormat : std::uint8_t { kText, kJson };

/// In ascending order; the worst finding determines the exit code.
enum class Severity : std::uint8_t { kOk, kInfo, kSkipped, kWarning, kError };
std::string_view to_string(Severity severity);

/// Texts start in lower case, except names. The members are keys of the JSON output.
struct Details {
  std::string about = {};    // the object: "Deployment kserve/modelgate-webhook"; may be empty
  std::string found = {};    // the observation
  std::string cause = {};    // its effect, or its cause
  std::string remedy = {};   // what to do
  std::string command = {};  // to run; may hold several lines
};

struct Finding {
  std::string_view check;  // the id of the check: a section of docs/troubleshooting.md
  Severity severity;
  Details details;
};

class Findings {
 public:
  /// Later findings belong to this check. `check` must be a literal.
  void begin(std::string_view check) { check_ = check; }

  void ok(Details details) { add(Severity::kOk, std::move(details)); }
  void info(Details details) { add(Severity::kInfo, std::move(details)); }
  void skipped(Details details) { add(Severity::kSkipped, std::move(details)); }
  void warning(Details details) { add(Severity::kWarning, std::move(details)); }
  void error(Details details) { add(Severity::kError, std::move(details)); }

  /// False if objects of this kind could not be read; then a finding reports that the check was skipped.
  bool could_read(const ClusterSnapshot& snapshot, const kube::Resource& resource, std::string_view ns = {});

  const std::vector<Finding>& all() const { return all_; }
  std::size_t count(Severity severity) const;
  /// kHealthy, kWarnings or kErrors.
  int exit_code() const;

 private:
  void add(Severity severity, Details details) { all_.push_back({check_, severity, std::move(details)}); }

  std::string_view check_;
  std::vector<Finding> all_;
};

/// Third-party text for a terminal: one line, no control characters, at most `bytes` and an ellipsis.
std::string shortened(std::string_view text, std::size_t bytes);

void print(const Findings& findings, const ClusterSnapshot& snapshot, ReportFormat format, bool color,
           std::ostream& out);

}  // namespace modelgate::cli
