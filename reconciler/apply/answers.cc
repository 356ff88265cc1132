// SPDX-License-Identifier: Apache-2.0
#include "reconciler/apply/answers.h"

#include <fmt/format.h>

namespace modelgate::reconciler {

using kube::ApiError;

bool is_absent(const ApiError& error, const Step& step) {
  return error.is_not_found() && error.message.contains(fmt::format("\"{}\" not found", step.name));
}

bool ends_all(const ApiError& error) {
  return error.kind != ApiError::Kind::kStatus && error.kind != ApiError::Kind::kMalformed;
}

bool is_stale(const ApiError& error) {
  if (error.code == 422) return error.message.contains("metadata.uid: Invalid value");
  return error.code == 409 && !error.message.contains("Apply failed with");
}

bool is_definite(const ApiError& error) {
  return error.kind == ApiError::Kind::kStatus && error.code >= 400 && error.code < 500 &&
         error.code != 401 && error.code != 408 && error.code != 409 && error.code != 429;
}

bool is_refusal(const ApiError& error) {
  return is_definite(error) || (error.code == 409 && error.message.contains("Apply failed with")) ||
         (error.code == 500 && error.message.contains("failed calling webhook"));
}

bool is_address_immutable(const Step& step, const ApiError& error) {
  return step.resource == &kube::kServices && error.code == 422 && error.message.contains("spec.clusterIP");
}

}  // namespace modelgate::reconciler
