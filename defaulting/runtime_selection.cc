// SPDX-License-Identifier: Apache-2.0
#include "defaulting/runtime_selection.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <span>

#include "spec/field.h"

namespace modelgate::defaulting {
namespace {

using spec::Choice;
using spec::Runtime;

/// Of the first entry for the format, of any version, as in KServe.
std::optional<std::int64_t> priority_for(const Runtime& runtime, std::string_view format) {
  const auto it = std::ranges::find(runtime.formats, format, &Runtime::Format::name);
  return it == runtime.formats.end() ? std::nullopt : it->priority;
}

std::int64_t rank(const Runtime& runtime, std::string_view format) {
  return priority_for(runtime, format).value_or(std::numeric_limits<std::int64_t>::min());
}

/// The first of the highest priority.
const Runtime* best_of(std::span<const Runtime> runtimes, const spec::ModelRequirement& wanted) {
  const Runtime* best = nullptr;
  for (const Runtime& r : runtimes) {
    // Most runtimes serve other formats: this is the cheapest test.
    const bool has_format =
        std::ranges::find(r.formats, wanted.format, &Runtime::Format::name) != r.formats.end();
    if (!has_format || spec::mismatch(r, wanted, Choice::kAutomatic)) continue;
    if (!best || rank(r, wanted.format) > rank(*best, wanted.format)) best = &r;
  }
  return best;
}

std::string priority_text(const Runtime& runtime, std::string_view format) {
  const auto p = priority_for(runtime, format);
  return p ? fmt::format("priority {}", *p) : "no priority";
}

std::string selected_text(const Selection& s) {
  switch (s.source) {
    case Selection::Source::kNamed:
      return "the service names it";
    case Selection::Source::kEarlier:
      return "was selected earlier and still serves the model";
    default:
      return fmt::format("serves {}, {}", spec::quote(s.format), priority_text(*s.chosen, s.format));
  }
}

std::string outranked_text(const Selection& s, const Runtime& runtime) {
  const Runtime* chosen = s.chosen;
  if (!chosen) return fmt::format("serves {}, but another runtime was requested", spec::quote(s.format));
  if (s.source == Selection::Source::kNamed)
    return fmt::format("serves the model, but the service names {}", chosen->name);
  if (s.source == Selection::Source::kEarlier)
    return fmt::format("serves the model, but {} was selected earlier", chosen->name);
  if (runtime.cluster_scoped && !chosen->cluster_scoped)
    return fmt::format("serves the model, but {} is in the service's namespace", chosen->name);
  if (rank(runtime, s.format) != rank(*chosen, s.format))
    return fmt::format("serves the model with {}, but {} has {}", priority_text(runtime, s.format),
                       chosen->name, priority_text(*chosen, s.format));
  return fmt::format("serves the model with {}, as {}, which has precedence (lowest protocol, newest, name)",
                     priority_text(runtime, s.format), chosen->name);
}

Candidate judge(const Selection& s, const Runtime& runtime) {
  if (&runtime == s.chosen) return {Candidate::Verdict::kChosen, &runtime, selected_text(s)};
  if (const auto why_not = spec::mismatch(runtime, s.model(), Choice::kAutomatic))
    return {Candidate::Verdict::kUnfit, &runtime, why_not->text()};
  return {Candidate::Verdict::kOutranked, &runtime, outranked_text(s, runtime)};
}

}  // namespace

const Runtime* best_runtime(const Requirement& wanted, const spec::Catalog& catalog) {
  const Runtime* best = best_of(catalog.namespace_runtimes(wanted.namespace_), wanted.model);
  return best ? best : best_of(catalog.cluster_runtimes(), wanted.model);
}

Selection make_selection(const Requirement& wanted, const spec::Catalog& catalog, const Runtime* chosen,
                         Selection::Source source) {
  Selection s;
  s.chosen = chosen;
  s.source = source;
  s.catalog = &catalog;
  s.namespace_ = wanted.namespace_;
  s.format = wanted.model.format;
  if (wanted.model.version) s.version = *wanted.model.version;
  if (wanted.model.protocol) s.protocol = *wanted.model.protocol;
  s.multi_node = wanted.model.multi_node;
  return s;
}

Selection select_runtime(const Requirement& wanted, const spec::Catalog& catalog) {
  const Runtime* best = best_runtime(wanted, catalog);
  return make_selection(wanted, catalog, best, best ? Selection::Source::kNew : Selection::Source::kNone);
}

const Runtime* runtime_of_unpinned_model(const spec::InferenceServiceView& service, std::string_view ns,
                                         const spec::Catalog& catalog) {
  const spec::PredictorView predictor = service.spec().predictor();
  if (!predictor.model() || predictor.model().runtime()) return nullptr;
  return best_runtime({.model = spec::requirement_of(predictor), .namespace_ = ns}, catalog);
}

std::vector<Candidate> Selection::candidates() const {
  std::vector<Candidate> out;
  if (!catalog) return out;
  for (const Runtime& r : catalog->namespace_runtimes(namespace_)) out.push_back(judge(*this, r));
  for (const Runtime& r : catalog->cluster_runtimes()) out.push_back(judge(*this, r));
  return out;
}

spec::ModelRequirement Selection::model() const {
  spec::ModelRequirement m;
  m.format = format;
  m.version = version;
  m.protocol = protocol;
  m.multi_node = multi_node;
  return m;
}

}  // namespace modelgate::defaulting
