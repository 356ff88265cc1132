// SPDX-License-Identifier: Apache-2.0
#include "cli/doctor/report.h"

#include <fmt/format.h>
#include <fmt/ostream.h>

#include <algorithm>

#include "cli/terminal/exit_code.h"
#include "cli/terminal/terminal.h"
#include "spec/json.h"
#include "spec/text/printable.h"
#include "spec/text/utf8.h"

namespace modelgate::cli {
namespace {

struct SeverityText {
  std::string_view text;
  Style style;
};

/// In the order of the enum.
constexpr SeverityText kSeverities[] = {
    {"ok", kGreen}, {"info", kCyan}, {"skipped", kDim}, {"warning", kYellow}, {"error", kRed}};

const SeverityText& text_of(Severity severity) {
  return kSeverities[static_cast<std::size_t>(severity)];
}

constexpr std::string_view kIndent = "                                ";

/// Safe to show, and every line after the first is indented.
std::string indented(std::string_view text, std::string_view indent) {
  std::string out;
  for (const char c : text::printable_lines(std::string(text))) {
    out += c;
    if (c == '\n') out += indent;
  }
  return out;
}

void print_text(const Finding& finding, bool color, std::ostream& out) {
  const SeverityText& severity = text_of(finding.severity);
  const Details& d = finding.details;
  const std::string line = d.about.empty() ? d.found : fmt::format("{}: {}", d.about, d.found);
  fmt::print(out, "{}  {:<22} {}\n", paint(fmt::format("{:<8}", severity.text), severity.style, color),
             finding.check, indented(line, kIndent));
  const std::string_view gap(kIndent.substr(0, 10));
  const auto more = [&](std::string_view label, std::string_view text) {
    if (text.empty()) return;
    fmt::print(out, "{}{:<22} {}\n", gap, paint(fmt::format("{:>22}", label), kDim, color),
               indented(text, kIndent));
  };
  more("why", d.cause);
  more("remedy", d.remedy);
  if (!d.command.empty()) {
    fmt::print(out, "{}{}\n", kIndent,
               paint("$ " + indented(d.command, fmt::format("{}  ", kIndent)), kBold, color));
  }
}

std::string plural(std::size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

void print_text(const Findings& findings, const ClusterSnapshot& snapshot, bool color, std::ostream& out) {
  const std::string version = snapshot.version.empty() ? "" : fmt::format(" ({})", snapshot.version);
  fmt::print(out, "{}\n\n",
             text::printable(fmt::format("{}{}, namespace {}", snapshot.server, version, snapshot.names.ns)));
  for (const Finding& finding : findings.all()) print_text(finding, color, out);
  fmt::print(out, "\n{}, {}, {} ok, {} skipped\n", plural(findings.count(Severity::kError), "error"),
             plural(findings.count(Severity::kWarning), "warning"), findings.count(Severity::kOk),
             findings.count(Severity::kSkipped));
}

void print_json(const Findings& findings, const ClusterSnapshot& snapshot, std::ostream& out) {
  spec::Arena arena;
  const auto text = [&](std::string_view s) { return spec::make_string(s, arena); };
  spec::Value report(rapidjson::kObjectType);
  const auto set = [&](spec::Value& object, std::string_view key, spec::Value value) {
    spec::set_member(object, key, std::move(value), arena);
  };
  set(report, "server", text(snapshot.server));
  set(report, "version", text(snapshot.version));
  set(report, "namespace", text(snapshot.names.ns));
  spec::Value summary(rapidjson::kObjectType);
  for (std::size_t i = 0; i < std::size(kSeverities); ++i) {
    const auto count = static_cast<std::int64_t>(findings.count(static_cast<Severity>(i)));
    set(summary, kSeverities[i].text, spec::Value(count));
  }
  set(report, "summary", std::move(summary));
  spec::Value list(rapidjson::kArrayType);
  for (const Finding& finding : findings.all()) {
    const Details& d = finding.details;
    spec::Value entry(rapidjson::kObjectType);
    set(entry, "check", text(finding.check));
    set(entry, "severity", text(to_string(finding.severity)));
    const std::pair<std::string_view, std::string_view> parts[] = {{"about", d.about},
                                                                   {"found", d.found},
                                                                   {"cause", d.cause},
                                                                   {"remedy", d.remedy},
                                                                   {"command", d.command}};
    for (const auto& [key, value] : parts) {
      if (!value.empty()) set(entry, key, text(value));
    }
    list.PushBack(std::move(entry), arena);
  }
  set(report, "findings", std::move(list));
  out << spec::to_pretty_json(report) << '\n';
}

}  // namespace

std::string shortened(std::string_view text, std::size_t bytes) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
  return text::truncate(text::on_one_line(std::string(text)), bytes);
}

std::string_view to_string(Severity severity) {
  return text_of(severity).text;
}

bool Findings::could_read(const ClusterSnapshot& snapshot, const kube::Resource& resource,
                          std::string_view ns) {
  const kube::ApiError* error = snapshot.error_about(resource, ns);
  if (!error) return true;
  const bool everywhere = ns == kAllNamespaces;
  const std::string where = everywhere ? " in all namespaces" : ns.empty() ? "" : fmt::format(" in {}", ns);
  Details details{.about = fmt::format("{}{}", resource.plural, where), .found = error->to_string()};
  if (error->is_forbidden()) {
    details.found = fmt::format("{} may not read them", snapshot.user.empty() ? "you" : snapshot.user);
    details.remedy = "run this as a user who may:";
    details.command = fmt::format("kubectl auth can-i list {}{}{}{}", resource.plural,
                                  resource.group.empty() ? "" : ".", resource.group,
                                  everywhere   ? " -A"
                                  : ns.empty() ? ""
                                               : fmt::format(" -n {}", ns));
  }
  skipped(std::move(details));
  return false;
}

std::size_t Findings::count(Severity severity) const {
  return static_cast<std::size_t>(std::ranges::count(all_, severity, &Finding::severity));
}

int Findings::exit_code() const {
  if (count(Severity::kError) > 0) return kErrors;
  return count(Severity::kWarning) > 0 ? kWarnings : kHealthy;
}

void print(const Findings& findings, const ClusterSnapshot& snapshot, ReportFormat format, bool color,
           std::ostream& out) {
  if (format == ReportFormat::kJson) return print_json(findings, snapshot, out);
  print_text(findings, snapshot, color, out);
}

}  // namespace modelgate::cli
