// SPDX-License-Identifier: Apache-2.0
//
// modelgate-webhook: reads its flags, and runs (program.h).

#include <cstdio>
#include <exception>
#include <utility>
#include <variant>

#include "process/allocator.h"
#include "process/log.h"
#include "webhook/flags.h"
#include "webhook/program.h"

int main(int argc, char** argv) try {
  using namespace modelgate;
  auto parsed = webhook::parse_flags(argc, argv);
  if (const auto* end = std::get_if<process::FlagsEnd>(&parsed)) {
    std::fputs(end->text.c_str(), end->exit_code == 0 ? stdout : stderr);
    return end->exit_code;
  }
  process::set_up_allocator();
  auto& flags = std::get<webhook::Flags>(parsed);
  log::configure(flags.log);
  return webhook::run(std::move(flags));
} catch (const std::exception& error) {  // no memory, no threads
  std::fprintf(stderr, "modelgate-webhook: %s\n", error.what());
  return 1;
}
