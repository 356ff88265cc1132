// SPDX-License-Identifier: Apache-2.0
#include "workload/pods/oci_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <vector>

#include "spec/storage_uri.h"
#include "spec/text/ascii.h"
#include "workload/objects/annotations.h"
#include "workload/objects/object_builder.h"
#include "workload/pods/restricted.h"
#include "workload/pods/storage_paths.h"

namespace modelgate::workload {
namespace {

using spec::FieldPath;

constexpr std::string_view kNative = "native";
constexpr std::string_view kVolume = "kserve-provision-location";
constexpr std::string_view kPathInImage = "models";
constexpr std::string_view kCpu = "10m";
constexpr std::string_view kMemory = "15Mi";

/// One image, and where containers find the model.
struct Model {
  std::string_view image;
  std::string path;
  std::size_t number = 0;  // among the images of the Pod
};

std::string numbered(std::string_view name, std::size_t number) {
  return number == 0 ? std::string(name) : fmt::format("{}-{}", name, number);
}

std::string mount_parent(std::string_view path) {
  const std::string parent = parent_directory(path);
  return parent == "." ? "/" : parent;
}

// -------------------------------------------------------------------------------------------- modelcar

/// Quotes a word for a shell. A plain path is unchanged.
std::string shell_quoted(std::string_view s) {
  const auto plain = [](char c) {
    return text::is_alphanumeric(c) || c == '/' || c == '.' || c == '_' || c == '-';
  };
  if (!s.empty() && std::ranges::all_of(s, plain)) return std::string(s);
  std::string out = "'";
  for (const char c : s) {
    if (c == '\'') {
      out += R"('\'')";
    } else {
      out += c;
    }
  }
  return out + "'";
}

/// `$$` is the process id of the sidecar's shell; in a Pod's arguments it is written as `$$$$`.
std::string link_command(std::string_view path) {
  std::string link = fmt::format("ln -sf /proc/$$$$/root/models {} && sleep infinity", shell_quoted(path));
  if (path == kModelPath) return link;
  return fmt::format("mkdir -p {} && {}", shell_quoted(parent_directory(path)), link);
}

/// Exactly the command of KServe's init container, so that a move from KServe changes no Pod template.
std::string check_command(std::string_view image) {
  return fmt::format(
      "echo 'Pre-fetching modelcar {}: ' && [ -d /models ] && [ \"$$(ls -A /models)\" ] && echo 'OK ... "
      "Prefetched and valid (/models exists)' || (echo 'NOK ... Prefetched but modelcar is invalid (/models "
      "does "
      "not exist or is empty)' && exit 1)",
      image);
}

ContainerBuilder model_container(PodPass& pass, const std::string& name, std::string_view image,
                                 std::string_view command) {
  const spec::StorageInitializerConfiguration& settings = pass.configuration.storage_initializer;
  const auto amount = [&] {
    return ObjectBuilder(pass.arena())
        .text("cpu", settings.cpu_modelcar ? std::string_view(settings.cpu_modelcar->text) : kCpu)
        .text("memory", settings.memory_modelcar ? std::string_view(settings.memory_modelcar->text) : kMemory)
        .take();
  };
  ContainerBuilder out(name, image, pass.arena());
  out.add_args("sh", "-c", command);
  out.set("resources",
          ObjectBuilder(pass.arena()).value("limits", amount()).value("requests", amount()).take());
  out.set("terminationMessagePolicy", spec::make_literal("FallbackToLogsOnError"));
  return out;
}

/// The user of sidecar and server, which must be the same: a process can read the root directory of another only if
/// both have its user and group. The configured user; in Strict, the server's, if it is set.
std::optional<std::int64_t> modelcar_user(const PodPass& pass) {
  const auto server = pass.find_model_container();
  const auto own = pass.strict() && server ? user_of(pass, pass.container_at(*server)) : std::nullopt;
  return own ? own : pass.configuration.storage_initializer.uid_modelcar;
}

/// Sets the user of a container that reads the model. A user of its own stays in Strict; KServe replaces it.
void set_reader_user(PodPass& pass, const FieldPath& reader, std::int64_t user) {
  const spec::ContainerView container = pass.container_at(reader);
  const auto own = pass.strict() ? user_of(pass, container) : std::nullopt;
  if (!own) {
    pass.edit.set(reader / "securityContext" / "runAsUser", spec::Value(user));
  } else if (*own != user) {
    pass.warn(fmt::format(
        "the container {} runs as user {} and cannot read the model: the model's container runs as user {}, "
        "like the server",
        spec::quote(container.name()), *own, user));
  }
}

/// The security context of the model's containers: the user, and in Strict the server's group.
spec::Value modelcar_security(PodPass& pass, std::int64_t user) {
  spec::Value out = ObjectBuilder(pass.arena()).number("runAsUser", user).take();
  const auto server = pass.find_model_container();
  if (!pass.strict() || !server) return out;
  const auto group = pass.container_at(*server).object("securityContext").integer("runAsGroup");
  if (group) spec::set_member(out, "runAsGroup", spec::Value(*group), pass.arena());
  return out;
}

void add_sidecar(PodPass& pass, const Model& model, const std::string& volume) {
  const std::string name = numbered(container::kModelcar, model.number);
  if (pass.find_container("containers", name)) return;
  ContainerBuilder sidecar = model_container(pass, name, model.image, link_command(model.path));
  sidecar.append_mount({.volume = volume, .mount_path = mount_parent(model.path)});
  ContainerBuilder check = model_container(pass, numbered(container::kModelcarInit, model.number),
                                           model.image, check_command(model.image));
  if (const auto user = modelcar_user(pass)) {
    sidecar.set("securityContext", modelcar_security(pass, *user));
    // Otherwise the image determines it, which may be root.
    if (pass.strict()) check.set("securityContext", modelcar_security(pass, *user));
  }
  pass.add_container(std::move(sidecar));
  pass.add_init_container(std::move(check));
  pass.outcome.injected.push_back(container::kModelcar);
}

void serve_from_sidecar(PodPass& pass, const FieldPath& reader, const Model& model) {
  const std::string volume = numbered(kVolume, model.number);
  // The model may appear after the server starts.
  pass.set_env(reader, "MODEL_INIT_MODE", "async");
  pass.add_volume(volume, "emptyDir", ObjectBuilder(pass.arena()).take());
  pass.add_mount(reader, {.volume = volume, .mount_path = mount_parent(model.path)});
  if (const auto user = modelcar_user(pass)) set_reader_user(pass, reader, *user);
  add_sidecar(pass, model, volume);
  pass.edit.set(PodPass::spec_path() / "shareProcessNamespace", spec::Value(true));
}

// ---------------------------------------------------------------------------------------- image volume

void serve_from_image_volume(PodPass& pass, const FieldPath& reader, const Model& model) {
  std::string volume = volume_name_of(model.path);
  if (volume.empty()) volume = "oci-model";
  std::size_t i = 0;
  for (const spec::VolumeMountView m : pass.container_at(reader).volume_mounts()) {
    if (m.mount_path() == model.path && m.name() != volume) {
      pass.rule("mount-path-taken")
          .add(spec::invalid((reader / "volumeMounts")[i] / "mountPath", model.path,
                             "the model's image is mounted here; use another path"));
      return;
    }
    ++i;
  }
  pass.add_volume(
      volume, "image",
      ObjectBuilder(pass.arena()).text("reference", model.image).text("pullPolicy", "IfNotPresent").take());
  const bool mounted = pass.add_mount(
      reader,
      {.volume = volume, .mount_path = model.path, .sub_path = std::string(kPathInImage), .read_only = true});
  if (mounted) pass.outcome.injected.push_back("image-volume");
}

// --------------------------------------------------------------------------------------------- shared

void serve(PodPass& pass, std::string_view mode, const Model& model) {
  const auto serve_to = [&](const FieldPath& reader) {
    if (mode == kNative) {
      serve_from_image_volume(pass, reader, model);
    } else {
      serve_from_sidecar(pass, reader, model);
    }
  };
  serve_to(*pass.find_model_container());
  if (const auto transformer = pass.find_container("containers", container::kTransformer)) {
    serve_to(*transformer);
  }
}

/// Two sidecars must not share the parent directory of their paths, two image volumes not the path itself.
void check_paths(PodPass& pass, const StorageRequest& request, std::string_view configured_mode) {
  std::map<std::string, std::size_t> seen;
  for (std::size_t i = 0; i < request.sources.size(); ++i) {
    const auto oci = spec::parse_oci_uri(request.sources[i].uri);
    if (!oci || !oci->mode.empty()) continue;
    const std::string& path = request.sources[i].mount_path;
    const std::string place = configured_mode == kNative ? path : mount_parent(path);
    if (seen.emplace(place, i).second) continue;
    pass.rule("oci-mount-path")
        .add(spec::invalid(
            request.field[i] / "mountPath", path,
            configured_mode == kNative
                ? "another image is mounted here; each needs a path of its own"
                : fmt::format("another image is mounted below {}; each needs a parent directory of its own",
                              place)));
  }
}

}  // namespace

std::string_view oci_mode(const PodPass& pass, std::string_view uri) {
  const auto oci = spec::parse_oci_uri(uri);
  if (!oci) return {};
  return oci->mode.empty() ? pass.configuration.storage_initializer.resolved_oci_model_mode() : oci->mode;
}

bool has_oci_source(const PodPass& pass, const StorageRequest& request) {
  return std::ranges::any_of(request.sources,
                             [&](const StorageSource& s) { return !oci_mode(pass, s.uri).empty(); });
}

void mount_oci_sources(PodPass& pass, const StorageRequest& request) {
  const auto images = std::ranges::count_if(
      request.sources, [](const StorageSource& s) { return spec::parse_oci_uri(s.uri).has_value(); });
  if (static_cast<std::size_t>(images) > kMaxOciSources) {
    pass.rule("oci-sources")
        .add(spec::too_many(request.field, static_cast<std::size_t>(images), kMaxOciSources));
    return;
  }
  check_paths(pass, request, pass.configuration.storage_initializer.resolved_oci_model_mode());
  std::size_t number = 0;
  for (const StorageSource& source : request.sources) {
    const std::string_view mode = oci_mode(pass, source.uri);
    if (mode.empty()) continue;
    serve(pass, mode,
          {.image = spec::parse_oci_uri(source.uri)->image, .path = source.mount_path, .number = number++});
  }
}

void mount_oci_model(PodPass& pass) {
  const auto uri = pass.annotation(annotation::kSourceUri);
  if (!uri || !spec::parse_oci_uri(*uri)) return;
  if (pass.configuration.storage_initializer.resolved_oci_model_mode().empty()) {
    if (oci_mode(pass, *uri).empty()) return;  // left to the storage initializer
    pass.warn(
        "the model is not mounted: models in container images are disabled (enableModelcar, ociModelMode in the "
        "configuration's key storageInitializer)");
    return;
  }
  if (!pass.find_model_container()) {
    pass.rule("model-container")
        .add(spec::required(
            PodPass::spec_path() / "containers",
            fmt::format("needs a container {} for the model's image", spec::quote(container::kModelServer))));
    return;
  }
  serve(pass, oci_mode(pass, *uri),
        {.image = spec::parse_oci_uri(*uri)->image, .path = std::string(kModelPath)});
}

}  // namespace modelgate::workload
