// SPDX-License-Identifier: Apache-2.0
#include "cli/offline/explain.h"

#include <fmt/format.h>
#include <fmt/ostream.h>

#include <algorithm>
#include <string>
#include <vector>

#include "cli/offline/kinds.h"
#include "cli/terminal/exit_code.h"
#include "cli/terminal/terminal.h"
#include "defaulting/defaulting.h"
#include "defaulting/runtime_selection.h"
#include "spec/deployment_mode.h"
#include "spec/edit.h"
#include "spec/inference_service.h"
#include "spec/runtime_support.h"
#include "spec/schema.h"
#include "spec/schema_serving.h"
#include "spec/spelling.h"
#include "spec/text/printable.h"

namespace modelgate::cli {
namespace {

using defaulting::Candidate;
using defaulting::Selection;
using kube::ManifestObject;

struct VerdictText {
  std::string_view text;
  Style style;
};

VerdictText text_of(Candidate::Verdict verdict) {
  switch (verdict) {
    case Candidate::Verdict::kChosen:
      return {"selected", kGreen};
    case Candidate::Verdict::kOutranked:
      return {"eligible", kYellow};
    case Candidate::Verdict::kUnfit:
      return {"no", kDim};
  }
  return {"", {}};
}

/// Serves other formats only.
bool is_unrelated(const Candidate& candidate, const Selection& selection) {
  return candidate.verdict == Candidate::Verdict::kUnfit &&
         std::ranges::find(candidate.runtime->formats, selection.format, &spec::Runtime::Format::name) ==
             candidate.runtime->formats.end();
}

std::string requirements(const Selection& s) {
  std::string out = fmt::format("model format {}", s.format);
  if (s.version) out += fmt::format(" version {}", *s.version);
  out += s.protocol ? fmt::format(", protocol {}", *s.protocol)
                    : fmt::format(", protocol {} by default", spec::kDefaultProtocol);
  if (s.multi_node) out += ", on several nodes";
  return text::printable(out + fmt::format(", namespace {}", s.namespace_));
}

std::string nothing_serves(const Selection& selection, std::size_t runtimes) {
  std::vector<std::string_view> formats;
  for (const Candidate& candidate : selection.candidates()) {
    for (const spec::Runtime::Format& format : candidate.runtime->formats) formats.push_back(format.name);
  }
  const auto near = spec::nearest(selection.format, formats);
  return fmt::format("none of the {} runtimes serves {}{} (--all shows them)", runtimes,
                     spec::quote(selection.format),
                     near ? fmt::format("; did you mean {}?", spec::quote(*near)) : "");
}

class Explainer {
 public:
  Explainer(const ExplainOptions& options, const Input& input, std::ostream& out, std::ostream& err)
      : options_(options), input_(input), out_(out), err_(err) {}

  int run() {
    bool missing = false;
    bool any = false;
    for (const ManifestObject& object : input_.objects) {
      const ObjectKind kind = kind_of(object.value);
      missing |= kind.role == Role::kUnknownToCluster;
      report_errors(object, kind.problems);
      if (!kind.known || kind.known->kind != "InferenceService") continue;
      if (std::exchange(any, true)) out_ << '\n';
      missing |= !explain(object);
    }
    if (any || missing) return missing ? kDenied : kAllowed;
    fmt::print(err_, "no InferenceService of serving.kserve.io/v1beta1 in the given files\n");
    return kUnreadable;
  }

 private:
  /// False if the service needs a runtime and gets none.
  bool explain(const ManifestObject& object) {
    const spec::ObjectView view(object.value);
    const std::string title =
        text::printable(fmt::format("InferenceService {}", view.object("metadata").string("name")));
    out_ << paint(title, kBold, options_.color) << "  "
         << paint(kube::ManifestError{object.file, object.line, {}}.place(), kDim, options_.color) << '\n';
    spec::FieldErrors wrong;
    spec::schema::check_structure(object.value, spec::schema::kInferenceService, {}, wrong);
    report_errors(object, wrong.list());
    if (!wrong.empty()) return false;
    warn_of_mode(object);
    const std::string_view ns = input_.namespace_of(object);
    spec::Value defaulted = spec::clone(object.value, *input_.arena);
    spec::Edit edit(defaulted, *input_.arena);
    defaulting::Outcome outcome =
        defaulting::apply_defaults(edit, {.catalog = *input_.world->catalog, .request_namespace = ns});
    const spec::PredictorView predictor = spec::InferenceServiceView(defaulted).spec().predictor();
    const spec::ModelRequirement wanted = spec::requirement_of(predictor);
    if (wanted.format.empty()) {
      out_ << "  has its own container, or no model format: needs no runtime\n";
      return true;
    }
    // The runtime that the user named, not the defaulted one.
    const std::string_view named =
        spec::InferenceServiceView(object.value).spec().predictor().model().string("runtime");
    return report({.model = wanted, .namespace_ = ns}, named, outcome.selection);
  }

  void report_errors(const ManifestObject& object, const std::vector<spec::FieldError>& errors) {
    for (const spec::FieldError& e : errors) {
      const int line = object.line_of(e.path.to_string());
      fmt::print(err_, "{}: {}\n", kube::ManifestError{object.file, line, {}}.place(), e.to_string());
    }
  }

  void warn_of_mode(const ManifestObject& object) {
    const spec::InferenceServiceView service(object.value);
    const spec::Configuration& configuration = input_.world->catalog->configuration();
    if (spec::effective_deployment_mode(service, service, configuration) != spec::kKnativeMode) return;
    fmt::print(out_, "  {} {}\n", paint("warning:", kYellow, options_.color),
               spec::needs_knative(service, service));
  }

  bool report(const defaulting::Requirement& wanted, std::string_view named,
              const std::optional<Selection>& settled) {
    const spec::Catalog& catalog = *input_.world->catalog;
    const Selection automatic = defaulting::select_runtime(wanted, catalog);
    if (named.empty()) {
      const Selection& selection = settled ? *settled : automatic;
      out_ << "  " << requirements(selection) << "\n\n";
      table(selection, selection.candidates());
      return selection.chosen != nullptr;
    }
    const spec::Runtime* runtime = catalog.find_runtime(wanted.namespace_, named);
    const Selection selection =
        defaulting::make_selection(wanted, catalog, runtime, Selection::Source::kNamed);
    const std::string shown = text::printable(std::string(named));
    out_ << "  " << requirements(selection) << "; the service names " << shown << "\n\n";
    return report_named(wanted, shown, selection, automatic);
  }

  bool report_named(const defaulting::Requirement& wanted, std::string_view named, const Selection& selection,
                    const Selection& automatic) {
    std::vector<Candidate> candidates = selection.candidates();
    bool serves = selection.chosen != nullptr;
    for (Candidate& candidate : candidates) {
      if (candidate.runtime != selection.chosen) continue;
      if (const auto why_not = spec::mismatch(*candidate.runtime, wanted.model, spec::Choice::kNamed)) {
        candidate = {Candidate::Verdict::kUnfit, candidate.runtime,
                     "the service names it, but it " + why_not->text()};
        serves = false;
      }
    }
    table(selection, candidates);
    if (!selection.chosen) fmt::print(out_, "\n  {} is not among them.\n", named);
    out_ << "\n  " << text::printable(without_name(wanted, named, selection, automatic)) << '\n';
    return serves;
  }

  /// The result without `predictor.model.runtime`.
  static std::string without_name(const defaulting::Requirement& wanted, std::string_view named,
                                  const Selection& selection, const Selection& automatic) {
    const std::string lead = "Without `runtime: " + std::string(named) + "`";
    if (automatic.chosen == selection.chosen && automatic.chosen) return lead + " it would be selected too.";
    std::string why;
    if (selection.chosen) {
      const auto why_not = spec::mismatch(*selection.chosen, wanted.model, spec::Choice::kAutomatic);
      why = why_not ? fmt::format(" ({}: {})", named, why_not->text()) : "";
    }
    if (!automatic.chosen) return fmt::format("{} none would be selected{}.", lead, why);
    return fmt::format("{} it would be {}{}.", lead, automatic.chosen->name, why);
  }

  void table(const Selection& selection, const std::vector<Candidate>& candidates) {
    std::vector<const Candidate*> shown;
    for (const Candidate& c : candidates) {
      if (options_.all || c.runtime == selection.chosen || !is_unrelated(c, selection)) shown.push_back(&c);
    }
    // By verdict, otherwise in catalog order.
    std::ranges::sort(shown, {}, [](const Candidate* c) { return std::pair(c->verdict, c); });
    std::size_t width = std::string_view("RUNTIME").size();
    for (const Candidate* c : shown) width = std::max(width, c->runtime->display_name().size());
    if (!shown.empty()) fmt::print(out_, "  {:<{}}  {:<11}  {}\n", "RUNTIME", width, "VERDICT", "WHY");
    for (const Candidate* c : shown) {
      const auto [text, style] = text_of(c->verdict);
      fmt::print(out_, "  {:<{}}  {}  {}\n", text::printable(c->runtime->display_name()), width,
                 paint(fmt::format("{:<11}", text), style, options_.color), text::printable(c->reason()));
    }
    if (shown.empty() && !selection.chosen) {
      out_ << "  " << nothing_serves(selection, candidates.size()) << '\n';
      return;
    }
    const std::size_t hidden = candidates.size() - shown.size();
    if (hidden > 0)
      fmt::print(out_, "  {}{} other{} serve{} other formats (--all shows them)\n",
                 shown.empty() ? "" : "and ", hidden, hidden == 1 ? "" : "s", hidden == 1 ? "s" : "");
  }

  const ExplainOptions& options_;
  const Input& input_;
  std::ostream& out_;
  std::ostream& err_;
};

}  // namespace

int explain(const ExplainOptions& options, std::ostream& out, std::ostream& err) {
  const auto input = read_input(options.input);
  if (input) return Explainer(options, *input, out, err).run();
  for (const kube::ManifestError& error : input.error()) fmt::print(err, "{}\n", error.to_string());
  return kUnreadable;
}

}  // namespace modelgate::cli
