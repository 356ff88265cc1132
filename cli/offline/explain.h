// SPDX-License-Identifier: Apache-2.0
//
// `modelgate explain`: which runtime an InferenceService gets, and why it gets no other. Called by main.cc.
#pragma once

#include <ostream>

#include "cli/offline/input.h"

namespace modelgate::cli {

struct ExplainOptions {
  InputOptions input;
  bool all = false;  // also the runtimes for other model formats
  bool color = false;
};

/// kAllowed if each service gets a runtime or needs none, kDenied if one gets none, or kUnreadable.
int explain(const ExplainOptions& options, std::ostream& out, std::ostream& err);

}  // namespace modelgate::cli
