// SPDX-License-Identifier: Apache-2.0
#include "webhook/fact_source.h"

namespace modelgate::webhook {

using admission::Fact;
using admission::ObjectKey;

namespace {

using State = Fact::State;

// What it means that the manifests lack an object. Those that hold some of a namespace's Secrets, say, hold
// all of them; of what they do not speak of, nobody here knows. A catalog's storage containers are whole.
// Runtimes are looked for in the catalog, so one that it lacks stays unknown.
State state_of_missing(const kube::Manifests& manifests, const ObjectKey& key) {
  if (key.kind == "ClusterStorageContainer") return State::kAbsent;
  const auto next =
      manifests.objects.lower_bound({key.kind, key.namespace_.empty() ? "default" : key.namespace_, ""});
  if (next == manifests.objects.end()) return State::kUnknown;
  const auto& [kind, ns, name] = next->first;
  return kind == key.kind && ns == key.namespace_ ? State::kAbsent : State::kUnknown;
}

}  // namespace

ToldFacts all_unknown(const admission::Needs& needs) {
  ToldFacts told;
  for (const ObjectKey& key : needs.objects) told.facts.emplace_back(key, Fact{});
  return told;
}

std::optional<ToldFacts> ManifestFacts::ask(const admission::Needs& needs, SteadyTime, RunOnThread,
                                            std::function<void(ToldFacts)>) {
  ToldFacts told{.facts = {}, .objects = manifests_};
  for (const ObjectKey& key : needs.objects) {
    const spec::Value* const object = manifests_->find(key.kind, key.namespace_, key.name);
    const State state = object != nullptr ? State::kPresent : state_of_missing(*manifests_, key);
    told.facts.emplace_back(key, Fact{.state = state, .object = object});
  }
  return told;
}

}  // namespace modelgate::webhook
