// SPDX-License-Identifier: Apache-2.0
//
// Admission: `(Review, Catalog, Facts) -> Response | Needs`. The one function behind each path of the webhook
// and behind `modelgate review`.
//
//   Outcome outcome = admit(Endpoint::kMutateInferenceService, review, catalog, facts, arena);
//   if (auto* needs = std::get_if<Needs>(&outcome)) { look them up, tell the facts, admit again }
//   else send(encode_response(review, std::get<Response>(outcome)));
//
// Pure: the same arguments give the same outcome. `review.object` is changed in place by a mutation, so each
// further round starts from a review that was decoded anew.
//
// Never throws for what an object holds. An exception is a bug or the end of the memory; the server answers
// it with HTTP 500, and the API server's failurePolicy decides.
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
