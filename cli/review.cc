// SPDX-License-Identifier: Apache-2.0
#include "cli/review.h"

#include <fmt/format.h>
#include <fmt/ostream.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <vector>

#include "cli/diff.h"
#include "cli/exit_code.h"
#include "cli/offline.h"
#include "kube/yaml_writer.h"
#include "spec/view.h"

namespace modelgate::cli {
namespace {

using kube::ManifestError;
using kube::ManifestObject;
using spec::Value;

/// Where admission moves what was written in an old spelling: errors name the new place, the file has the
/// old.
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

/// The line of a field in the file as it was written.
int written_line(const ManifestObject& object, std::string_view path) {
  for (const auto& [to, from] : kMoved) {
    if (!is_at_or_below(path, to) || object.has(to) || !object.has(from)) continue;
    return object.line_of(fmt::format("{}{}", from, path.substr(to.size())));
  }
  return object.line_of(path);
}

/// "file:line". In JSON every line is that of the object.
std::string place(const ManifestObject& object, std::string_view path) {
  const int line = written_line(object, path);
  return line == 0 ? object.file : fmt::format("{}:{}", object.file, line);
}

/// The path that a warning begins with; empty where it begins with none.
std::string_view leading_path(std::string_view warning) {
  const std::string_view head = warning.substr(0, warning.find(": "));
  const bool is_path = head.starts_with("spec") || head.starts_with("metadata");
  return is_path && head.find(' ') == std::string_view::npos ? head : std::string_view();
}

class Reviewer {
 public:
  Reviewer(const ReviewOptions& options, const Input& input, std::ostream& out, std::ostream& err)
      : options_(options), input_(input), out_(out), err_(err) {}

  int run(const std::vector<ManifestObject>& old) {
    bool denied = false;
    for (const ManifestObject& object : input_.objects) {
      Verdict verdict = review_object(object, find_old(old, object), input_);
      tell(object, verdict);
      denied = denied || !verdict.allowed;
      if (verdict.allowed) show(object, std::move(verdict));
    }
    if (options_.format == Format::kJson) print_json();
    return denied ? kDenied : kAllowed;
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

  void tell(const ManifestObject& object, const Verdict& verdict) {
    for (const std::string& warning : verdict.warnings) {
      fmt::print(err_, "{}: {} {}\n", place(object, leading_path(warning)),
                 paint("warning:", kYellow, options_.color_err), warning);
    }
    for (const admission::Cause& cause : verdict.causes) tell_error(object, cause.field, cause.message);
    if (!verdict.allowed && verdict.causes.empty()) tell_error(object, "", verdict.message);
  }

  void tell_error(const ManifestObject& object, std::string_view path, std::string_view message) {
    fmt::print(err_, "{}: {}{}{}\n", place(object, path), paint(path, kRed, options_.color_err),
               path.empty() ? "" : ": ", message);
  }

  void show(const ManifestObject& object, Verdict verdict) {
    switch (options_.format) {
      case Format::kYaml:
        out_ << (std::exchange(first_, false) ? "" : "---\n") << kube::to_yaml(verdict.object);
        return;
      case Format::kDiff:
        show_diff(object, verdict);
        return;
      case Format::kJson:
        results_.push_back(std::move(verdict.object));
        return;
    }
  }

  void show_diff(const ManifestObject& object, const Verdict& verdict) {
    const std::string changes =
        diff(kube::to_yaml(object.value), kube::to_yaml(verdict.object), options_.color_out);
    if (changes.empty()) return;
    const spec::ObjectView view(object.value);
    const std::string name =
        fmt::format("{} {}", view.string("kind"), view.object("metadata").string("name"));
    out_ << paint(fmt::format("--- {} ({})", object.file, name), kBold, options_.color_out) << '\n'
         << paint(fmt::format("+++ as stored ({})", name), kBold, options_.color_out) << '\n'
         << changes;
  }

  /// One object by itself, several as a List.
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
  std::vector<Value> results_;
};

int unreadable(const std::vector<ManifestError>& errors, std::ostream& err) {
  for (const ManifestError& error : errors) fmt::print(err, "{}\n", error.to_string());
  return kUnreadable;
}

}  // namespace

int review(const ReviewOptions& options, std::ostream& out, std::ostream& err) {
  auto input = read_input(options.input);
  if (!input) return unreadable(input.error(), err);
  for (const ManifestError& warning : input->world->warnings) {
    fmt::print(err, "{}: {} {}\n", warning.place(), paint("warning:", kYellow, options.color_err),
               warning.message);
  }
  std::vector<ManifestObject> old;
  if (!options.old.empty()) {
    auto objects = read_more(options.old, *input);
    if (!objects) return unreadable({objects.error()}, err);
    old = std::move(*objects);
  }
  return Reviewer(options, *input, out, err).run(old);
}

}  // namespace modelgate::cli
