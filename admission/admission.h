// SPDX-License-Identifier: Apache-2.0
//
// Admission: `(Review, Catalog, Facts) -> Response | Needs`. Called by the webhook for each of its paths, and
// by `modelgate review`.
//
//   Outcome outcome = admit(Endpoint::kMutateInferenceService, review, catalog, facts, arena);
//   if (auto* needs = std::get_if<Needs>(&outcome)) look them up, decode the review and admit again
//   else send(encode_response(review, std::get<Response>(outcome)));  // see Response::unless_present
//
// Pure: the same arguments give the same outcome. A mutation changes `review.object` in place, so each round
// needs a newly decoded review.
//
// Never throws for the content of an object. An exception is a bug or out of memory: the server responds with
// HTTP 500, and the failurePolicy of the registration applies.
#pragma once

#include <variant>

#include "admission/facts.h"
#include "admission/review.h"
#include "spec/catalog.h"

namespace modelgate::admission {

enum class Endpoint {
  kMutateInferenceService,
  kValidateInferenceService,
  kValidateServingRuntime,
  kValidateClusterServingRuntime,
  kMutatePods,
};

using Outcome = std::variant<Response, Needs>;

Outcome admit(Endpoint endpoint, Review& review, const spec::Catalog& catalog, const Facts& facts,
              spec::Arena& arena);

}  // namespace modelgate::admission
