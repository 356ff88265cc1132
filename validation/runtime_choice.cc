// SPDX-License-Identifier: Apache-2.0
#include "validation/runtime_choice.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>
#include <vector>

#include "spec/runtime_support.h"
#include "spec/spelling.h"

namespace modelgate::validation {
namespace {

using spec::Mismatch;
using spec::Runtime;

/// Runtimes in a warning.
constexpr std::size_t kMaxNamed = 4;
/// Formats in an error.
constexpr std::size_t kMaxListed = 32;

template <typename F>
void for_each_runtime(const Service& s, F&& f) {
  for (const Runtime& r : s.catalog().namespace_runtimes(s.namespace_())) f(r);
  for (const Runtime& r : s.catalog().cluster_runtimes()) f(r);
}

bool has_format(const Runtime& r, std::string_view format) {
  return std::ranges::find(r.formats, format, &Runtime::Format::name) != r.formats.end();
}

bool known_format(const Service& s, std::string_view format) {
  const auto has = [&](const Runtime& r) { return has_format(r, format); };
  return std::ranges::any_of(s.catalog().cluster_runtimes(), has) ||
         std::ranges::any_of(s.catalog().namespace_runtimes(s.namespace_()), has);
}

/// Sorted, without duplicates.
std::vector<std::string_view> format_names(std::span<const Runtime::Format> formats) {
  std::vector<std::string_view> names;
  for (const Runtime::Format& f : formats) names.push_back(f.name);
  std::ranges::sort(names);
  const auto rest = std::ranges::unique(names);
  names.erase(rest.begin(), rest.end());
  return names;
}

std::vector<std::string_view> all_formats(const Service& s) {
  std::vector<Runtime::Format> formats;
  for_each_runtime(s, [&](const Runtime& r) {
    if (!r.disabled) formats.insert(formats.end(), r.formats.begin(), r.formats.end());
  });
  return format_names(formats);
}

/// Reports the format if it is a misspelling of one of `formats`. True if it is.
bool report_misspelling(std::string_view format, const std::vector<std::string_view>& formats,
                        const LazyPath& at, Report& report) {
  const auto near = spec::nearest(format, formats);
  if (!near) return false;
  if (formats.size() <= kMaxListed) {
    report.add(not_supported(at, format, formats));
  } else {
    report.add(not_supported(at, format, std::array{*near}));
  }
  return true;
}

void check_format(const Service& s, std::string_view format, const LazyPath& at, Report& report) {
  if (known_format(s, format)) return;
  const std::vector<std::string_view> formats = all_formats(s);
  if (report_misspelling(format, formats, at, report)) return;
  const std::span shown(formats.data(), std::min(formats.size(), kMaxListed));
  report.warn(at, fmt::format("no runtime serves {} yet; served formats: {}", spec::quote(format),
                              shown.empty() ? "none" : fmt::format("{}", fmt::join(shown, ", "))));
}

/// If no runtime is named and none can be selected: warns why those with the format are not.
void check_choice(const Service& s, const spec::ModelRequirement& wanted, const LazyPath& at,
                  Report& report) {
  std::string reasons;
  std::size_t reported = 0;
  bool served = false;
  for_each_runtime(s, [&](const Runtime& r) {
    if (served || !has_format(r, wanted.format)) return;
    const auto why_not = spec::mismatch(r, wanted, spec::Choice::kAutomatic);
    served = !why_not;
    if (served || reported == kMaxNamed) return;
    reasons += fmt::format("{}{} {}", reported++ == 0 ? "" : "; ", r.name, why_not->text());
  });
  if (!served && reported > 0) report.warn(at, "no runtime can be selected: " + reasons);
}

/// Runtimes that can serve the model when they are named.
std::string candidates_text(const Service& s, const spec::ModelRequirement& wanted) {
  std::vector<std::string_view> names;
  for_each_runtime(s, [&](const Runtime& r) {
    if (names.size() < kMaxNamed && !spec::mismatch(r, wanted, spec::Choice::kNamed)) names.push_back(r.name);
  });
  if (names.empty()) return "no other runtime serves this model";
  return fmt::format("this model is also served by {}", fmt::join(names, ", "));
}

void report_missing(const Service& s, std::string_view name, const spec::ModelRequirement& wanted,
                    const LazyPath& at, Report& report) {
  std::vector<std::string_view> names;
  for_each_runtime(s, [&](const Runtime& r) { names.push_back(r.name); });
  const auto near = spec::nearest(name, names);
  std::string text = fmt::format("there is no ServingRuntime or ClusterServingRuntime {}", spec::quote(name));
  if (near) text += fmt::format(" (did you mean {}?)", spec::quote(*near));
  text += "; " + candidates_text(s, wanted);
  report.missing_runtime({s.namespace_(), name, {.rule = {}, .path = at, .text = std::move(text)}});
}

/// If the reason is a misspelled format, reports that instead of the runtime.
void report_mismatch(const Service& s, const Mismatch& m, const LazyPath& model, Report& report) {
  const LazyPath runtime = model / "runtime";
  if (m.reason == Mismatch::Reason::kFormat && !known_format(s, m.wanted.format)) {
    const LazyPath format = model / "modelFormat";
    if (report_misspelling(m.wanted.format, format_names(m.runtime->formats), format / "name", report))
      return;
  }
  report.add(
      invalid(runtime, m.runtime->name,
              fmt::format("{} {}; {}", m.runtime->display_name(), m.text(), candidates_text(s, m.wanted))));
}

/// ModelMesh selects runtimes itself.
bool is_model_mesh(const Service& s) {
  return s.mode() == spec::kModelMeshMode;
}

}  // namespace

void check_model_format(const Service& s, Report& report) {
  if (is_model_mesh(s)) return;
  for (const Component& c : s.components()) {
    if (!c.is_predictor() || !c.serves_model() || report.full()) continue;
    if (c.implementation.kind != spec::Implementation::Kind::kModel) continue;
    const spec::ModelSpecView model = c.model();
    const LazyPath model_at = c.at / "model";
    const LazyPath format = model_at / "modelFormat";
    const std::string_view name = model.model_format().name();
    if (name.empty()) {
      // A canary inherits the stable predictor's.
      if (c.role == Role::kPredictor || model.has("modelFormat"))
        report.add(required(format / "name", "a runtime is selected by it"));
    } else if (!model.runtime()) {
      check_format(s, name, format / "name", report);
      // A canary inherits the stable predictor's runtime.
      if (c.role == Role::kPredictor && !report.has_error_at(model_at / "protocolVersion"))
        check_choice(s, spec::requirement_of(spec::PredictorView(c.view.value())), format / "name", report);
    }
  }
}

void check_named_runtime(const Service& s, Report& report) {
  if (is_model_mesh(s)) return;
  for (const Component& c : s.components()) {
    if (!c.is_predictor() || !c.serves_model() || report.full()) continue;
    if (c.implementation.kind != spec::Implementation::Kind::kModel) continue;
    const spec::PredictorView predictor(c.view.value());
    const auto name = predictor.model().runtime();
    const spec::ModelRequirement wanted = spec::requirement_of(predictor);
    if (!name || wanted.format.empty()) continue;
    const LazyPath model = c.at / "model";
    if (name->empty()) {
      report.add(
          invalid(model / "runtime", *name, "must not be empty; omit it to select a runtime automatically"));
      continue;
    }
    const Runtime* runtime =
        c.role == Role::kPredictor ? s.named_runtime() : s.catalog().find_runtime(s.namespace_(), *name);
    if (!runtime) {
      report_missing(s, *name, wanted, model / "runtime", report);
    } else if (const auto why_not = spec::mismatch(*runtime, wanted, spec::Choice::kNamed)) {
      report_mismatch(s, *why_not, model, report);
    }
  }
}

}  // namespace modelgate::validation
