// SPDX-License-Identifier: Apache-2.0
#include "cli/doctor/crds.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/doctor/installation.h"
#include "spec/view.h"

namespace modelgate::cli {
namespace {

using spec::ObjectView;
using spec::Value;

struct ExpectedCrd {
  std::string_view name;
  std::string_view version;
};

constexpr std::string_view kInferenceServicesCrd = "inferenceservices.serving.kserve.io";

constexpr ExpectedCrd kExpectedCrds[] = {
    {kInferenceServicesCrd, "v1beta1"},
    {"servingruntimes.serving.kserve.io", "v1alpha1"},
    {"clusterservingruntimes.serving.kserve.io", "v1alpha1"},
    {"clusterstoragecontainers.serving.kserve.io", "v1alpha1"},
};

constexpr std::string_view kCrdCommand = "kubectl apply --server-side -k deploy/crds";

ObjectView version_of(const ObjectView& crd, std::string_view name) {
  for (const ObjectView version : crd.object("spec").list("versions")) {
    if (version.string("name") == name) return version;
  }
  return {};
}

ObjectView condition(const ObjectView& object, std::string_view type) {
  for (const ObjectView c : object.object("status").list("conditions")) {
    if (c.string("type") == type) return c;
  }
  return {};
}

/// Our CRD preserves any `spec.canary`, so that the old spelling reaches the webhook.
bool admits_old_spellings(const ObjectView& version) {
  const ObjectView properties = version.object("schema").object("openAPIV3Schema").object("properties");
  return properties.object("spec")
      .object("properties")
      .object("canary")
      .boolean("x-kubernetes-preserve-unknown-fields")
      .value_or(false);
}

/// True if it is served.
bool check_one(const ExpectedCrd& expected, const ObjectView& crd, Findings& out) {
  const std::string about = fmt::format("CustomResourceDefinition {}", expected.name);
  const ObjectView deleted = crd.object("metadata");
  if (deleted.has("deletionTimestamp")) {
    out.error(
        {.about = about,
         .found = "it is being deleted, with every object of its kind",
         .cause = "a user deleted it",
         .remedy = "save the remaining objects, and apply the CRDs when the deletion is complete",
         .command = fmt::format("kubectl get {} -A -o yaml > saved.yaml\n{}", expected.name, kCrdCommand)});
    return false;
  }
  const ObjectView version = version_of(crd, expected.version);
  if (!version.boolean("served").value_or(false)) {
    out.error({.about = about,
               .found = fmt::format("version {} is not served", expected.version),
               .cause = "this CRD is from another release; the webhooks and the programs read this version",
               .remedy = "apply the CRDs of this release",
               .command = std::string(kCrdCommand)});
    return false;
  }
  if (const ObjectView names = condition(crd, "NamesAccepted"); names && names.string("status") != "True") {
    out.error({.about = about,
               .found = fmt::format("its names are not accepted: {}", names.string("message")),
               .cause = "another CRD has the same names",
               .remedy = "delete the CRD that has these names, if it is unused",
               .command = "kubectl get crd"});
    return false;
  }
  if (condition(crd, "Established").string("status") != "True") {
    out.warning({.about = about,
                 .found = "it is not established yet",
                 .cause = "it was created a moment ago",
                 .remedy = "wait for it",
                 .command = fmt::format("kubectl wait --for=condition=Established crd/{}", expected.name)});
    return false;
  }
  return true;
}

}  // namespace

void check_crds(const ClusterSnapshot& snapshot, Findings& out) {
  if (!out.could_read(snapshot, kube::kCustomResourceDefinitions)) return;
  const bool before = before_installation(snapshot);
  std::string missing;
  std::size_t served = 0;
  for (const ExpectedCrd& expected : kExpectedCrds) {
    const Value* crd = snapshot.find(kube::kCustomResourceDefinitions, {}, expected.name);
    if (!crd) {
      missing += fmt::format("{}{}", missing.empty() ? "" : ", ", expected.name);
    } else if (check_one(expected, ObjectView(crd), out)) {
      ++served;
    }
  }
  if (!missing.empty() && before) {
    out.info({.found = fmt::format("missing: {}", missing), .remedy = "the installation creates them"});
  } else if (!missing.empty()) {
    out.error({.found = fmt::format("missing: {}", missing),
               .cause = "kubectl reports: no matches for kind, ensure CRDs are installed first",
               .remedy = "apply the CRDs",
               .command = std::string(kCrdCommand)});
  }
  const ObjectView services(snapshot.find(kube::kCustomResourceDefinitions, {}, kInferenceServicesCrd));
  if (!services || served == 0) return;
  if (admits_old_spellings(version_of(services, "v1beta1"))) {
    return out.ok({.found = fmt::format("{} of {} are served; they are ours and accept old spellings", served,
                                        std::size(kExpectedCrds))});
  }
  out.info(
      {.about = fmt::format("CustomResourceDefinition {}", kInferenceServicesCrd),
       .found = "KServe's own",
       .cause =
           "it rejects an object under spec.canary and drops spec.canaryTrafficPercent before a webhook sees "
           "them; everything else works",
       .remedy = "apply ours if old manifests use those fields; stored objects do not change",
       .command = std::string(kCrdCommand)});
}

}  // namespace modelgate::cli
