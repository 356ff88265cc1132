// SPDX-License-Identifier: Apache-2.0
//
// modelgate-reconciler: reads its flags, and runs (program.h).

#include <cstdio>
#include <exception>
#include <utility>
#include <variant>

#include "process/allocator.h"
#include "process/log.h"
#include "reconciler/flags.h"
#include "reconciler/program.h"

int main(int argc, char** argv) try {
  using namespace modelgate;
  auto parsed = reconciler::parse_flags(argc, argv);
  if (const auto* end = std::get_if<process::FlagsEnd>(&parsed)) {
    std::fputs(end->text.c_str(), end->exit_code == 0 ? stdout : stderr);
    return end->exit_code;
  }
  process::set_up_allocator();
  auto& flags = std::get<reconciler::Flags>(parsed);
  log::configure(flags.log);
  return reconciler::run(std::move(flags));
} catch (const std::exception& error) {  // no memory, no threads
  std::fprintf(stderr, "modelgate-reconciler: %s\n", error.what());
  return 1;
}
