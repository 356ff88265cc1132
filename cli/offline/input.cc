// SPDX-License-Identifier: Apache-2.0
#include "cli/offline/input.h"

#include <iterator>

#include "spec/view.h"

namespace modelgate::cli {

using kube::ManifestError;
using kube::ManifestObject;

std::string_view Input::namespace_of(const ManifestObject& object) const {
  const std::string_view own = spec::ObjectView(object.value).object("metadata").string("namespace");
  return own.empty() ? std::string_view(namespace_) : own;
}

std::expected<Input, std::vector<ManifestError>> read_input(const InputOptions& options) {
  Input input{.arena = std::make_unique<spec::Arena>(),
              .objects = {},
              .world = nullptr,
              .namespace_ = options.namespace_};
  std::vector<ManifestError> errors;
  kube::ManifestReader reader;
  options.manifests.empty() ? reader.add_builtin() : reader.add_path(options.manifests);
  for (const std::string& file : options.files) {
    auto text = kube::read_file(file);
    auto objects = text ? kube::read_objects(file == "-" ? "<stdin>" : file, *text, *input.arena)
                        : std::unexpected(text.error());
    if (!objects) {
      errors.push_back(objects.error());
      continue;
    }
    for (const ManifestObject& object : *objects) reader.add_pending(object, options.namespace_);
    std::ranges::move(*objects, std::back_inserter(input.objects));
  }
  if (!options.config.empty()) reader.add_path(options.config);
  auto world = reader.finish(1);
  if (!world) std::ranges::move(world.error(), std::back_inserter(errors));
  if (!errors.empty()) return std::unexpected(std::move(errors));
  input.world = std::move(*world);
  return input;
}

std::expected<std::vector<ManifestObject>, ManifestError> read_more(const std::string& file, Input& input) {
  const auto text = kube::read_file(file);
  if (!text) return std::unexpected(text.error());
  return kube::read_objects(file, *text, *input.arena);
}

}  // namespace modelgate::cli
