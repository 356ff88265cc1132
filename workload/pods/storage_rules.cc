// SPDX-License-Identifier: Apache-2.0
#include "workload/pods/storage_rules.h"

#include <fmt/format.h>

#include <set>
#include <string>

#include "spec/storage_uri.h"
#include "workload/pods/storage_config.h"
#include "workload/pods/storage_paths.h"

namespace modelgate::workload {
namespace {

using spec::FieldPath;

bool has_dots(std::string_view path) {
  return fmt::format("/{}/", path).find("/../") != std::string::npos;
}

void check_path(PodPass& pass, const FieldPath& field, const std::string& path, std::set<std::string>& seen) {
  if (!path.starts_with('/')) {
    pass.strict_rule("storage-mount-path").add(spec::invalid(field, path, "must be absolute"));
  } else if (has_dots(path)) {
    pass.strict_rule("storage-mount-path").add(spec::invalid(field, path, "must not contain the part .."));
  } else if (volume_name_of(path).empty()) {
    pass.strict_rule("storage-mount-path").add(spec::invalid(field, path, "must not be the root directory"));
  } else if (!seen.insert(volume_name_of(path)).second) {
    pass.strict_rule("storage-mount-path").add(spec::duplicate(field, path));
  }
}

}  // namespace

void check_uri(PodPass& pass, std::string_view uri, bool claimed, const FieldPath& field) {
  if (uri.starts_with(kSchemePlaceholder)) return;
  const auto problem = spec::check_storage_uri(uri, claimed, pass.context.catalog);
  if (!problem) return;
  const std::string_view rule =
      problem->type == spec::ErrorType::kNotSupported ? "storage-uri-scheme" : "storage-uri";
  pass.strict_rule(rule).add({problem->type, field, spec::quote(spec::shown_uri(uri)), problem->detail});
}

void check_mount_path(PodPass& pass, const std::vector<FieldPath>& containers, std::string_view volume,
                      std::string_view path) {
  for (const FieldPath& container : containers) {
    std::size_t i = 0;
    for (const spec::VolumeMountView m : pass.container_at(container).volume_mounts()) {
      if (m.mount_path() == path && m.name() != volume) {
        pass.strict_rule("mount-path-taken")
            .add(spec::invalid((container / "volumeMounts")[i] / "mountPath", path,
                               "the model is mounted here; use another path"));
      }
      ++i;
    }
  }
}

void check_sources(PodPass& pass, const StorageRequest& request) {
  if (request.sources.size() > kMaxStorageSources) {
    pass.rule("storage-sources")
        .add(spec::too_many(request.field, request.sources.size(), kMaxStorageSources));
  }
  std::set<std::string> seen;
  std::size_t i = 0;
  for (const StorageSource& source : request.sources) {
    const FieldPath at = request.field[i++];
    check_uri(pass, source.uri, static_cast<bool>(request.container), at / "uri");
    check_path(pass, at / "mountPath", source.mount_path, seen);
  }
}

}  // namespace modelgate::workload
