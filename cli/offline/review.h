// SPDX-License-Identifier: Apache-2.0
//
// `modelgate review`: the webhook's answer to each object of the given files. Called by main.cc.
//
// Prints the objects as they would be stored, or their changes, to `out`; errors and warnings with file and
// line to `err`, and what happens to objects that are not reviewed. A denied object is not printed. One
// warning at the end names the Secrets and ServiceAccounts that Pods refer to and that are not among the
// files.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>

#include "cli/offline/input.h"
#include "cli/terminal/terminal.h"

namespace modelgate::cli {

enum class Format : std::uint8_t { kYaml, kDiff, kJson };

struct ReviewOptions {
  InputOptions input;
  std::string old;  // a file with the stored objects: these are updated, not created
  Format format = Format::kYaml;
  // Also print the objects that the reconciler would create for each InferenceService, and their Pods. Either
  // option suppresses Secrets; without them Secrets are printed without values.
  bool render = false;
  bool pods = false;
  bool color_out = false;
  bool color_err = false;
};

/// kAllowed, kDenied or kUnreadable (cli/terminal/exit_code.h).
int review(const ReviewOptions& options, std::ostream& out, std::ostream& err);

}  // namespace modelgate::cli
