// SPDX-License-Identifier: Apache-2.0
//
// Parses a program's flags from a table, with CLI11. Used by process/program_flags.cc,
// kube/client/connection_flags.cc, webhook/flags.cc and reconciler/flags.cc.
//
//   std::vector<Flag> table{
//       {"Running", "--threads", "COUNT", "0", "threads that answer", set_number(flags.threads, 1024)},
//   };
//   if (auto end = parse({"modelgate-webhook", "Answers ...", "SIGTERM drains ...", table}, argc, argv)) {
//     return *end;   // --help, --version, errors
//   }
//
// "-flag" is the same as "--flag", as in Go's flag package.
#pragma once

#include <charconv>
#include <chrono>
#include <concepts>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "process/address.h"

namespace modelgate::process {

/// Parses and stores a flag's value. Returns "", or the error with the allowed values.
using Setter = std::function<std::string(const std::string&)>;

struct Flag {
  const char* group;
  const char* names;  // the first is ours, the rest are aliases
  const char* value;  // the name of the value in --help; empty for a boolean flag
  std::string shown;  // the default, as text
  const char* help;
  Setter set;
};

struct CommandLine {
  const char* program;
  const char* description;  // a sentence
  const char* footer;       // after the flags, wrapped
  std::vector<Flag> flags;
};

/// The program must exit: `text` goes to stdout if exit_code is 0, else to stderr.
struct FlagsEnd {
  int exit_code;
  std::string text;
};

/// Calls the setters of the given flags. exit_code is 2 for an unknown flag or a value that is not allowed.
std::optional<FlagsEnd> parse(const CommandLine& line, int argc, const char* const* argv);

// Setters. Their targets must outlive them.

Setter set_text(std::string& target);
Setter set_bool(bool& target);
Setter set_bool(std::optional<bool>& target);
/// "0" turns it off.
Setter set_address(std::optional<Address>& target);
/// An IP address without a port.
Setter set_host(Address& target);
Setter set_duration(std::chrono::nanoseconds& target);
/// A name of a Kubernetes object or namespace. The API server checks the rest of its rules.
Setter set_name(std::string& target);
/// Adds each item of a comma-separated list.
Setter add_each(std::vector<std::string>& target, bool (*is_allowed)(std::string_view), std::string allowed);

template <std::integral Number>
Setter set_number(Number& target, Number highest, Number lowest = 0) {
  return [&target, highest, lowest](const std::string& text) -> std::string {
    Number number = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool whole = read.ec == std::errc() && read.ptr == text.data() + text.size();
    if (!whole || number < lowest || number > highest) {
      return "\"" + text + "\" is not a number from " + std::to_string(lowest) + " to " +
             std::to_string(highest);
    }
    target = number;
    return {};
  };
}

/// `Target` can be assigned a Value.
template <class Value, class Target>
Setter set_choice(Target& target, std::map<std::string, Value> choices) {
  return [&target, choices = std::move(choices)](const std::string& text) -> std::string {
    const auto found = choices.find(text);
    if (found != choices.end()) {
      target = found->second;
      return {};
    }
    std::string allowed;
    for (const auto& choice : choices) allowed += (allowed.empty() ? "" : ", ") + choice.first;
    return "\"" + text + "\" is not one of " + allowed;
  };
}

}  // namespace modelgate::process
