// SPDX-License-Identifier: Apache-2.0
//
// `modelgate explain`: which runtime an InferenceService gets, and why none of the others. Called by main.cc.
#pragma once

#include <ostream>

#include "cli/input.h"

namespace modelgate::cli {

struct ExplainOptions {
  InputOptions input;
  bool all = false;  // also the runtimes that have nothing to do with the model's format
  bool color = false;
};

/// kAllowed where each service gets a runtime or needs none, kDenied where one gets none, kUnreadable.
int explain(const ExplainOptions& options, std::ostream& out, std::ostream& err);

}  // namespace modelgate::cli
