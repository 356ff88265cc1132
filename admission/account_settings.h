// SPDX-License-Identifier: Apache-2.0
//
// Settings of a ServiceAccount that nothing reads, or that contradict each other. Called by realization.cc for
// the accounts of a service that were looked up.
#pragma once

#include <string>
#include <vector>

#include "spec/view.h"

namespace modelgate::admission {

/// A text for each, which names the annotation.
std::vector<std::string> settings_without_effect(const spec::ObjectView& account);

}  // namespace modelgate::admission
