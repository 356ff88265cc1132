// SPDX-License-Identifier: Apache-2.0
#include "webhook/fact_source.h"

namespace modelgate::webhook {

using admission::Fact;
using admission::ObjectKey;

LookedUpFacts all_unknown(const admission::Needs& needs, std::string_view reason, bool overloaded) {
  LookedUpFacts found;
  for (const ObjectKey& key : needs.objects) {
    found.facts.emplace_back(key, Fact{});
    found.unread.push_back({.key = key, .reason = std::string(reason), .overloaded = overloaded});
  }
  return found;
}

std::optional<LookedUpFacts> ManifestFacts::look_up(const admission::Needs& needs, std::string_view,
                                                    http::SteadyTime, http::RunOnThread,
                                                    std::function<void(LookedUpFacts)>) {
  LookedUpFacts found{.facts = {}, .unread = {}, .objects = manifests_};
  for (const ObjectKey& key : needs.objects) {
    found.facts.emplace_back(key, manifests_->fact(key));
  }
  return found;
}

}  // namespace modelgate::webhook
