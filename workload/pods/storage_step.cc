// SPDX-License-Identifier: Apache-2.0
#include "workload/pods/storage_step.h"

#include <fmt/format.h>

#include <algorithm>

#include "spec/storage_uri.h"
#include "workload/objects/annotations.h"
#include "workload/objects/sha256.h"
#include "workload/pods/oci_model.h"
#include "workload/pods/storage_container.h"
#include "workload/pods/storage_initializer.h"
#include "workload/pods/storage_rules.h"

namespace modelgate::workload {
namespace {

/// The URI of a model that a cache has on the node: in the cache's claim, a folder named by the first 16
/// hexadecimal digits of the SHA-256 of the cached model's URI.
std::string local_model_uri(std::string_view uri, std::string_view cached_uri, std::string_view claim) {
  std::string_view below = uri;
  if (below.starts_with(cached_uri)) below.remove_prefix(cached_uri.size());
  return fmt::format("pvc://{}/models/{}{}{}", claim, sha256_hex(cached_uri).substr(0, 16),
                     below.starts_with('/') ? "" : "/", below);
}

/// The URI to fetch from: the annotated one, or of the local cache on the node. nullopt after an error was
/// reported.
std::optional<std::string> source_uri(PodPass& pass, std::string_view annotated) {
  if (!pass.label(label::kLocalModel)) return std::string(annotated);
  const auto claim = pass.annotation(annotation::kLocalModelPvcName);
  if (!claim) {
    pass.rule("local-model")
        .add(spec::required(
            PodPass::annotation_path(annotation::kLocalModelPvcName),
            fmt::format("the label {} says that the model is on the node; this names its claim",
                        label::kLocalModel)));
    return std::nullopt;
  }
  return local_model_uri(annotated, pass.annotation(annotation::kLocalModelSourceUri).value_or(""), *claim);
}

/// Reads the parameters, a JSON object of strings. False after an error was reported.
bool read_parameters(PodPass& pass, StorageSpec& out) {
  const auto text = pass.annotation(annotation::kStorageSpecParameters);
  if (!text) return true;
  const auto read = spec::parse_json(*text, pass.arena());
  const bool texts =
      read &&
      (read->IsNull() || (read->IsObject() && std::all_of(read->MemberBegin(), read->MemberEnd(),
                                                          [](const auto& m) { return m.value.IsString(); })));
  if (!texts) {
    pass.rule("storage-parameters")
        .add(spec::invalid(PodPass::annotation_path(annotation::kStorageSpecParameters),
                           "must be a JSON object of strings"));
    return false;
  }
  spec::StringMapView(*read).for_each(
      [&](std::string_view name, std::string_view value) { out.parameters.emplace_back(name, value); });
  std::ranges::sort(out.parameters);
  return true;
}

/// Whether a ClusterStorageContainer supports the URI. That none does is confirmed by a live list, because
/// one may have been created a moment ago; if they cannot be listed, the URI counts as supported. nullopt if
/// the list is needed.
std::optional<bool> is_claimed(PodPass& pass, std::string_view uri, const StorageContainerChoice& choice) {
  if (choice.container || choice.unread) return true;
  if (spec::parse_pvc_uri(uri) || uri.starts_with(kSchemePlaceholder)) return false;
  const spec::Fact* fact = pass.look_up_all("ClusterStorageContainer");
  if (!fact) return std::nullopt;
  if (fact->state != spec::Fact::State::kUnknown) return false;
  pass.warn(
      "ClusterStorageContainers could not be listed: the model is fetched by the storage initializer as "
      "configured");
  return true;
}

}  // namespace

void initialize_storage(PodPass& pass) {
  const auto annotated = pass.annotation(annotation::kSourceUri);
  if (!annotated) return;
  const auto uri = source_uri(pass, *annotated);
  if (!uri) return;
  StorageRequest request{.sources = {{*uri, std::string(kModelPath)}}};
  request.read_only = pass.annotation(annotation::kReadOnly) != "false";
  if (pass.annotation(annotation::kStorageSpec) == "true") {
    request.storage.emplace();
    request.storage->key = pass.annotation(annotation::kStorageSpecKey).value_or("");
    if (!read_parameters(pass, *request.storage)) return;
  }
  const StorageContainerChoice choice = choose_storage_container(
      pass, pass.annotation(annotation::kStorageContainer).value_or(""), *uri, request.field);
  if (!choice.settled) return;
  request.container = choice.container;
  // The agent pulls models itself, and images have their own step.
  if (pass.annotation(annotation::kAgent) || !oci_mode(pass, *uri).empty()) return;
  if (pass.find_container("initContainers", container::kStorageInitializer)) return;
  const std::optional<bool> claimed = is_claimed(pass, *uri, choice);
  if (!claimed) return;
  const std::size_t errors = pass.outcome.errors.size();
  check_uri(pass, *uri, *claimed, request.field);
  // Already denied: do not look up credentials.
  if (pass.strict() && pass.outcome.errors.size() > errors) return;
  add_model_storage(pass, request);
}

}  // namespace modelgate::workload
