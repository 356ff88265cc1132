// SPDX-License-Identifier: Apache-2.0
//
// Parses a command line with a program's parse_flags(), for tests of flags.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <variant>
#include <vector>

#include "process/command_line.h"

namespace modelgate::process {

template <class Flags>
using ParseFlags = std::variant<Flags, FlagsEnd> (*)(int, const char* const*);

template <class Flags>
std::variant<Flags, FlagsEnd> parsed(ParseFlags<Flags> parse_flags,
                                     const std::vector<std::string>& arguments) {
  std::vector<const char*> argv{"program"};
  for (const std::string& argument : arguments) argv.push_back(argument.c_str());
  return parse_flags(static_cast<int>(argv.size()), argv.data());
}

/// The test fails if they are rejected.
template <class Flags>
Flags good_flags(ParseFlags<Flags> parse_flags, const std::vector<std::string>& arguments) {
  auto either = parsed(parse_flags, arguments);
  if (const auto* end = std::get_if<FlagsEnd>(&either)) {
    ADD_FAILURE() << end->text;
    return {};
  }
  return std::get<Flags>(either);
}

}  // namespace modelgate::process
