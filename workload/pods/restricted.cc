// SPDX-License-Identifier: Apache-2.0
#include "workload/pods/restricted.h"

#include <array>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "workload/objects/annotations.h"
#include "workload/objects/object_builder.h"

namespace modelgate::workload {
namespace {

using spec::FieldPath;
using spec::ObjectView;
using spec::Value;

constexpr std::array<std::string_view, 2> kLists = {"containers", "initContainers"};
constexpr std::array<std::string_view, 5> kShared = {"runAsUser", "runAsGroup", "runAsNonRoot",
                                                     "seLinuxOptions", "readOnlyRootFilesystem"};

/// `name` or, for one of several images, `name-1`.
bool is_numbered(std::string_view text, std::string_view name) {
  if (!text.starts_with(name)) return false;
  text.remove_prefix(name.size());
  return text.empty() || (text.size() > 1 && text.front() == '-' &&
                          text.find_first_not_of("0123456789", 1) == std::string_view::npos);
}

/// Names and images of the containers in ClusterStorageContainers.
using Fetchers = std::set<std::pair<std::string_view, std::string_view>>;

Fetchers fetchers_of(const spec::Catalog& catalog) {
  Fetchers out;
  for (const spec::ClusterStorageContainerView& c : catalog.storage_containers()) {
    const spec::ContainerView container = c.spec().container();
    if (!container.name().empty()) out.emplace(container.name(), container.image());
  }
  return out;
}

bool is_added(const spec::ContainerView& c, std::string_view list, const Fetchers& fetchers) {
  if (list == "containers")
    return c.name() == container::kAgent || is_numbered(c.name(), container::kModelcar);
  return c.name() == container::kStorageInitializer || is_numbered(c.name(), container::kModelcarInit) ||
         fetchers.contains({c.name(), c.image()});
}

std::string_view repository_of(std::string_view image) {
  image = image.substr(0, image.find('@'));
  const std::size_t colon = image.rfind(':');
  const bool has_tag = colon != std::string_view::npos && image.find('/', colon) == std::string_view::npos;
  return has_tag ? image.substr(0, colon) : image;
}

/// KServe's images run as a user that is not root.
bool is_image_of_ours(const PodPass& pass, std::string_view image) {
  const std::string_view repository = repository_of(image);
  if (repository.empty()) return false;
  return repository == repository_of(pass.configuration.storage_initializer.image) ||
         repository == repository_of(pass.configuration.agent.image);
}

std::optional<bool> non_root(const PodPass& pass, const spec::ContainerView& c) {
  if (const auto own = c.object("securityContext").boolean("runAsNonRoot")) return own;
  return pass.spec().object("securityContext").boolean("runAsNonRoot");
}

/// Images of models and of custom storage containers may run as root. Where the server must not, as in a restricted
/// namespace, they must not either; elsewhere they continue to run.
bool runs_as_non_root(const PodPass& pass, const spec::ContainerView& c) {
  if (const auto user = user_of(pass, c)) return *user != 0;
  if (non_root(pass, c) == false) return false;
  if (is_image_of_ours(pass, c.image())) return true;
  const auto server = pass.find_model_container();
  return server && non_root(pass, pass.container_at(*server)).value_or(false);
}

/// Such a container needs what the level does not allow.
bool is_privileged(const ObjectView& security) {
  const Value* added = security.object("capabilities").field("add");
  const bool adds = added && added->IsArray() && !added->Empty();
  return security.boolean("privileged").value_or(false) || adds;
}

void set_missing(PodPass& pass, const FieldPath& path, Value value) {
  if (!pass.edit.find(path)) pass.edit.set(path, std::move(value));
}

void restrict_container(PodPass& pass, const FieldPath& path) {
  const FieldPath security = path / "securityContext";
  if (is_privileged(ObjectView(pass.edit.find(security)))) return;
  const bool as_non_root = runs_as_non_root(pass, pass.container_at(path));
  const std::string_view of_pod =
      pass.spec().object("securityContext").object("seccompProfile").string("type");
  const bool needs_profile = of_pod.empty() || of_pod == "Unconfined";
  set_missing(pass, security / "allowPrivilegeEscalation", Value(false));
  Value all(rapidjson::kArrayType);
  all.PushBack(spec::make_literal("ALL"), pass.arena());
  set_missing(pass, security / "capabilities" / "drop", std::move(all));
  if (as_non_root) set_missing(pass, security / "runAsNonRoot", Value(true));
  if (needs_profile) {
    set_missing(pass, security / "seccompProfile",
                ObjectBuilder(pass.arena()).text("type", "RuntimeDefault").take());
  }
}

/// Their positions in the list.
std::vector<std::size_t> added_containers(const PodPass& pass, std::string_view list) {
  std::vector<std::size_t> out;
  const auto containers = pass.spec().list<spec::ContainerView>(list);
  if (containers.empty()) return out;
  const Fetchers fetchers = list == "initContainers" ? fetchers_of(pass.context.catalog) : Fetchers{};
  std::size_t i = 0;
  for (const spec::ContainerView& c : containers) {
    if (is_added(c, list, fetchers)) out.push_back(i);
    ++i;
  }
  return out;
}

}  // namespace

std::optional<std::int64_t> user_of(const PodPass& pass, const spec::ContainerView& container) {
  if (const auto own = container.object("securityContext").integer("runAsUser")) return own;
  return pass.spec().object("securityContext").integer("runAsUser");
}

void restrict_added_containers(PodPass& pass) {
  // Windows has none of these settings.
  if (!pass.strict() || pass.spec().object("os").string("name") == "windows") return;
  for (const std::string_view list : kLists) {
    for (const std::size_t i : added_containers(pass, list))
      restrict_container(pass, (PodPass::spec_path() / list)[i]);
  }
}

Value shared_security(PodPass& pass, const Value& server) {
  if (!pass.strict() || !server.IsObject()) return spec::clone(server, pass.arena());
  Value out(rapidjson::kObjectType);
  for (const std::string_view name : kShared) {
    if (const Value* v = spec::find(server, name))
      out.AddMember(spec::make_literal(name), spec::clone(*v, pass.arena()), pass.arena());
  }
  return out;
}

}  // namespace modelgate::workload
