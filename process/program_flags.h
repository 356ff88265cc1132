// SPDX-License-Identifier: Apache-2.0
#pragma once

// The flags that both programs have, whatever they do: where their probes and metrics are, and their log.
// kubebuilder's names, KServe's and zap's as aliases. Used by webhook/flags.cc and reconciler/flags.cc.
//
//   struct Flags : process::ProgramFlags { ... };
//   LogFlags log;
//   add_listener_flags(flags, table);
//   add_log_flags(log, table);
//   ... parse ...
//   flags.log = log.options();

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

// The group of KServe's flags that we take and do nothing for.
inline constexpr const char* kAcceptedGroup = "Accepted for KServe's sake";

// As given: --zap-devel fills in what is not.
struct LogFlags {
  std::optional<log::Level> level;
  std::optional<log::Format> format;
  log::TimeEncoding time = log::Options().time;
  bool devel = false;
  std::string unused;

  log::Options options() const;
};

// --health-probe-bind-address, --metrics-bind-address, --address-out.
void add_listener_flags(ProgramFlags& flags, std::vector<Flag>& table);

// --log-level, --log-format, and what else zap has.
void add_log_flags(LogFlags& log, std::vector<Flag>& table);

}  // namespace modelgate::process
