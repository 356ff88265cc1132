// SPDX-License-Identifier: Apache-2.0
#include "validation/storage.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "spec/names.h"
#include "spec/spelling.h"
#include "spec/storage_containers.h"
#include "spec/storage_uri.h"
#include "spec/text/ascii.h"
#include "validation/duplicates.h"
#include "validation/forms.h"

namespace modelgate::validation {
namespace {

using spec::ErrorType;
using spec::StorageUriView;

constexpr std::string_view kDefaultMountPath = "/mnt/models";
/// Where KServe checks the type of `storage`. It never checks `model`, which most services have; frameworks
/// remain in canaries and in ModelMesh mode.
constexpr std::array<std::string_view, 6> kCheckedStorageSpecs = {"art",  "tensorflow",  "pytorch",
                                                                  "onnx", "huggingface", "pmml"};

bool is_fetched_by(spec::StorageFetcher fetcher, std::string_view uri) {
  const spec::StorageScheme* scheme = spec::find_storage_scheme(uri);
  return scheme && scheme->fetcher == fetcher;
}

bool is_pvc(std::string_view uri) {
  return is_fetched_by(spec::StorageFetcher::kClaim, uri);
}

/// The default of our CRD for an entry without a mountPath.
std::string_view mount_path_of(const StorageUriView& entry) {
  return entry.optional_string("mountPath").value_or(kDefaultMountPath);
}

/// The first directory of a path; empty if it consists of slashes.
std::string_view first_directory(std::string_view path) {
  const std::size_t start = path.find_first_not_of('/');
  if (start == std::string_view::npos) return {};
  path.remove_prefix(start);
  return path.substr(0, path.find('/'));
}

void check_entry(const StorageUriView& entry, const LazyPath& at, Report& report) {
  const std::string_view path = mount_path_of(entry);
  if (entry.uri().empty()) report.add(required(at / "uri", "must not be empty"));
  if (!path.starts_with('/')) {
    report.add(invalid(at / "mountPath", path, "must be an absolute path"));
  } else if (path == "/") {
    report.add(invalid(at / "mountPath", path, "must name a directory below /"));
  } else if (path.find("..") != std::string_view::npos) {
    report.add(invalid(at / "mountPath", path, "must not contain \"..\""));
  }
}

/// Reports each mount path that an earlier entry has.
template <typename PathOf>
void report_same_paths(std::size_t n, PathOf&& path_of, const LazyPath& at, Report& report) {
  for_each_duplicate(n, path_of, [&](std::size_t i) {
    const LazyPath entry = at[i];
    report.add(duplicate(entry / "mountPath", path_of(i)));
  });
}

/// KServe downloads into the common parent of the paths, so that their first directory must be the same. It
/// checks that only if two or more entries are no PVCs, and only then that the paths of PVCs differ.
void check_entries_together(const spec::ListView<StorageUriView>& list, const LazyPath& at, Report& report) {
  const auto downloads =
      std::ranges::count_if(list, [](const StorageUriView& e) { return !is_pvc(e.uri()); });
  if (downloads <= 1) return;
  std::optional<std::string_view> common;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const std::string_view path = mount_path_of(list[i]);
    if (is_pvc(list[i].uri()) || !path.starts_with('/') || path == "/") continue;
    const std::string_view directory = first_directory(path);
    if (!common) common = directory;
    if (!directory.empty() && directory == *common) continue;
    const LazyPath entry = at[i];
    report.add(invalid(entry / "mountPath", path,
                       fmt::format("must be in the same directory as the others, /{}", *common)));
  }
  const auto claim_path = [&](std::size_t i) {
    return is_pvc(list[i].uri()) ? mount_path_of(list[i]) : std::string_view{};
  };
  report_same_paths(list.size(), claim_path, at, report);
}

/// KServe supports three types of `storage`, and of `storageUri` beside it.
void check_storage_spec(const spec::StorageSpecView& storage, std::optional<std::string_view> uri,
                        const LazyPath& at, Report& report) {
  if (uri) {
    const auto supported = [&](std::string_view scheme) { return uri->starts_with(scheme); };
    if (std::ranges::none_of(spec::storage_type_prefixes(), supported))
      report.add(
          {ErrorType::kNotSupported, at / "storageUri", spec::quote(spec::shown_uri(*uri)),
           fmt::format("beside storage, supported are {}", fmt::join(spec::storage_type_prefixes(), ", "))});
    return;
  }
  const auto type = storage.parameters().get("type");
  if (!type) return;
  const std::string as_scheme = fmt::format("{}://", *type);
  const auto begins = [&](std::string_view scheme) { return as_scheme.starts_with(scheme); };
  if (std::ranges::any_of(spec::storage_type_prefixes(), begins)) return;
  const LazyPath storage_at = at / "storage";
  const LazyPath parameters = storage_at / "parameters";
  report.add(not_supported(parameters.key("type"), *type, spec::storage_types()));
}

/// Calls `f(uri, path)` for each URI of a component: of `storageUri` or the variable, and of `storageUris`.
/// `path` is a function: most URIs need no path.
template <typename F>
void for_each_uri(const Component& c, F&& f) {
  const auto uri = storage_uri_of(c);
  const bool has_value_from = c.custom() && uri && uri->empty();
  if (uri && !has_value_from) f(*uri, [&] { return written_storage_uri_of(c)->path; });
  const auto list = c.view.storage_uris();
  const LazyPath at = c.at / "storageUris";
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (list[i].uri().empty()) continue;  // check_storage_uris() reports it
    const LazyPath entry = at[i];
    f(list[i].uri(), [&] { return (entry / "uri").path(); });
  }
}

/// The container that the user names downloads the model: the first URI decides whether it can, as in KServe.
void check_named_storage_container(const Service& s, const Component& c, std::string_view name,
                                   std::string_view first_uri, spec::StorageContainers& containers,
                                   Report& report) {
  std::vector<std::string_view> names;
  for (const spec::ClusterStorageContainerView& container : s.catalog().storage_containers()) {
    if (container.metadata().name() == name) {
      if (first_uri.empty()) return;
      if (auto why = containers.unfit(container, first_uri)) {
        report.add(invalid(c.at / "storageContainerName", name, std::move(*why)));
      } else if (containers.supports(container, first_uri) == spec::StorageContainers::Support::kBroken) {
        report.add(invalid(c.at / "storageContainerName", name, spec::broken_expression_text(name)));
      }
      return;
    }
    names.push_back(container.metadata().name());
  }
  const auto near = spec::nearest(name, names);
  report.warn(c.at / "storageContainerName",
              fmt::format("there is no ClusterStorageContainer {} yet{}", spec::quote(name),
                          near ? fmt::format(" (did you mean {}?)", spec::quote(*near)) : std::string{}));
}

/// `named`: the user names the container, which is checked for itself.
template <typename Path>
void check_uri(const Service& s, std::string_view uri, bool named, const Path& path,
               spec::StorageContainers& containers, Report& report) {
  const auto match = named ? spec::StorageContainers::Match{} : containers.find(uri);
  const auto add = [&](ErrorType type, std::string detail) {
    report.add({type, path(), spec::quote(spec::shown_uri(uri)), std::move(detail)});
  };
  if (!match.broken.empty() && !match.container) {
    add(ErrorType::kInvalid, spec::broken_expression_text(match.broken));
  } else if (auto problem = spec::check_storage_uri(uri, named || match.container, s.catalog())) {
    add(problem->type, std::move(problem->detail));
  } else if (const auto oci = spec::parse_oci_uri(uri); oci && !oci->image.empty()) {
    if (const auto wrong = check_image(oci->image))
      add(ErrorType::kInvalid, fmt::format("the image {}", *wrong));
  }
}

std::string_view storage_container_name(const Component& c) {
  if (!c.is_predictor()) return {};
  return spec::PredictorView(c.view.value()).storage_container_name().value_or(std::string_view{});
}

/// `kbs:///{repository}/{type}/{tag}`
bool is_resource_id(std::string_view id) {
  constexpr std::string_view kPrefix = "kbs:///";
  if (!id.starts_with(kPrefix)) return false;
  id.remove_prefix(kPrefix.size());
  const auto allowed = [](char c) { return text::is_alphanumeric(c) || c == '_' || c == '.' || c == '-'; };
  for (int part = 0; part < 3; ++part) {
    const std::size_t end = id.find('/');
    const std::string_view segment = id.substr(0, end);
    if (segment.empty() || !std::ranges::all_of(segment, allowed)) return false;
    if ((part == 2) != (end == std::string_view::npos)) return false;
    id.remove_prefix(part == 2 ? segment.size() : end + 1);
  }
  return true;
}

void warn_about_confidential(std::string_view uri, const LazyPath& at, Report& report) {
  if (is_fetched_by(spec::StorageFetcher::kImage, uri))
    report.warn(at,
                "has no effect for oci://: the container runtime that pulls the image decrypts it "
                "(runtimeClassName)");
  if (is_pvc(uri)) report.warn(at, "has no effect for pvc://: a claim is mounted, nothing is downloaded");
}

/// A claim, an image and a single download are volumes that are named after their path.
void check_volume_name(const StorageUriView& entry, std::size_t downloads, const LazyPath& at,
                       Report& report) {
  const bool download = is_fetched_by(spec::StorageFetcher::kInitializer, entry.uri());
  if (download && downloads > 1) return;
  std::string name(mount_path_of(entry));
  while (name.starts_with('/')) name.erase(0, 1);
  while (name.ends_with('/')) name.pop_back();
  std::ranges::replace(name, '/', '-');
  if (name.empty()) return;
  if (const auto problem = spec::check_dns1123_label(name))
    report.add(invalid(at / "mountPath", mount_path_of(entry),
                       fmt::format("gives the volume {}, which {}", spec::quote(name), *problem)));
}

}  // namespace

void check_one_storage_form(const Service& s, Report& report) {
  for (const Component& c : s.components()) {
    // An empty list counts, as in KServe.
    if (c.role == Role::kCanary || !c.view.has("storageUris")) continue;
    if (!storage_uri_of(c)) continue;
    report.add(forbidden(c.at / "storageUris", fmt::format("must not be set beside {}",
                                                           written_storage_uri_of(c)->path.to_string())));
  }
}

void check_storage_uris(const Service& s, Report& report) {
  for (const Component& c : s.components()) {
    if (c.role == Role::kCanary) continue;
    const auto list = c.view.storage_uris();
    if (list.empty()) continue;
    const LazyPath at = c.at / "storageUris";
    for (std::size_t i = 0; i < list.size(); ++i) check_entry(list[i], at[i], report);
    check_entries_together(list, at, report);
  }
}

void check_storage_mount_paths(const Service& s, Report& report) {
  for (const Component& c : s.components()) {
    const auto list = c.view.storage_uris();
    const LazyPath at = c.at / "storageUris";
    const auto downloads = static_cast<std::size_t>(std::ranges::count_if(list, [](const StorageUriView& e) {
      return is_fetched_by(spec::StorageFetcher::kInitializer, e.uri());
    }));
    for (std::size_t i = 0; i < list.size(); ++i) {
      const LazyPath entry = at[i];
      const std::string_view path = mount_path_of(list[i]);
      if (c.role == Role::kCanary) check_entry(list[i], entry, report);
      if (path.size() > 1 && first_directory(path).empty())
        report.add(invalid(entry / "mountPath", path, "must name a directory below /"));
      check_volume_name(list[i], downloads, entry, report);
    }
    const auto path_of = [&](std::size_t i) { return mount_path_of(list[i]); };
    report_same_paths(list.size(), path_of, at, report);
  }
}

void check_transformer_container_storage(const Service& s, Report& report) {
  if (!s.predictor()) return;
  const auto containers = s.predictor()->view.containers();
  for (std::size_t i = 0; i < containers.size(); ++i) {
    if (containers[i].name() != spec::kTransformerContainerName) continue;
    const auto env = containers[i].env();
    for (std::size_t j = 0; j < env.size(); ++j) {
      if (env[j].name() != spec::kStorageUriEnv) continue;
      const LazyPath list = s.predictor()->at / "containers";
      const LazyPath container = list[i];
      const LazyPath variables = container / "env";
      report.add(
          forbidden(variables[j],
                    fmt::format("{} must not be set in the {}: the predictor in the same Pod has the model",
                                spec::kStorageUriEnv, spec::kTransformerContainerName)));
      break;
    }
    return;  // KServe checks the first one
  }
}

void check_storage_spec_types(const Service& s, Report& report) {
  for (const Component& c : s.components()) {
    if (c.implementations == 0) continue;
    const std::string_view field = c.implementation.field;
    if (std::ranges::find(kCheckedStorageSpecs, field) == kCheckedStorageSpecs.end()) continue;
    const spec::ObjectView implementation = c.view.object(field);
    const auto storage = implementation.object<spec::StorageSpecView>("storage");
    if (storage) check_storage_spec(storage, storage_uri_of(c), c.at / field, report);
  }
}

void check_storage_uri_beside_storage(const Service& s, Report& report) {
  for (const Container& c : s.workloads().containers) {
    if (c.place != Container::Place::kModel && c.place != Container::Place::kArt) continue;
    const spec::ModelSpecView model(c.view.value());
    if (!model.storage()) continue;
    const bool uri = !model.storage_uri().value_or(std::string_view{}).empty();
    const bool uris = !c.pod->component->view.storage_uris().empty();
    if (!uri && !uris) continue;
    report.add(forbidden(c.at / "storage",
                         fmt::format("must not be set beside {}: only one of them says where the model "
                                     "is",
                                     uri ? "storageUri" : "storageUris")));
  }
}

void check_storage_uri_supported(const Service& s, Report& report) {
  spec::StorageContainers containers(s.catalog());
  for (const Component& c : s.components()) {
    const std::string_view named = storage_container_name(c);
    std::optional<std::string_view> first;
    for_each_uri(c, [&](std::string_view uri, const auto& path) {
      if (!first) first = uri;
      if (!report.full()) check_uri(s, uri, !named.empty(), path, containers, report);
    });
    if (!named.empty()) check_named_storage_container(s, c, named, first.value_or(""), containers, report);
    if (report.full()) return;
  }
}

void check_confidential(const Service& s, Report& report) {
  if (!s.predictor() || !s.predictor()->serves_model()) return;
  const Component& c = *s.predictor();
  const spec::ModelSpecView model = c.model();
  if (!model.confidential().enabled()) return;
  const LazyPath at = c.at / c.implementation.field;
  const LazyPath confidential = at / "confidential";
  const std::string_view uri = model.storage_uri().value_or(std::string_view{});
  if (uri.empty()) report.add(required(at / "storageUri", "a confidential model is downloaded from there"));
  warn_about_confidential(uri, confidential, report);
  const std::string_view id = model.confidential().resource_id().value_or(std::string_view{});
  if (!id.empty() && !is_resource_id(id))
    report.add(
        invalid(confidential / "resourceId", id, "must have the form kbs:///{repository}/{type}/{tag}"));
}

}  // namespace modelgate::validation
