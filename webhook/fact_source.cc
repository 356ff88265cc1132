// SPDX-License-Identifier: Apache-2.0
#include "webhook/fact_source.h"

namespace modelgate::webhook {

using admission::Fact;
using admission::ObjectKey;

ToldFacts all_unknown(const admission::Needs& needs) {
  ToldFacts told;
  for (const ObjectKey& key : needs.objects) told.facts.emplace_back(key, Fact{});
  return told;
}

std::optional<ToldFacts> ManifestFacts::ask(const admission::Needs& needs, http::SteadyTime,
                                            http::RunOnThread, std::function<void(ToldFacts)>) {
  ToldFacts told{.facts = {}, .objects = manifests_};
  for (const ObjectKey& key : needs.objects) {
    told.facts.emplace_back(key, manifests_->fact(key));
  }
  return told;
}

}  // namespace modelgate::webhook
