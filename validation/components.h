// SPDX-License-Identifier: Apache-2.0
//
// Components: what implements them, the protocol they speak, their logger, timeout and batcher.
#pragma once

#include "validation/reading.h"
#include "validation/report.h"

namespace modelgate::validation {

/// Each component has exactly one.
void check_one_implementation(const Service& s, Report& report);
/// What KServe requires of ONNX, TensorFlow and PyTorch.
void check_framework_fields(const Service& s, Report& report);
/// `name` among the fields of `model`.
void check_standard_predictor_name(const Service& s, Report& report);
/// The variable PROTOCOL of a custom predictor.
void check_custom_protocol(const Service& s, Report& report);
void check_protocol_version(const Service& s, Report& report);
void check_logger(const Service& s, Report& report);
/// Timeouts and batcher settings.
void check_positive_numbers(const Service& s, Report& report);

}  // namespace modelgate::validation
