// SPDX-License-Identifier: Apache-2.0
#pragma once

// A program's flags as a table, and the parser behind it (CLI11). Used by process/program_flags.cc,
// kube/client/connection_flags.cc, webhook/flags.cc and reconciler/flags.cc.
//
//   std::vector<Flag> table{
//       {"Running", "--threads", "COUNT", "0", "threads that answer", set_number(flags.threads, 1024)},
//   };
//   if (auto end = parse({"modelgate-webhook", "Answers ...", "SIGTERM drains ...", table}, argc, argv)) {
//     return *end;   // --help, --version, errors
//   }
//
// Go's flag package takes "-flag" like "--flag", and so does this.

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

// Takes a flag's text. Empty when the value was taken, else what is wrong with it and what is allowed.
using Setter = std::function<std::string(const std::string&)>;

struct Flag {
  const char* group;
  const char* names;  // the first is ours, the rest are aliases
  const char* value;  // what --help calls the value; empty for a switch
  std::string shown;  // the default
  const char* help;
  Setter set;
};

struct CommandLine {
  const char* program;
  const char* description;  // a sentence
  const char* footer;       // behind the flags, wrapped
  std::vector<Flag> flags;
};

// The program is to end at once: `text` goes to stdout when exit_code is 0, else to stderr.
struct FlagsEnd {
  int exit_code;
  std::string text;
};

// Calls the setters of what was given. exit_code is 2 for a flag that is unknown or has a value that is not
// allowed.
std::optional<FlagsEnd> parse(const CommandLine& line, int argc, const char* const* argv);

// Setters. What they set must outlive them.

Setter set_text(std::string& target);
Setter set_bool(bool& target);
Setter set_bool(std::optional<bool>& target);
// "0" turns it off.
Setter set_address(std::optional<Address>& target);
// An IP address without a port.
Setter set_host(Address& target);
Setter set_duration(std::chrono::nanoseconds& target);
// A name of a Kubernetes object or namespace; the API server says what else is wrong with it.
Setter set_name(std::string& target);
// Adds each of a comma-separated list.
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

// `Target` is a Value or something that takes one.
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
