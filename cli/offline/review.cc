// SPDX-License-Identifier: Apache-2.0
#include "cli/offline/review.h"

#include <fmt/format.h>
#include <fmt/ostream.h>

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "admission/realization.h"
#include "cli/offline/admit.h"
#include "cli/offline/diff.h"
#include "cli/offline/service_objects.h"
#include "cli/terminal/exit_code.h"
#include "spec/text/printable.h"
#include "spec/view.h"
#include "yaml/yaml_writer.h"

namespace modelgate::cli {
namespace {

using kube::ManifestError;
using kube::ManifestObject;
using spec::Value;

/// One line of a YAML document.
std::string comment(std::string text) {
  return "# " + text::printable(std::move(text)) + "\n";
}

/// Fields that admission moves from an old spelling: errors name the new path, the file has the old one.
struct Moved {
  std::string_view to;
  std::string_view from;
};

constexpr Moved kMoved[] = {
    {"spec.predictor.model", "spec.predictor.sklearn"},
    {"spec.predictor.model", "spec.predictor.xgboost"},
    {"spec.predictor.model", "spec.predictor.tensorflow"},
    {"spec.predictor.model", "spec.predictor.pytorch"},
    {"spec.predictor.model", "spec.predictor.triton"},
    {"spec.predictor.model", "spec.predictor.onnx"},
    {"spec.predictor.model", "spec.predictor.huggingface"},
    {"spec.predictor.model", "spec.predictor.pmml"},
    {"spec.predictor.model", "spec.predictor.lightgbm"},
    {"spec.predictor.model", "spec.predictor.paddle"},
    {"spec.canary[0].predictor", "spec.canary.predictor"},
    {"spec.canary[0].trafficPercent", "spec.predictor.canaryTrafficPercent"},
    {"spec.predictor.canaryTrafficPercent", "spec.canaryTrafficPercent"},
};

bool is_at_or_below(std::string_view path, std::string_view ancestor) {
  if (!path.starts_with(ancestor)) return false;
  return path.size() == ancestor.size() || path[ancestor.size()] == '.' || path[ancestor.size()] == '[';
}

/// The line of a field in the file.
int written_line(const ManifestObject& object, std::string_view path) {
  for (const auto& [to, from] : kMoved) {
    if (!is_at_or_below(path, to) || object.has(to) || !object.has(from)) continue;
    return object.line_of(fmt::format("{}{}", from, path.substr(to.size())));
  }
  return object.line_of(path);
}

/// "file:line". In JSON it is always the object's line.
std::string place(const ManifestObject& object, std::string_view path) {
  const int line = written_line(object, path);
  return ManifestError{object.file, line, {}}.place();
}

bool is_kind(const Value& object, std::string_view kind) {
  return spec::ObjectView(object).string("kind") == kind;
}

/// A Secret with its keys and without values. The placeholder is not base64, so the API server rejects it if
/// the output is applied.
Value without_values(const Value& secret, spec::Arena& arena) {
  Value out = spec::clone(secret, arena);
  Value data(rapidjson::kObjectType);
  for (const char* field : {"data", "stringData"}) {
    const Value* values = spec::find(secret, field);
    if (values && values->IsObject()) {
      for (const auto& m : values->GetObject())
        spec::set_member(data, spec::text_of(m.name), spec::make_literal("(not shown)"), arena);
    }
    out.RemoveMember(field);
  }
  if (!data.ObjectEmpty()) spec::set_member(out, "data", std::move(data), arena);
  // kubectl stores the whole object in an annotation.
  Value* metadata = spec::find(out, "metadata");
  Value* annotations = metadata ? spec::find(*metadata, "annotations") : nullptr;
  if (annotations && annotations->IsObject())
    annotations->RemoveMember("kubectl.kubernetes.io/last-applied-configuration");
  return out;
}

/// One object to print, and its titles.
struct Shown {
  const Value& before;
  Value after;
  std::string from;  // header of a diff
  std::string to;
  std::string heading = {};  // a comment above it
};

class Reviewer {
 public:
  Reviewer(const ReviewOptions& options, const Input& input, std::ostream& out, std::ostream& err)
      : options_(options), input_(input), out_(out), err_(err) {}

  int run(const std::vector<ManifestObject>& old) {
    for (const ManifestObject& object : input_.objects) {
      Verdict verdict = review_object(object, find_old(old, object), input_);
      const bool service = verdict.role == Role::kReviewed && is_kind(verdict.object, "InferenceService");
      ServiceObjects built;
      if (service && verdict.allowed && (options_.pods || options_.render))
        built = objects_of(verdict.object, input_.namespace_of(object), input_);
      remove_duplicates(verdict, built);
      report_role(object, verdict);
      report(object, "", "", verdict);
      if (!verdict.allowed) continue;
      show_object(object, std::move(verdict));
      report_problems(object, built);
      if (options_.render) show_objects(object, built);
      if (options_.pods) show_pods(object, built);
    }
    if (options_.format == Format::kJson) print_json();
    report_assumed();
    return denied_ ? kDenied : kAllowed;
  }

 private:
  /// The object of the same kind, namespace and name.
  const ManifestObject* find_old(const std::vector<ManifestObject>& old, const ManifestObject& object) const {
    const auto key = [&](const ManifestObject& o) {
      const spec::ObjectView view(o.value);
      return std::array{view.string("apiVersion"), view.string("kind"), input_.namespace_of(o),
                        view.object("metadata").string("name")};
    };
    const auto it = std::ranges::find(old, key(object), key);
    return it == old.end() ? nullptr : &*it;
  }

  /// Messages about a Pod of an object start with `whose` and refer to the line of `component`.
  void report(const ManifestObject& object, std::string_view component, std::string_view whose,
              const Verdict& verdict) {
    const auto at = [&](std::string_view path) { return whose.empty() ? path : component; };
    for (const spec::FieldWarning& w : verdict.warnings) {
      report_warning(object, at(w.path.to_string()), fmt::format("{}{}", whose, w.to_string()));
    }
    for (const admission::Cause& cause : verdict.causes) {
      report_error(object, at(cause.field), whose, cause.field, cause.message);
    }
    if (!verdict.message.empty()) report_error(object, at(""), whose, "", verdict.message);
    assumed_.insert(verdict.assumed.begin(), verdict.assumed.end());
    denied_ = denied_ || !verdict.allowed;
  }

  /// What happens to an object that is not reviewed.
  void report_role(const ManifestObject& object, const Verdict& verdict) {
    const spec::ObjectView view(object.value);
    const auto print = [&](std::string_view word, std::string_view text) {
      fmt::print(err_, "{}: {} {} {} {}\n", place(object, ""), paint(word, kDim, options_.color_err),
                 text::on_one_line(std::string(view.string("kind"))),
                 spec::quote(view.object("metadata").string("name")), text);
    };
    if (verdict.role == Role::kContext && verdict.allowed)
      print("used:", "counts as part of the cluster; it has no review of its own");
    if (verdict.role == Role::kSkipped) print("skipped:", "is not reviewed");
  }

  void report_warning(const ManifestObject& object, std::string_view at, std::string_view text) {
    fmt::print(err_, "{}: {} {}\n", place(object, at), paint("warning:", kYellow, options_.color_err),
               text::printable(std::string(text)));
  }

  void report_error(const ManifestObject& object, std::string_view at, std::string_view whose,
                    std::string_view path, std::string_view message) {
    fmt::print(err_, "{}: {}{}{}{}\n", place(object, at), text::printable(std::string(whose)),
               paint(path, kRed, options_.color_err), path.empty() ? "" : ": ",
               text::printable(std::string(message)));
  }

  /// Admission builds the service too. Problems that it reported as warnings are not repeated; fatal ones are
  /// reported as errors with the condition's reason.
  static void remove_duplicates(Verdict& verdict, ServiceObjects& built) {
    const auto reports = [](const spec::FieldWarning& w, const ServiceProblem& p) {
      return w.rule == admission::kRealizableRule && w.path == p.path &&
             (w.text == p.text || w.text == spec::invalid(p.path, p.text).message());
    };
    std::erase_if(built.problems, [&](const ServiceProblem& p) {
      return !p.fatal && std::ranges::any_of(verdict.warnings, [&](const auto& w) { return reports(w, p); });
    });
    std::erase_if(verdict.warnings, [&](const spec::FieldWarning& w) {
      return std::ranges::any_of(built.problems,
                                 [&](const ServiceProblem& p) { return p.fatal && reports(w, p); });
    });
  }

  void report_problems(const ManifestObject& object, const ServiceObjects& built) {
    for (const ServiceProblem& p : built.problems) {
      const std::string text = p.reason.empty() ? p.text : fmt::format("{} ({})", p.text, p.reason);
      const std::string path = p.path.to_string();
      if (p.fatal) {
        report_error(object, path, "", path, text);
      } else {
        report_warning(object, path, fmt::format("{}: {}", path, text));
      }
      denied_ = denied_ || p.fatal;
    }
    assumed_.insert(built.assumed.begin(), built.assumed.end());
  }

  void show_objects(const ManifestObject& object, const ServiceObjects& built) {
    const std::string service(spec::ObjectView(object.value).object("metadata").string("name"));
    for (const workload::WantedObject& o : built.objects) {
      const spec::ObjectView view(o.object);
      show({.before = nothing_,
            .after = spec::clone(o.object, *input_.arena),
            .from = "/dev/null",
            .to = fmt::format("created for InferenceService {} ({} {})", service, view.string("kind"),
                              view.object("metadata").string("name")),
            .heading = comment(fmt::format("created for InferenceService {}: {}", service, o.component))});
    }
  }

  void show_pods(const ManifestObject& object, const ServiceObjects& built) {
    for (ServicePod& pod : pods_of(built, input_.namespace_of(object), input_)) {
      report(object, fmt::format("spec.{}", pod.component), fmt::format("Pod of {}: ", pod.deployment),
             pod.verdict);
      if (!pod.verdict.allowed) continue;
      const std::string from = fmt::format("Deployment {}", pod.deployment);
      show({.before = pod.before,
            .after = std::move(pod.verdict.object),
            .from = fmt::format("{} (template of its Pods)", from),
            .to = fmt::format("as created (Pod of {})", pod.deployment),
            .heading = comment(fmt::format("Pod of {}", from))});
    }
  }

  /// One warning for all Pods.
  void report_assumed() {
    if (assumed_.empty()) return;
    std::vector<std::string> names;
    names.reserve(assumed_.size());
    for (const admission::ObjectKey& key : assumed_) {
      names.push_back(fmt::format("{} {}/{}", key.kind, key.namespace_, key.name));
    }
    fmt::print(err_,
               "{} credentials in the cluster may differ, because these are not among the files: {}; add "
               "them, or use "
               "--manifests\n",
               paint("warning:", kYellow, options_.color_err),
               text::printable(fmt::format("{}", fmt::join(names, ", "))));
  }

  void show_object(const ManifestObject& object, Verdict verdict) {
    const bool secret = is_kind(verdict.object, "Secret");
    if (secret && (options_.pods || options_.render)) return;
    if (secret) verdict.object = without_values(verdict.object, *input_.arena);
    const Value before = secret ? spec::clone(verdict.object, *input_.arena) : Value();
    const spec::ObjectView view(object.value);
    const auto metadata = view.object("metadata");
    const std::string_view own = metadata.string("name");
    const std::string name =
        fmt::format("{} {}", view.string("kind"), own.empty() ? metadata.string("generateName") : own);
    show({.before = secret ? before : object.value,
          .after = std::move(verdict.object),
          .from = fmt::format("{} ({})", object.file, name),
          .to = fmt::format("as stored ({})", name)});
  }

  void show(Shown shown) {
    switch (options_.format) {
      case Format::kYaml:
        out_ << (std::exchange(first_, false) ? "" : "---\n") << shown.heading << yaml::to_yaml(shown.after);
        return;
      case Format::kDiff:
        show_diff(shown);
        return;
      case Format::kJson:
        results_.push_back(std::move(shown.after));
        return;
    }
  }

  void show_diff(const Shown& shown) {
    const std::string before = shown.before.IsNull() ? std::string() : yaml::to_yaml(shown.before);
    const std::string changes = diff(before, yaml::to_yaml(shown.after), options_.color_out);
    if (changes.empty()) return;
    const auto head = [&](std::string_view sign, std::string_view name) {
      return paint(text::printable(fmt::format("{} {}", sign, name)), kBold, options_.color_out);
    };
    out_ << head("---", shown.from) << '\n' << head("+++", shown.to) << '\n' << changes;
  }

  /// One object as it is, several as a List.
  void print_json() {
    if (results_.empty()) return;
    if (results_.size() == 1) {
      out_ << spec::to_pretty_json(results_[0]) << '\n';
      return;
    }
    Value items(rapidjson::kArrayType);
    for (Value& result : results_) items.PushBack(result, *input_.arena);
    Value list(rapidjson::kObjectType);
    list.AddMember("apiVersion", "v1", *input_.arena).AddMember("kind", "List", *input_.arena);
    list.AddMember("items", items, *input_.arena);
    out_ << spec::to_pretty_json(list) << '\n';
  }

  const ReviewOptions& options_;
  const Input& input_;
  std::ostream& out_;
  std::ostream& err_;
  bool first_ = true;
  bool denied_ = false;
  std::set<admission::ObjectKey> assumed_;  // unknown Secrets and ServiceAccounts
  std::vector<Value> results_;
  const Value nothing_;
};

int unreadable(const std::vector<ManifestError>& errors, std::ostream& err) {
  for (const ManifestError& error : errors) fmt::print(err, "{}\n", error.to_string());
  return kUnreadable;
}

}  // namespace

int review(const ReviewOptions& options, std::ostream& out, std::ostream& err) {
  auto input = read_input(options.input);
  if (!input) return unreadable(input.error(), err);
  if (input->objects.empty()) {
    fmt::print(err, "no objects in the given files\n");
    return kUnreadable;
  }
  for (const ManifestError& warning : input->world->warnings) {
    fmt::print(err, "{}: {} {}\n", warning.place(), paint("warning:", kYellow, options.color_err),
               text::printable(warning.message));
  }
  std::vector<ManifestObject> old;
  if (!options.old.empty()) {
    auto objects = read_more(options.old, *input);
    if (!objects) return unreadable(objects.error(), err);
    old = std::move(*objects);
  }
  return Reviewer(options, *input, out, err).run(old);
}

}  // namespace modelgate::cli
