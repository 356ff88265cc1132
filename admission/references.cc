// SPDX-License-Identifier: Apache-2.0
#include "admission/references.h"

#include <algorithm>
#include <string>

#include "spec/core.h"
#include "spec/names.h"
#include "spec/storage_uri.h"
#include "workload/objects/annotations.h"

namespace modelgate::admission {
namespace {

class Collector {
 public:
  std::vector<Reference> found;

  void collect(const spec::ObjectView& deployment) {
    deployment_ = deployment.object("metadata").string("name");
    namespace_ = deployment.object("metadata").string("namespace");
    const spec::PodView pod(deployment.object("spec").object("template").value());
    const auto uri = pod.metadata().annotations().get(workload::annotation::kSourceUri);
    if (const auto pvc = uri ? spec::parse_pvc_uri(*uri) : std::nullopt) claim(pvc->claim);
    const spec::PodSpecView spec = pod.spec();
    if (spec.service_account_name() != "default") add("ServiceAccount", spec.service_account_name());
    for (const spec::ObjectView pull : spec.list("imagePullSecrets")) add("Secret", pull.string("name"));
    for (const spec::VolumeView volume : spec.volumes()) {
      claim(volume.object("persistentVolumeClaim").string("claimName"));
      secret(volume.object("secret"), "secretName");
    }
    for (const auto& list : {spec.containers(), spec.init_containers()}) {
      for (const spec::ContainerView c : list) collect_env(c);
    }
  }

 private:
  void collect_env(const spec::ContainerView& container) {
    for (const spec::EnvVarView e : container.env()) secret(e.value_from().object("secretKeyRef"), "name");
    for (const spec::ObjectView from : container.list("envFrom")) secret(from.object("secretRef"), "name");
  }

  void claim(std::string_view name) { add("PersistentVolumeClaim", name); }

  void secret(const spec::ObjectView& reference, std::string_view name) {
    if (reference && !reference.boolean("optional").value_or(false)) add("Secret", reference.string(name));
  }

  /// An invalid name is not looked up: no object has it.
  void add(std::string_view kind, std::string_view name) {
    if (name.empty() || spec::check_dns1123_subdomain(name)) return;
    ObjectKey key{std::string(kind), std::string(namespace_), std::string(name)};
    if (std::ranges::find(found, key, &Reference::key) == found.end()) {
      found.push_back({std::move(key), deployment_});
    }
  }

  std::string_view deployment_;
  std::string_view namespace_;
};

}  // namespace

std::vector<Reference> references(const std::vector<workload::WantedObject>& objects) {
  Collector collector;
  for (const workload::WantedObject& o : objects) {
    const spec::ObjectView object(o.object);
    if (object.string("kind") == "Deployment") collector.collect(object);
  }
  return std::move(collector.found);
}

}  // namespace modelgate::admission
