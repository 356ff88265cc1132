// SPDX-License-Identifier: Apache-2.0
#include "cli/offline/input.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <optional>
#include <utility>

#include "spec/configuration.h"
#include "spec/field.h"
#include "spec/names.h"
#include "spec/view.h"

namespace modelgate::cli {

using kube::ManifestError;
using kube::ManifestObject;

std::string_view Input::namespace_of(const ManifestObject& object) const {
  const std::string_view own = spec::ObjectView(object.value).object("metadata").string("namespace");
  return own.empty() ? std::string_view(namespace_) : own;
}

namespace {

/// Reads files and directories in their order.
class Reader {
 public:
  Reader(bool recursive, spec::Arena& arena) : recursive_(recursive), arena_(arena) {}

  void read(const std::string& path) {
    if (path == "-") return read_stdin();
    if (path.starts_with("http://") || path.starts_with("https://"))
      return fail(path,
                  "URLs are not read; download the file, and give its path or - for the standard input");
    const auto files = kube::manifest_files(path, {.recursive = recursive_, .hidden = true});
    if (!files) return errors.push_back(files.error());
    if (files->empty()) {
      return fail(path, fmt::format("no file *.yaml, *.yml or *.json in this directory{}",
                                    recursive_ ? "" : "; with -R its subdirectories are read too"));
    }
    for (const std::filesystem::path& file : *files) read_file(file, file.string());
  }

  std::vector<ManifestObject> objects;
  std::vector<ManifestError> errors;

 private:
  void read_stdin() {
    if (std::exchange(stdin_read_, true)) return fail("-", "the standard input can be read only once");
    read_file("-", "<stdin>");
  }

  void read_file(const std::filesystem::path& file, const std::string& name) {
    auto text = kube::read_file(file);
    if (!text) return errors.push_back(std::move(text.error()));
    kube::Documents documents = kube::read_documents(name, *text, arena_);
    std::ranges::move(documents.objects, std::back_inserter(objects));
    if (file.stem() == "kustomization" && !documents.errors.empty())
      return fail(name,
                  "is a file of kustomize, not an object; run `kubectl kustomize` and review its output");
    std::ranges::move(documents.errors, std::back_inserter(errors));
  }

  void fail(const std::string& file, std::string message) { errors.push_back({file, 0, std::move(message)}); }

  bool recursive_;
  bool stdin_read_ = false;
  spec::Arena& arena_;
};

/// The error of a file that can be read and has no configuration: it would have no effect.
std::optional<ManifestError> check_configuration(const std::string& file, spec::Arena& arena) {
  Reader reader(false, arena);
  reader.read(file);
  const auto is_configuration = [](const ManifestObject& object) {
    const spec::ObjectView view(object.value);
    return view.string("kind") == "ConfigMap" &&
           view.object("metadata").string("name") == spec::kConfigMapName;
  };
  if (!reader.errors.empty() || std::ranges::any_of(reader.objects, is_configuration)) return std::nullopt;
  return ManifestError{file, 0, fmt::format("has no ConfigMap {}", spec::kConfigMapName)};
}

}  // namespace

std::expected<Input, std::vector<ManifestError>> read_input(const InputOptions& options) {
  Input input{.arena = std::make_unique<spec::Arena>(),
              .objects = {},
              .world = nullptr,
              .namespace_ = options.namespace_,
              .recursive = options.recursive};
  kube::ManifestReader world_reader;
  options.manifests.empty() ? world_reader.add_builtin() : world_reader.add_path(options.manifests);
  Reader reader(options.recursive, *input.arena);
  for (const std::string& path : options.files) reader.read(path);
  std::vector<ManifestError> errors = std::move(reader.errors);
  for (const ManifestObject& object : reader.objects) world_reader.add_pending(object, options.namespace_);
  input.objects = std::move(reader.objects);
  if (!options.config.empty()) {
    world_reader.add_path(options.config);
    if (auto error = check_configuration(options.config, *input.arena)) errors.push_back(std::move(*error));
  }
  if (const auto problem = spec::check_dns1123_label(options.namespace_))
    errors.push_back({"--namespace", 0, fmt::format("{} {}", spec::quote(options.namespace_), *problem)});
  auto world = world_reader.finish(1);
  if (!world) std::ranges::move(world.error(), std::back_inserter(errors));
  if (!errors.empty()) return std::unexpected(std::move(errors));
  input.world = std::move(*world);
  return input;
}

std::expected<std::vector<ManifestObject>, std::vector<ManifestError>> read_more(const std::string& path,
                                                                                 Input& input) {
  Reader reader(input.recursive, *input.arena);
  reader.read(path);
  if (!reader.errors.empty()) return std::unexpected(std::move(reader.errors));
  return std::move(reader.objects);
}

}  // namespace modelgate::cli
