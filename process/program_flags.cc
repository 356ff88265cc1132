// SPDX-License-Identifier: Apache-2.0
#include "process/program_flags.h"

namespace modelgate::process {
namespace {

Setter set_level(std::optional<log::Level>& target) {
  using log::Level;
  return set_choice<Level>(target, {{"debug", Level::kDebug},
                                    {"info", Level::kInfo},
                                    {"warn", Level::kWarn},
                                    {"error", Level::kError},
                                    {"panic", Level::kError},
                                    {"1", Level::kDebug},  // zap's verbosities
                                    {"2", Level::kDebug},
                                    {"3", Level::kDebug}});
}

Setter set_format(std::optional<log::Format>& target) {
  using log::Format;
  return set_choice<Format>(target,
                            {{"json", Format::kJson}, {"text", Format::kText}, {"console", Format::kText}});
}

Setter set_time_encoding(log::TimeEncoding& target) {
  using log::TimeEncoding;
  return set_choice<TimeEncoding>(target, {{"iso8601", TimeEncoding::kIso8601},
                                           {"rfc3339", TimeEncoding::kRfc3339},
                                           {"rfc3339nano", TimeEncoding::kRfc3339Nano},
                                           {"epoch", TimeEncoding::kEpoch},
                                           {"millis", TimeEncoding::kMillis},
                                           {"nano", TimeEncoding::kNano}});
}

}  // namespace

log::Options LogFlags::options() const {
  log::Options options;
  options.level = level.value_or(devel ? log::Level::kDebug : log::Level::kInfo);
  options.format = format.value_or(devel ? log::Format::kText : log::Format::kJson);
  options.time = time;
  return options;
}

void add_listener_flags(ProgramFlags& flags, std::vector<Flag>& table) {
  constexpr const char* kListeners = "Listeners";
  table.insert(table.end(),
               {{kListeners, "--health-probe-bind-address,--health-probe-addr", "ADDRESS", ":8081",
                 "address of /healthz and /readyz; 0 disables them", set_address(flags.health)},
                {kListeners, "--metrics-bind-address,--metrics-addr", "ADDRESS", ":8080",
                 "address of /metrics, which may be the same; 0 disables it", set_address(flags.metrics)},
                {kListeners, "--address-out", "FILE", "",
                 "file to write the bound addresses to, one per line; useful with port 0",
                 set_text(flags.address_out)}});
}

void add_log_flags(LogFlags& log, std::vector<Flag>& table) {
  constexpr const char* kLog = "Log";
  table.insert(table.end(),
               {{kLog, "--log-level,--zap-log-level", "LEVEL", "info",
                 "debug (one line per request), info, warn or error", set_level(log.level)},
                {kLog, "--log-format,--zap-encoder", "FORMAT", "json", "json or text (in zap: console)",
                 set_format(log.format)},
                {kLog, "--zap-time-encoding", "NAME", "iso8601",
                 "iso8601, rfc3339, rfc3339nano, epoch, millis or nano; UTC", set_time_encoding(log.time)},
                {kAcceptedGroup, "--zap-devel", "", "",
                 "sets --log-level debug and --log-format text unless they are given", set_bool(log.devel)},
                {kAcceptedGroup, "--zap-stacktrace-level", "LEVEL", "",
                 "no effect: log lines have no stack traces", set_text(log.unused)}});
}

}  // namespace modelgate::process
