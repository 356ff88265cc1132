// SPDX-License-Identifier: Apache-2.0
#include "admission/runtime_lookups.h"

#include <algorithm>
#include <string>

#include "admission/catalog_with_facts.h"

namespace modelgate::admission {
namespace {

using spec::Catalog;
using spec::InferenceServiceView;

/// Runtimes that are looked up by name, two reads each. Where more are missing, two lists are read instead.
constexpr std::size_t kMaxNamedRuntimes = 4;

bool runtimes_were_listed(std::string_view ns, const Facts& facts) {
  return facts.find(list_key("ServingRuntime", ns)) && facts.find(list_key("ClusterServingRuntime", ""));
}

bool every_fact_is(Fact::State state, std::string_view ns, std::string_view name, const Facts& facts) {
  return std::ranges::all_of(runtime_keys(ns, name), [&](const ObjectKey& key) {
    const Fact* fact = facts.find(key);
    return fact && fact->state == state;
  });
}

/// The runtimes that the service names and that were not among those listed. `catalog` includes the listed
/// ones.
std::vector<std::string_view> unlisted_runtimes(const InferenceServiceView& service, std::string_view ns,
                                                const Catalog& catalog, const Facts& facts) {
  std::vector<std::string_view> names;
  const bool known = runtimes_were_listed(ns, facts) && !is_unknown_list("ServingRuntime", ns, facts) &&
                     !is_unknown_list("ClusterServingRuntime", "", facts);
  if (!known) return names;
  const auto add = [&](const spec::PredictorView& predictor) {
    const std::string_view name = predictor.model().string("runtime");
    if (!name.empty() && !catalog.find_runtime(ns, name)) names.push_back(name);
  };
  add(service.spec().predictor());
  for (const spec::CanaryView& canary : service.spec().canary()) add(canary.predictor());
  return names;
}

}  // namespace

std::array<ObjectKey, 2> runtime_keys(std::string_view ns, std::string_view name) {
  return {ObjectKey{"ServingRuntime", std::string(ns), std::string(name)},
          ObjectKey{"ClusterServingRuntime", "", std::string(name)}};
}

void need_runtimes(std::string_view ns, const Facts& facts, Needs& needs) {
  need_list("ServingRuntime", ns, facts, needs);
  need_list("ClusterServingRuntime", "", facts, needs);
}

void need_runtimes_named(std::vector<std::string_view> names, std::string_view ns, const Facts& facts,
                         Needs& needs) {
  if (runtimes_were_listed(ns, facts)) return;
  std::ranges::sort(names);
  const auto [first, last] = std::ranges::unique(names);
  names.erase(first, last);
  if (names.size() > kMaxNamedRuntimes) return need_runtimes(ns, facts, needs);
  for (const std::string_view name : names) {
    for (ObjectKey& key : runtime_keys(ns, name)) {
      if (!facts.find(key)) needs.objects.push_back(std::move(key));
    }
  }
}

std::vector<std::string_view> absent_runtimes(const InferenceServiceView& service, std::string_view ns,
                                              const Catalog& catalog, const Facts& facts) {
  std::vector<std::string_view> names = unlisted_runtimes(service, ns, catalog, facts);
  for (const auto& [key, fact] : facts) {
    if (key.kind == "ClusterServingRuntime" && !key.name.empty() &&
        every_fact_is(Fact::State::kAbsent, ns, key.name, facts)) {
      names.push_back(key.name);
    }
  }
  return names;
}

}  // namespace modelgate::admission
