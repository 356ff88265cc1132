// SPDX-License-Identifier: Apache-2.0
#include "reconciler/dry_run.h"

#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <exception>

#include "process/log.h"
#include "reconciler/status/status_writer.h"
#include "spec/text/printable.h"

namespace modelgate::reconciler {
namespace {

/// For one service's live reads.
constexpr std::chrono::seconds kTime{30};

/// So that two runs print the same.
constexpr std::string_view kNow = "1970-01-01T00:00:00Z";

std::string problem_line(const ServiceKey& key, const workload::Problem& p) {
  const std::string path = p.path.to_string();
  const std::string_view kind = p.is_fatal() ? "problem" : "notice";
  return fmt::format("{}: {}: {}: {}: {}{}{}\n", key.to_string(), kind, p.component, p.reason, path,
                     path.empty() ? "" : ": ", p.text);
}

}  // namespace

std::string describe(Assessment& assessment, std::string_view now) {
  const ServiceKey& key = assessment.record().key;
  std::string out = describe(key, assessment.plan());
  for (const workload::Problem& p : assessment.wanted().problems) out += problem_line(key, p);
  const spec::Value none(rapidjson::kObjectType);
  const spec::Value* before = spec::find(assessment.document(), "status");
  const spec::Value status = assessment.status(now);
  const auto patch = merge_patch(before ? *before : none, status, assessment.arena());
  if (patch) out += fmt::format("{}: status: {}\n", key.to_string(), spec::to_json(*patch));
  return out;
}

kube::Task<DryRunCounts> dry_run(kube::Client& client, const Cache& cache,
                                 std::shared_ptr<const spec::Catalog> catalog,
                                 const Surroundings& surroundings) {
  DryRunCounts counts;
  for (const ServiceKey& key : cache.services()) {
    const auto record = cache.service(key);
    if (!record || record->being_deleted) continue;
    ++counts.services;
    try {
      Assessment assessment(*record, catalog, surroundings);
      if (assessment.verdict() == Assessment::Verdict::kLeaveAlone) continue;
      const auto until = std::chrono::steady_clock::now() + kTime;
      if (assessment.verdict() == Assessment::Verdict::kServe) co_await assessment.build(client, until);
      const std::string text = describe(assessment, kNow);
      std::fputs(text::printable_lines(text).c_str(), stdout);
      counts.steps += static_cast<int>(assessment.plan().steps.size());
      counts.with_steps += assessment.plan().steps.empty() ? 0 : 1;
    } catch (const std::exception& bug) {
      ++counts.failed;
      log::error("dry run failed with an internal error",
                 {{"service", key.to_string()}, {"reason", bug.what()}});
    }
  }
  std::fflush(stdout);
  co_return counts;
}

}  // namespace modelgate::reconciler
