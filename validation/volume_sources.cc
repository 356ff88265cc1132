// SPDX-License-Identifier: Apache-2.0
#include "validation/volume_sources.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "spec/quantity.h"
#include "spec/schema_core.h"
#include "validation/downward_fields.h"
#include "validation/duplicates.h"
#include "validation/forms.h"
#include "validation/metadata_maps.h"

namespace modelgate::validation {
namespace {

namespace schema = spec::schema;
using spec::ObjectView;

constexpr std::int64_t kMaxMode = 0777;
constexpr std::int64_t kMaxPartition = 255;
constexpr std::int64_t kMaxLun = 255;
constexpr std::int64_t kMinTokenSeconds = 10L * 60;
constexpr std::int64_t kMaxTokenSeconds = 1L << 32;
constexpr std::size_t kMaxTenantBytes = 64;

using Words = std::string_view;

constexpr auto kHostPathTypes = std::to_array<Words>(
    {"DirectoryOrCreate", "Directory", "FileOrCreate", "File", "Socket", "CharDevice", "BlockDevice"});
constexpr auto kPullPolicies = std::to_array<Words>({"Always", "IfNotPresent", "Never"});
constexpr auto kCachingModes = std::to_array<Words>({"None", "ReadOnly", "ReadWrite"});
constexpr auto kDiskKinds = std::to_array<Words>({"Shared", "Dedicated", "Managed"});
constexpr auto kAccessModes =
    std::to_array<Words>({"ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"});
constexpr auto kVolumeModes = std::to_array<Words>({"Block", "Filesystem"});

constexpr auto kSources = std::to_array<Words>({"emptyDir",
                                                "hostPath",
                                                "gitRepo",
                                                "gcePersistentDisk",
                                                "awsElasticBlockStore",
                                                "secret",
                                                "nfs",
                                                "iscsi",
                                                "glusterfs",
                                                "flocker",
                                                "rbd",
                                                "cinder",
                                                "cephfs",
                                                "persistentVolumeClaim",
                                                "quobyte",
                                                "downwardAPI",
                                                "fc",
                                                "flexVolume",
                                                "configMap",
                                                "azureFile",
                                                "azureDisk",
                                                "csi",
                                                "vsphereVolume",
                                                "photonPersistentDisk",
                                                "portworxVolume",
                                                "storageos",
                                                "projected",
                                                "scaleIO",
                                                "ephemeral",
                                                "image"});

// Rows of fields, by source.

constexpr std::array kSecretName = {row::present("secretName"), row::range("defaultMode", 0, kMaxMode)};
constexpr std::array kConfigMap = {row::present("name"), row::range("defaultMode", 0, kMaxMode)};
constexpr std::array kMode = {row::range("defaultMode", 0, kMaxMode)};
constexpr std::array kKeyToPath = {row::present("key"), row::form("path", check_projected_path, kNeeded),
                                   row::range("mode", 0, kMaxMode)};
constexpr std::array kDownwardFile = {row::form("path", check_projected_path, kNeeded),
                                      row::range("mode", 0, kMaxMode)};
constexpr std::array kName = {row::present("name")};
constexpr std::array kToken = {row::form("path", check_projected_path, kNeeded),
                               row::range("expirationSeconds", kMinTokenSeconds, kMaxTokenSeconds)};
constexpr std::array kHostPath = {row::form("path", check_path_stays_below, kNeeded),
                                  row::choice("type", kHostPathTypes)};
constexpr std::array kNfs = {row::present("server"), row::form("path", check_absolute_path, kNeeded)};
constexpr std::array kClaim = {row::form("claimName", spec::check_dns1123_subdomain, kNeeded)};
constexpr std::array kGitRepo = {row::present("repository"), row::form("directory", check_relative_path)};
constexpr std::array kGcePd = {row::present("pdName"), row::range("partition", 0, kMaxPartition)};
constexpr std::array kAwsEbs = {row::present("volumeID"), row::range("partition", 0, kMaxPartition)};
constexpr std::array kIscsi = {row::present("targetPortal"), row::present("iqn"),
                               row::range("lun", 0, kMaxLun), row::not_empty({.field = "initiatorName"})};
constexpr std::array kGlusterfs = {row::present("endpoints"), row::present("path")};
constexpr std::array kRbd = {row::present("monitors"), row::present("image")};
constexpr std::array kVolumeId = {row::present("volumeID")};
constexpr std::array kCephfs = {row::present("monitors")};
constexpr std::array kQuobyte = {row::present("registry"), row::present("volume")};
constexpr std::array kDriver = {row::present("driver")};
constexpr std::array kAzureFile = {row::present("secretName"), row::present("shareName")};
constexpr std::array kAzureDisk = {row::present("diskName"), row::present("diskURI"),
                                   row::not_empty(row::choice("cachingMode", kCachingModes)),
                                   row::not_empty(row::choice("kind", kDiskKinds))};
constexpr std::array kVsphere = {row::present("volumePath")};
constexpr std::array kPhoton = {row::present("pdID")};
constexpr std::array kScaleIo = {row::present("gateway"), row::present("system"), row::present("volumeName")};
constexpr std::array kStorageOs = {row::form("volumeName", spec::check_dns1123_label, kNeeded),
                                   row::form("volumeNamespace", spec::check_dns1123_label)};
constexpr std::array kCsi = {row::form("driver", check_driver_name, kNeeded)};
constexpr std::array kImage = {row::choice("pullPolicy", kPullPolicies),
                               row::form("reference", check_image, kNeeded)};
constexpr std::array kEphemeral = {row::present("volumeClaimTemplate")};
constexpr std::array kClaimTemplate = {row::present("spec")};
constexpr std::array kClaimSpec = {row::choice("accessModes", kAccessModes, kNeeded),
                                   row::not_empty(row::choice("volumeMode", kVolumeModes)),
                                   row::form("storageClassName", spec::check_dns1123_subdomain),
                                   row::form("volumeAttributesClassName", spec::check_dns1123_subdomain)};
constexpr std::array kTrustBundle = {row::form("path", check_projected_path, kNeeded)};
constexpr std::array kReference = {row::present("kind"), row::present("name"),
                                   row::form("apiGroup", spec::check_dns1123_subdomain),
                                   row::form("namespace", spec::check_dns1123_label)};
constexpr auto kDownwardRefs = std::to_array<Words>({"fieldRef", "resourceFieldRef"});
constexpr auto kProjections = std::to_array<Words>(
    {"secret", "configMap", "downwardAPI", "serviceAccountToken", "clusterTrustBundle", "podCertificate"});
constexpr auto kDatasets = std::to_array<Words>({"datasetName", "datasetUUID"});
constexpr auto kTargets = std::to_array<Words>({"targetWWNs", "wwids"});

// What the rows cannot express.

void check_empty_dir(const ObjectView& source, const LazyPath& at, Reading, Report& report) {
  const spec::Value* limit = source.field("sizeLimit");
  if (!limit) return;
  const auto quantity = spec::Quantity::parse(*limit);
  if (quantity && quantity->sign() < 0) report.add(invalid(at / "sizeLimit", *limit, "must not be negative"));
}

void check_iscsi(const ObjectView& source, const LazyPath& at, Reading reading, Report& report) {
  for (const Words field : {"iqn", "initiatorName"}) {
    const Words name = source.string(field);
    const bool known = name.starts_with("iqn") || name.starts_with("eui") || name.starts_with("naa");
    if (!name.empty() && !known) report.add(invalid(at / field, name, "must begin with iqn, eui or naa"));
  }
  const bool chap = source.boolean("chapAuthDiscovery").value_or(false) ||
                    source.boolean("chapAuthSession").value_or(false);
  if (chap && !source.has("secretRef") && !reading.partial)
    report.add(required(at / "secretRef", "chapAuthDiscovery and chapAuthSession need a Secret"));
}

void check_fibre_channel(const ObjectView& source, const LazyPath& at, Reading reading, Report& report) {
  if (source.list<ObjectView>("targetWWNs").empty()) return;
  const auto lun = source.integer("lun");
  if (!lun && !reading.partial) report.add(required(at / "lun", "is needed with targetWWNs"));
  if (lun && (*lun < 0 || *lun > kMaxLun)) report.add(invalid(at / "lun", *lun, "must be from 0 to 255"));
}

void check_quobyte(const ObjectView& source, const LazyPath& at, Reading, Report& report) {
  const std::string_view tenant = source.string("tenant");
  if (tenant.size() > kMaxTenantBytes) report.add(spec::too_long(at / "tenant", tenant, kMaxTenantBytes));
  std::string_view registry = source.string("registry");
  while (!registry.empty()) {
    const std::size_t comma = registry.find(',');
    if (registry.substr(0, comma).find(':') == std::string_view::npos) {
      report.add(invalid(at / "registry", source.string("registry"),
                         "must be host:port, or several separated by commas"));
      return;
    }
    registry.remove_prefix(comma == std::string_view::npos ? registry.size() : comma + 1);
  }
}

/// The Secret of a source, by name.
template <const char* kField>
void check_secret_of(const ObjectView& source, const LazyPath& at, Reading reading, Report& report) {
  const ObjectView secret = source.object(kField);
  if (!secret) return;
  const LazyPath secret_at = at / kField;
  const Words name = secret.string("name");
  if (name.empty()) {
    if (!reading.partial) report.add(required(secret_at / "name", "the name of the Secret"));
  } else if (const auto problem = spec::check_dns1123_subdomain(name)) {
    report.add(invalid(secret_at / "name", name, std::string(*problem)));
  }
}
constexpr char kSecretRef[] = "secretRef";
constexpr char kNodeSecretRef[] = "nodePublishSecretRef";

void check_flex(const ObjectView& source, const LazyPath& at, Reading, Report& report) {
  const LazyPath options = at / "options";
  source.object<spec::StringMapView>("options").for_each([&](std::string_view key, std::string_view) {
    const std::string domain = "." + std::string(key.substr(0, key.find('/')));
    if (domain.ends_with(".kubernetes.io") || domain.ends_with(".k8s.io"))
      report.add(invalid(options.key(key), key, "must not be in the domains kubernetes.io and k8s.io"));
  });
}

void check_flocker(const ObjectView& source, const LazyPath& at, Reading, Report& report) {
  const std::string_view name = source.string("datasetName");
  if (name.find('/') != std::string_view::npos)
    report.add(invalid(at / "datasetName", name, "must not contain '/'"));
}

void check_azure_disk(const ObjectView& source, const LazyPath& at, Reading, Report& report) {
  const std::string_view kind = source.string("kind");  // Shared if it is missing
  const std::string_view uri = source.string("diskURI");
  if (uri.empty()) return;
  const std::string_view prefix = kind == "Managed" ? "/subscriptions/" : "https://";
  if (!uri.starts_with(prefix))
    report.add(
        invalid(at / "diskURI", uri, fmt::format("must begin with {} for a disk of this kind", prefix)));
}

void check_downward_file(const ObjectView& file, const LazyPath& at, Reading, Report& report) {
  check_field_ref(file.object("fieldRef"), FieldUser::kVolume, at / "fieldRef", report);
  check_resource_ref(file.object("resourceFieldRef"), FieldUser::kVolume, at / "resourceFieldRef", report);
}

/// Calls `f(path, at)` for each file of a projection.
template <typename F>
void for_each_file(const ObjectView& source, const LazyPath& at, F&& f) {
  for (const Words kind : {"secret", "configMap", "downwardAPI"}) {
    const LazyPath kind_at = at / kind;
    const LazyPath list_at = kind_at / "items";
    const auto items = source.object(kind).list<ObjectView>("items");
    for (std::size_t i = 0; i < items.size(); ++i) f(items[i].string("path"), list_at[i].path() / "path");
  }
  for (const Words kind : {"serviceAccountToken", "clusterTrustBundle"})
    f(source.object(kind).string("path"), at.path() / kind / "path");
}

void check_projected(const ObjectView& volume, const LazyPath& at, Reading, Report& report) {
  std::vector<std::pair<std::string_view, spec::FieldPath>> files;
  const auto sources = volume.list<ObjectView>("sources");
  const LazyPath list = at / "sources";
  for (std::size_t i = 0; i < sources.size(); ++i) {
    for_each_file(sources[i], list[i], [&](std::string_view path, spec::FieldPath place) {
      if (!path.empty()) files.emplace_back(path, std::move(place));
    });
  }
  const auto path_of = [&](std::size_t i) { return files[i].first; };
  for_each_duplicate(files.size(), path_of,
                     [&](std::size_t i) { report.add(duplicate(files[i].second, files[i].first)); });
}

void check_claim_spec(const ObjectView& claim, const LazyPath& at, Reading reading, Report& report) {
  const LazyPath resources = at / "resources";
  const LazyPath requests = resources / "requests";
  const spec::Value* size = claim.object("resources").object("requests").field("storage");
  if (!size) {
    if (!reading.partial) report.add(required(requests, "storage, the size of the volume, must be set"));
  } else if (const auto quantity = spec::Quantity::parse(*size); !quantity) {
    report.add(invalid(requests.key("storage"), *size, quantity.error()));
  } else if (quantity->sign() <= 0) {
    report.add(invalid(requests.key("storage"), *size, "must be greater than 0"));
  }
  const auto* modes = claim.field("accessModes");
  if (!modes || !modes->IsArray() || modes->Size() < 2) return;
  const auto is_once_pod = [](const spec::Value& v) {
    return v.IsString() && spec::text_of(v) == "ReadWriteOncePod";
  };
  if (std::any_of(modes->Begin(), modes->End(), is_once_pod) &&
      !std::all_of(modes->Begin(), modes->End(), is_once_pod))
    report.add(forbidden(at / "accessModes", "ReadWriteOncePod must be the only one"));
}

void check_claim_template(const ObjectView& claim, const LazyPath& at, Reading, Report& report) {
  const ObjectView metadata = claim.object("metadata");
  if (!metadata) return;
  const LazyPath metadata_at = at / "metadata";
  for (const auto& m : metadata.value()->GetObject()) {
    const Words name = spec::text_of(m.name);
    const bool empty = (m.value.IsString() && m.value.GetStringLength() == 0) ||
                       (m.value.IsInt64() && m.value.GetInt64() == 0);
    if (name != "labels" && name != "annotations" && name != "creationTimestamp" && !empty)
      report.add(forbidden(metadata_at / name, "must not be set: only labels and annotations may be"));
  }
  check_labels(metadata.object<spec::StringMapView>("labels"), metadata_at / "labels", report);
  check_annotations(metadata.object<spec::StringMapView>("annotations"), metadata_at / "annotations", report);
}

/// A claim may be copied from another claim, or by what an API group defines.
void check_data_source(const ObjectView& source, const LazyPath& at, Reading, Report& report) {
  const Words group = source.string("apiGroup");
  const Words kind = source.string("kind");
  if (group.empty() && !kind.empty() && kind != "PersistentVolumeClaim")
    report.add(invalid(at / "kind", kind, "must be PersistentVolumeClaim without an apiGroup"));
}

void check_trust_bundle(const ObjectView& bundle, const LazyPath& at, Reading, Report& report) {
  constexpr auto kNames = std::to_array<Words>({"name", "signerName"});
  check_one_of(bundle, {.members = kNames, .required = true}, at, {}, report);
  if (bundle.has("name") && bundle.has("labelSelector"))
    report.add(forbidden(at / "labelSelector", "must not be set beside name"));
}

constexpr TypeRules kRules[] = {
    {.type = &schema::kVolume, .one_of = {.members = kSources}},
    {.type = &schema::kEmptyDirVolumeSource, .check = check_empty_dir},
    {.type = &schema::kSecretVolumeSource, .fields = kSecretName},
    {.type = &schema::kConfigMapVolumeSource, .fields = kConfigMap},
    {.type = &schema::kDownwardAPIVolumeSource, .fields = kMode},
    {.type = &schema::kKeyToPath, .fields = kKeyToPath},
    {.type = &schema::kDownwardAPIVolumeFile,
     .fields = kDownwardFile,
     .one_of = {.members = kDownwardRefs, .required = true},
     .check = check_downward_file},
    {.type = &schema::kProjectedVolumeSource, .fields = kMode, .check = check_projected},
    {.type = &schema::kVolumeProjection, .one_of = {.members = kProjections}},
    {.type = &schema::kSecretProjection, .fields = kName},
    {.type = &schema::kConfigMapProjection, .fields = kName},
    {.type = &schema::kServiceAccountTokenProjection, .fields = kToken},
    {.type = &schema::kClusterTrustBundleProjection, .fields = kTrustBundle, .check = check_trust_bundle},
    {.type = &schema::kHostPathVolumeSource, .fields = kHostPath},
    {.type = &schema::kNFSVolumeSource, .fields = kNfs},
    {.type = &schema::kPersistentVolumeClaimVolumeSource, .fields = kClaim},
    {.type = &schema::kGitRepoVolumeSource, .fields = kGitRepo},
    {.type = &schema::kGCEPersistentDiskVolumeSource, .fields = kGcePd},
    {.type = &schema::kAWSElasticBlockStoreVolumeSource, .fields = kAwsEbs},
    {.type = &schema::kISCSIVolumeSource, .fields = kIscsi, .check = check_iscsi},
    {.type = &schema::kGlusterfsVolumeSource, .fields = kGlusterfs},
    {.type = &schema::kFlockerVolumeSource,
     .one_of = {.members = kDatasets, .required = true},
     .check = check_flocker},
    {.type = &schema::kRBDVolumeSource, .fields = kRbd},
    {.type = &schema::kCinderVolumeSource, .fields = kVolumeId, .check = check_secret_of<kSecretRef>},
    {.type = &schema::kCephFSVolumeSource, .fields = kCephfs},
    {.type = &schema::kQuobyteVolumeSource, .fields = kQuobyte, .check = check_quobyte},
    {.type = &schema::kFCVolumeSource,
     .one_of = {.members = kTargets, .required = true},
     .check = check_fibre_channel},
    {.type = &schema::kFlexVolumeSource, .fields = kDriver, .check = check_flex},
    {.type = &schema::kAzureFileVolumeSource, .fields = kAzureFile},
    {.type = &schema::kAzureDiskVolumeSource, .fields = kAzureDisk, .check = check_azure_disk},
    {.type = &schema::kVsphereVirtualDiskVolumeSource, .fields = kVsphere},
    {.type = &schema::kPhotonPersistentDiskVolumeSource, .fields = kPhoton},
    {.type = &schema::kPortworxVolumeSource, .fields = kVolumeId},
    {.type = &schema::kScaleIOVolumeSource, .fields = kScaleIo},
    {.type = &schema::kStorageOSVolumeSource, .fields = kStorageOs, .check = check_secret_of<kSecretRef>},
    {.type = &schema::kCSIVolumeSource, .fields = kCsi, .check = check_secret_of<kNodeSecretRef>},
    {.type = &schema::kImageVolumeSource, .fields = kImage},
    {.type = &schema::kEphemeralVolumeSource, .fields = kEphemeral},
    {.type = &schema::kPersistentVolumeClaimTemplate,
     .fields = kClaimTemplate,
     .check = check_claim_template},
    {.type = &schema::kPersistentVolumeClaimSpec, .fields = kClaimSpec, .check = check_claim_spec},
    {.type = &schema::kTypedLocalObjectReference, .fields = kReference, .check = check_data_source},
    {.type = &schema::kTypedObjectReference, .fields = kReference, .check = check_data_source},
};

}  // namespace

std::span<const TypeRules> volume_source_rules() {
  return kRules;
}

std::span<const std::string_view> volume_sources() {
  return kSources;
}

}  // namespace modelgate::validation
