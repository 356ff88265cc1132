// SPDX-License-Identifier: Apache-2.0
#include "workload/pods/storage_initializer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "spec/schema.h"
#include "spec/schema_core.h"
#include "spec/storage_uri.h"
#include "spec/storage_variables.h"
#include "workload/objects/object_builder.h"
#include "workload/objects/strategic_merge.h"
#include "workload/pods/credentials.h"
#include "workload/pods/oci_model.h"
#include "workload/pods/s3_settings.h"
#include "workload/pods/storage_paths.h"
#include "workload/pods/storage_rules.h"

namespace modelgate::workload {
namespace {

using spec::FieldPath;
using spec::Value;

constexpr std::string_view kImage = "kserve/storage-initializer:latest";
constexpr std::string_view kFetchedVolume = "kserve-provision-location";
constexpr std::string_view kClaimVolume = "kserve-pvc-source";
constexpr std::string_view kStorageUriEnv = "STORAGE_URI";

constexpr std::string_view kCaBundleVolume = "cabundle-cert";
constexpr std::string_view kCaBundlePath = "/etc/ssl/custom-certs";

/// For fast downloads from Hugging Face, unless the user sets them.
const std::array<EnvVar, 3>& hugging_face_defaults() {
  static const std::array<EnvVar, 3> kDefaults = {
      {{.name = "HF_HUB_ENABLE_HF_TRANSFER", .value = "1"},
       {.name = "HF_XET_HIGH_PERFORMANCE", .value = "1"},
       {.name = "HF_XET_NUM_CONCURRENT_RANGE_GETS", .value = "8"}}};
  return kDefaults;
}

// -------------------------------------------------------------------------------------------- mounts

/// The containers that read the model: the model server, and a transformer in the same Pod.
std::vector<FieldPath> readers(const PodPass& pass) {
  std::vector<FieldPath> out;
  if (auto model = pass.find_model_container()) out.push_back(std::move(*model));
  if (auto transformer = pass.find_container("containers", container::kTransformer)) {
    out.push_back(std::move(*transformer));
  }
  return out;
}

/// Mounts a volume in the containers that read it and in the init container that fills it (`filler`, or
/// nullptr). The volume is the PersistentVolumeClaim `claim`, else an emptyDir.
void mount(PodPass& pass, VolumeMount what, std::string_view claim, ContainerBuilder* filler) {
  const std::vector<FieldPath> containers = readers(pass);
  check_mount_path(pass, containers, what.volume, what.mount_path);
  bool mounted = false;
  for (const FieldPath& reader : containers) mounted |= pass.add_mount(reader, what);
  if (filler) {
    what.read_only = false;
    filler->append_mount(what);
    mounted = true;
  }
  if (!mounted) return;
  if (claim.empty()) {
    pass.add_volume(what.volume, "emptyDir", ObjectBuilder(pass.arena()).take());
  } else {
    pass.add_volume(what.volume, "persistentVolumeClaim",
                    ObjectBuilder(pass.arena()).text("claimName", claim).take());
  }
}

// --------------------------------------------------------------------------------- the init container

ContainerBuilder make_init_container(PodPass& pass) {
  const spec::StorageInitializerConfiguration& settings = pass.configuration.storage_initializer;
  ContainerBuilder out(container::kStorageInitializer, settings.image.empty() ? kImage : settings.image,
                       pass.arena());
  out.set("terminationMessagePolicy", spec::make_literal("FallbackToLogsOnError"));
  out.set("resources", to_value(settings.resources, pass.arena()));
  return out;
}

/// A ConfigMap with CA certificates, and where it is mounted.
struct CaBundle {
  std::string config_map;
  std::string mount_path;
};

std::optional<CaBundle> find_ca_bundle(const PodPass& pass, const ContainerBuilder& container) {
  const spec::StorageInitializerConfiguration& settings = pass.configuration.storage_initializer;
  const bool by_credentials = static_cast<bool>(container.view().find_env(kAwsCaBundleConfigMap));
  if (settings.ca_bundle_config_map_name.empty() && !by_credentials) return std::nullopt;
  CaBundle out{.config_map = pass.context.namespace_ == pass.context.system_namespace
                                 ? settings.ca_bundle_config_map_name
                                 : std::string(kCaBundleCopy),
               .mount_path = settings.ca_bundle_volume_mount_path.empty()
                                 ? std::string(kCaBundlePath)
                                 : settings.ca_bundle_volume_mount_path};
  for (const spec::EnvVarView e : container.view().env()) {
    if (e.name() == kAwsCaBundleConfigMap) out.config_map = e.env_value();
    if (e.name() == kAwsCaBundle) out.mount_path = parent_directory(e.env_value());
  }
  return out;
}

void add_ca_bundle(PodPass& pass, const CaBundle& bundle, ContainerBuilder& out) {
  out.add_env({.name = "CA_BUNDLE_CONFIGMAP_NAME", .value = bundle.config_map}, SameName::kRetain);
  out.add_env({.name = "CA_BUNDLE_VOLUME_MOUNT_POINT", .value = bundle.mount_path}, SameName::kRetain);
  pass.add_volume(kCaBundleVolume, "configMap",
                  ObjectBuilder(pass.arena()).text("name", bundle.config_map).take());
  out.append_mount(
      {.volume = std::string(kCaBundleVolume), .mount_path = bundle.mount_path, .read_only = true});
}

/// For an encrypted model: that it must be decrypted, and with which key.
void add_confidential(const PodPass& pass, ContainerBuilder& out) {
  if (pass.annotation(annotation::kConfidential) != "true") return;
  const auto set = [&](std::string_view name, std::string_view value) {
    out.add_env({.name = std::string(name), .value = std::string(value)}, SameName::kSetValue);
  };
  set("CONFIDENTIAL_ENABLED", "true");
  const auto resource = pass.annotation(annotation::kConfidentialResource);
  if (resource && !resource->empty()) set("CONFIDENTIAL_RESOURCE_ID", *resource);
}

/// Passes on what the server's container says about the storage: a token, a region, a proxy. KServe does not.
void add_storage_variables(const PodPass& pass, const StorageRequest& request, ContainerBuilder& out) {
  const auto model = pass.find_model_container();
  if (!pass.strict() || !model) return;
  for (const spec::EnvVarView e : pass.container_at(*model).env()) {
    const auto matters = [&](const StorageSource& s) { return spec::is_storage_variable(e.name(), s.uri); };
    if (std::ranges::any_of(request.sources, matters)) out.pass_on_env(e);
  }
}

/// Adds credentials, the CA bundle, the changes of the ClusterStorageContainer, and defaults.
void finish_init_container(PodPass& pass, const StorageRequest& request, ContainerBuilder out) {
  if (request.storage) {
    add_storage_config(pass, *request.storage, out);
  } else {
    add_credentials(pass, pass.spec().service_account_name(), out);
  }
  const auto bundle = find_ca_bundle(pass, out);
  if (const Value* overlay = request.container.spec().container().value()) {
    out.value() = strategic_merge(out.value(), *overlay, spec::schema::kContainer, {}, pass.arena());
  }
  if (bundle) add_ca_bundle(pass, *bundle, out);
  add_storage_variables(pass, request, out);
  for (const EnvVar& env : hugging_face_defaults()) out.add_env(env, SameName::kRetain);
  add_confidential(pass, out);
  pass.add_init_container(std::move(out));
  pass.outcome.injected.push_back(container::kStorageInitializer);
}

/// Whether the init container fetches one of the sources: an earlier pass added it.
bool fetches(spec::ContainerView c, const StorageRequest& request) {
  const Value* args = c.field("args");
  if (!args || !args->IsArray() || args->Empty() || !(*args)[0].IsString()) return false;
  return std::ranges::any_of(request.sources,
                             [&](const StorageSource& s) { return spec::text_of((*args)[0]) == s.uri; });
}

/// Whether an earlier pass, the reconciler or the user added the init container.
bool has_init_container(PodPass& pass, const StorageRequest& request) {
  if (pass.find_container("initContainers", container::kStorageInitializer)) return true;
  const std::string_view name = request.container.spec().container().name();
  if (name.empty()) return false;
  std::optional<std::size_t> others;
  std::size_t i = 0;
  for (const spec::ContainerView c : pass.spec().init_containers()) {
    if (c.name() == name && fetches(c, request)) return true;
    if (c.name() == name && !others) others = i;
    ++i;
  }
  if (others) {
    pass.strict_rule("init-container-name")
        .add(spec::duplicate((PodPass::spec_path() / "initContainers")[*others] / "name", name));
  }
  return false;
}

bool has_model_container(PodPass& pass) {
  if (pass.find_model_container()) return true;
  pass.rule("model-container")
      .add(spec::required(
          PodPass::spec_path() / "containers",
          fmt::format("needs a container {} (or, on worker nodes, {}) for the model at {}",
                      spec::quote(container::kModelServer), spec::quote(container::kWorker), kModelPath)));
  return false;
}

/// Sets the variable by which a custom container finds its model.
void point_at_model(PodPass& pass) {
  const FieldPath model = *pass.find_model_container();
  std::vector<std::size_t> found;
  std::size_t i = 0;
  for (const spec::EnvVarView e : pass.container_at(model).env()) {
    if (e.name() == kStorageUriEnv && !e.env_value().empty() && e.env_value() != kModelPath)
      found.push_back(i);
    ++i;
  }
  for (const std::size_t at : found) {
    pass.edit.set((model / "env")[at] / "value", spec::make_literal(kModelPath));
  }
}

}  // namespace

void add_model_storage(PodPass& pass, const StorageRequest& request) {
  const StorageSource& source = request.sources.front();
  if (has_init_container(pass, request) || !has_model_container(pass)) return;
  VolumeMount model{.volume = std::string(kFetchedVolume),
                    .mount_path = std::string(kModelPath),
                    .read_only = request.read_only};
  if (const auto pvc = spec::parse_pvc_uri(source.uri)) {
    model.volume = kClaimVolume;
    model.sub_path = pvc->path;
    mount(pass, model, pvc->claim, nullptr);
    point_at_model(pass);
    return;
  }
  ContainerBuilder fetcher = make_init_container(pass);
  fetcher.add_args(source.uri, source.mount_path);
  mount(pass, model, {}, &fetcher);
  point_at_model(pass);
  finish_init_container(pass, request, std::move(fetcher));
}

void add_storage(PodPass& pass, const StorageRequest& request) {
  check_sources(pass, request);
  if (has_oci_source(pass, request)) {
    if (!has_model_container(pass)) return;
    mount_oci_sources(pass, request);
  }
  if (has_init_container(pass, request) || !has_model_container(pass)) return;
  const spec::StorageContainerSpecView container = request.container.spec();
  if (request.container && !container.boolean("supportsMultiModelDownload").value_or(false)) {
    pass.rule("storage-container-single")
        .add(spec::forbidden(request.field,
                             fmt::format("ClusterStorageContainer {} does not fetch more than one model "
                                         "(supportsMultiModelDownload)",
                                         spec::quote(request.container.metadata().name()))));
    return;
  }
  std::vector<StorageSource> fetched;
  for (const StorageSource& source : request.sources) {
    if (spec::parse_oci_uri(source.uri)) continue;
    if (const auto pvc = spec::parse_pvc_uri(source.uri)) {
      mount(pass,
            {.volume = volume_name_of(source.mount_path),
             .mount_path = source.mount_path,
             .sub_path = {},
             .read_only = request.read_only},
            pvc->claim, nullptr);
    } else {
      fetched.push_back(source);
    }
  }
  if (fetched.empty()) return;
  ContainerBuilder fetcher = make_init_container(pass);
  std::vector<std::string> paths;
  for (const StorageSource& source : fetched) {
    fetcher.add_args(source.uri, source.mount_path);
    paths.push_back(source.mount_path);
  }
  const std::string parent = common_parent(paths);
  mount(pass,
        {.volume = volume_name_of(parent),
         .mount_path = parent,
         .sub_path = {},
         .read_only = request.read_only},
        {}, &fetcher);
  finish_init_container(pass, request, std::move(fetcher));
}

}  // namespace modelgate::workload
