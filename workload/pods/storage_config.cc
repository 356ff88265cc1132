// SPDX-License-Identifier: Apache-2.0
#include "workload/pods/storage_config.h"

#include <fmt/format.h>

#include <algorithm>

#include "spec/storage_uri.h"
#include "workload/objects/annotations.h"
#include "workload/objects/go_json.h"
#include "workload/pods/s3_settings.h"
#include "workload/pods/secret.h"

namespace modelgate::workload {
namespace {

using spec::Fact;
using spec::FieldPath;
using spec::Value;

constexpr std::string_view kDefaultSecret = "storage-config";
constexpr std::string_view kDefaultKey = "default";
constexpr std::string_view kTypeWithBucket = "s3";

/// From the parameters first, then from the Secret.
struct Storage {
  std::string_view type;
  std::string_view bucket;
  bool typed = false;  // by the parameters: then the Secret's entry is not read
};

struct Place {
  std::string secret;
  std::string key;
  bool named = false;  // by the user, so it must exist
  FieldPath field;     // where an error is reported

  std::string where() const {
    return fmt::format("key {} of Secret {}", spec::quote(key), spec::quote(secret));
  }
};

Place place_of(const PodPass& pass, const StorageSpec& storage, std::string_view type) {
  const spec::CredentialsConfiguration& credentials = pass.configuration.credentials;
  Place place{.secret = credentials.storage_spec_secret_name.empty() ? std::string(kDefaultSecret)
                                                                     : credentials.storage_spec_secret_name,
              .key = storage.key,
              .named = !storage.key.empty(),
              .field = PodPass::annotation_path(annotation::kStorageSpecKey)};
  const std::string& by_annotation = credentials.storage_secret_name_annotation;
  if (const auto secret = pass.annotation(by_annotation)) {
    place.secret = *secret;
    place.field = PodPass::annotation_path(by_annotation);
  }
  if (!place.named) {
    place.key = type.empty() ? std::string(kDefaultKey) : fmt::format("{}_{}", kDefaultKey, type);
  }
  return place;
}

/// The text of the key; nullopt if there is none. Reports errors.
std::optional<std::string> read_entry(PodPass& pass, const Place& place, bool typed) {
  const Fact* fact = pass.look_up("Secret", pass.context.namespace_, place.secret);
  if (!fact) return std::nullopt;
  if (fact->state == Fact::State::kUnknown) {
    pass.warn(fmt::format("Secret {} could not be read: the Pod starts without its storage configuration",
                          spec::quote(place.secret)),
              spec::ObjectKey{"Secret", std::string(pass.context.namespace_), place.secret});
    return std::nullopt;
  }
  if (fact->state == Fact::State::kAbsent) {
    if (place.named) {
      pass.rule("storage-config-missing")
          .add(spec::not_found(
              place.field, place.secret,
              fmt::format("does not exist in namespace {}; create it with a key {} that holds a JSON object "
                          "with {}credentials",
                          pass.context.namespace_, spec::quote(place.key),
                          typed ? "" : "type, bucket and ")));
    }
    return std::nullopt;
  }
  const SecretView secret(fact->object);
  if (secret.has_key(place.key)) {
    if (auto text = secret.read(place.key)) return text;
    pass.strict_rule("storage-config-unreadable")
        .add(spec::invalid(place.field, place.secret,
                           fmt::format("its key {} is not base64", spec::quote(place.key))));
    return std::nullopt;
  }
  if (place.named) {
    pass.rule("storage-key-missing")
        .add(spec::not_found(PodPass::annotation_path(annotation::kStorageSpecKey), place.key,
                             fmt::format("Secret {} in namespace {} has no such key",
                                         spec::quote(place.secret), pass.context.namespace_)));
  }
  return std::nullopt;
}

/// Reads type, bucket and CA bundle from the entry. False if the entry is invalid; the error that is reported
/// does not show its content.
bool read_storage(PodPass& pass, const Place& place, std::string_view text, Storage& storage,
                  ContainerBuilder& out) {
  const auto entry = spec::parse_json(text, pass.arena());
  const bool texts = entry && entry->IsObject() &&
                     std::all_of(entry->MemberBegin(), entry->MemberEnd(),
                                 [](const auto& member) { return member.value.IsString(); });
  if (!texts && !(entry && entry->IsNull())) {
    pass.rule("storage-config-json")
        .add(spec::invalid(
            place.field, place.secret,
            fmt::format("its key {} must hold a JSON object of strings", spec::quote(place.key))));
    return false;
  }
  const spec::ObjectView fields(*entry);
  if (const auto type = fields.optional_string("type")) {
    storage.type = *type;
    const auto types = spec::storage_types();
    if (std::ranges::find(types, *type) == types.end()) {
      pass.rule("storage-config-type")
          .add(spec::invalid(place.field, place.secret,
                             fmt::format("the type in its key {} is not one of {}", spec::quote(place.key),
                                         fmt::join(types, ", "))));
      return false;
    }
  }
  if (storage.bucket.empty()) storage.bucket = fields.string("bucket");
  if (const auto bundle = fields.optional_string("cabundle_configmap")) {
    out.add_env({.name = std::string(kAwsCaBundleConfigMap), .value = std::string(*bundle)},
                SameName::kAppend);
  }
  return true;
}

/// Replaces the placeholder by type and bucket.
void complete_arguments(PodPass& pass, const Place& place, const Storage& storage, ContainerBuilder& out) {
  Value* args = spec::find(out.value(), "args");
  if (!args) return;
  for (Value& arg : args->GetArray()) {
    const std::string_view uri = spec::text_of(arg);
    if (!uri.starts_with(kSchemePlaceholder)) continue;
    const std::string_view path = uri.substr(kSchemePlaceholder.size());
    if (storage.type != kTypeWithBucket) {
      arg = spec::make_string(fmt::format("{}://{}", storage.type, path), pass.arena());
    } else if (storage.bucket.empty()) {
      pass.rule("storage-bucket")
          .add(spec::required(
              PodPass::annotation_path(annotation::kStorageSpecParameters),
              fmt::format("storage of type {} needs a bucket: set the parameter \"bucket\"{}", storage.type,
                          storage.typed ? ", since the parameter \"type\" replaces that of the Secret"
                                        : fmt::format(", or \"bucket\" in {}", place.where()))));
      return;
    } else {
      arg = spec::make_string(fmt::format("{}://{}/{}", storage.type, storage.bucket, path), pass.arena());
    }
  }
}

}  // namespace

std::string_view StorageSpec::parameter(std::string_view name) const {
  const auto it =
      std::ranges::find(parameters, name, [](const auto& p) { return std::string_view(p.first); });
  return it == parameters.end() ? std::string_view{} : std::string_view(it->second);
}

void add_storage_config(PodPass& pass, const StorageSpec& spec, ContainerBuilder& out) {
  Storage storage{.type = spec.parameter("type"), .bucket = spec.parameter("bucket")};
  storage.typed = !storage.type.empty();
  const Place place = place_of(pass, spec, storage.type);
  const std::size_t needs = pass.outcome.needs.size();
  const std::size_t errors = pass.outcome.errors.size();
  const std::size_t unread = pass.outcome.unread.size();
  const auto entry = read_entry(pass, place, storage.typed);
  if (pass.outcome.needs.size() > needs || pass.outcome.errors.size() > errors) return;
  // The type and the bucket may be in the Secret.
  if (!storage.typed && pass.outcome.unread.size() > unread) return;
  if (entry) {
    // The entry is not read if the parameters contain the type.
    if (storage.type.empty() && !read_storage(pass, place, *entry, storage, out)) return;
    out.add_env({.name = "STORAGE_CONFIG", .value = {}, .from = SecretKey{place.secret, place.key}},
                SameName::kAppend);
  }
  if (storage.type.empty()) {
    pass.rule("storage-type")
        .add(spec::required(
            PodPass::annotation_path(annotation::kStorageSpecParameters),
            fmt::format("the type of the storage is not set: set the parameter \"type\", or \"type\" in {}",
                        place.where())));
    return;
  }
  complete_arguments(pass, place, storage, out);
  if (!spec.parameters.empty()) {
    out.add_env({.name = "STORAGE_OVERRIDE_CONFIG", .value = go_json(spec.parameters)}, SameName::kAppend);
  }
}

}  // namespace modelgate::workload
