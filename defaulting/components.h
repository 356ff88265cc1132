// SPDX-License-Identifier: Apache-2.0
//
// Components with a container of their own, and the ART explainer: the container's name, on which other parts
// rely, and its resources, as KServe defaults them in every mode. A component with no implementation or with
// several is left to validation.
#pragma once

#include "defaulting/pass.h"

namespace modelgate::defaulting {

void default_custom_predictor(Pass& pass);
void default_transformer(Pass& pass);
void default_explainer(Pass& pass);
/// Sets automountServiceAccountToken to false, if the configuration says so.
void disable_service_account_token(Pass& pass);

}  // namespace modelgate::defaulting
