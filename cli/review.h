// SPDX-License-Identifier: Apache-2.0
//
// `modelgate review`: what the webhook would answer to each object of some files, and what it would make of
// it. Called by main.cc.
//
// Prints the objects as they would be stored, or what changes in them, to `out`; errors and warnings with
// file and line to `err`. An object that is denied is not printed. Of Secrets and ServiceAccounts that a Pod
// refers to and nobody gave, one warning at the end tells.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>

#include "cli/input.h"
#include "cli/terminal/terminal.h"

namespace modelgate::cli {

enum class Format : std::uint8_t { kYaml, kDiff, kJson };

struct ReviewOptions {
  InputOptions input;
  std::string old;  // a file with what is stored: its objects are updated
  Format format = Format::kYaml;
  // For each InferenceService, also what the reconciler would make, and the Pods that would be created. With
  // either, Secrets are not printed; else without their values.
  bool render = false;
  bool pods = false;
  bool color_out = false;
  bool color_err = false;
};

/// kAllowed, kDenied or kUnreadable (cli/terminal/exit_code.h).
int review(const ReviewOptions& options, std::ostream& out, std::ostream& err);

}  // namespace modelgate::cli
