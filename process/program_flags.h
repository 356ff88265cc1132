// SPDX-License-Identifier: Apache-2.0
//
// The flags of both programs for probes, metrics and log. The names are kubebuilder's, with KServe's and
// zap's as aliases. Used by webhook/flags.cc and reconciler/flags.cc.
//
//   struct Flags : process::ProgramFlags { ... };
//   LogFlags log;
//   add_listener_flags(flags, table);
//   add_log_flags(log, table);
//   ... parse ...
//   flags.log = log.options();
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "process/address.h"
#include "process/command_line.h"
#include "process/log.h"

namespace modelgate::process {

struct ProgramFlags {
  std::optional<Address> health = Address{.host = "", .port = 8081};  // nothing: turned off with "0"
  std::optional<Address> metrics = Address{.host = "", .port = 8080};
  std::string address_out;
  log::Options log{.format = log::Format::kJson};
};

/// The group of KServe's flags that are accepted and have no effect, or only select other flags.
inline constexpr const char* kAcceptedGroup = "Accepted for compatibility with KServe";

/// The given flags. --zap-devel sets the missing ones.
struct LogFlags {
  std::optional<log::Level> level;
  std::optional<log::Format> format;
  log::TimeEncoding time = log::Options().time;
  bool devel = false;
  std::string unused;

  log::Options options() const;
};

/// --health-probe-bind-address, --metrics-bind-address, --address-out.
void add_listener_flags(ProgramFlags& flags, std::vector<Flag>& table);

/// --log-level, --log-format and zap's other flags.
void add_log_flags(LogFlags& log, std::vector<Flag>& table);

}  // namespace modelgate::process
