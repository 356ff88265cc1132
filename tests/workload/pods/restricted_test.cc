// SPDX-License-Identifier: Apache-2.0
//
// The security context of the containers that are added to a Pod. tests/cluster/test_pod_security.py has the API
// server judge such Pods.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/workload/pods/pod_world.h"
#include "workload/objects/annotations.h"

namespace modelgate::workload {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kCluster = R"(
apiVersion: serving.kserve.io/v1alpha1
kind: ClusterStorageContainer
metadata: {name: root}
spec:
  container: {name: storage-initializer, image: example.com/fetcher:1}
  supportedUriFormats: [{prefix: "tide://"}]
---
apiVersion: serving.kserve.io/v1alpha1
kind: ClusterStorageContainer
metadata: {name: named}
spec:
  container: {name: fetcher, image: "example.com/fetcher:1", securityContext: {runAsUser: 0, allowPrivilegeEscalation: true}}
  supportedUriFormats: [{prefix: "wave://"}]
---
apiVersion: serving.kserve.io/v1alpha1
kind: ClusterStorageContainer
metadata: {name: privileged}
spec:
  container: {name: storage-initializer, image: example.com/fetcher:1, securityContext: {privileged: true}}
  supportedUriFormats: [{prefix: "reef://"}]
)";

constexpr const char* kRestricted =
    R"({"allowPrivilegeEscalation":false,"capabilities":{"drop":["ALL"]},"runAsNonRoot":true,"seccompProfile":{"type":"RuntimeDefault"}})";
/// Without `runAsNonRoot`.
constexpr const char* kMayBeRoot =
    R"({"allowPrivilegeEscalation":false,"capabilities":{"drop":["ALL"]},"seccompProfile":{"type":"RuntimeDefault"}})";
constexpr const char* kOfModelcar =
    R"({"allowPrivilegeEscalation":false,"capabilities":{"drop":["ALL"]},"runAsNonRoot":true,"runAsUser":1010,"seccompProfile":{"type":"RuntimeDefault"}})";

constexpr const char* kServer = "containers: [{name: kserve-container}]";
constexpr const char* kNonRootServer =
    "containers: [{name: kserve-container, securityContext: {runAsNonRoot: true}}]";

struct Row {
  const char* name;
  const char* annotations;  // beside the source
  const char* uri;
  std::string spec;
  const char* container;
  const char* want;  // the security context, "" if there is none
  bool strict = true;
};

Mutated mutated(const Row& row) {
  PodWorld world(kCluster, [&](spec::Configuration& c) {
    if (!row.strict) make_compatible(c);
    c.storage_initializer.uid_modelcar = 1010;
  });
  std::string annotations = row.annotations;
  if (*row.uri)
    annotations += fmt::format("{}{}: '{}'", *row.annotations ? ", " : "", annotation::kSourceUri, row.uri);
  return world.mutate(
      world.pod(fmt::format("metadata: {{annotations: {{{}}}}}\nspec: {{{}}}", annotations, row.spec)));
}

class Restricted : public testing::TestWithParam<Row> {};

TEST_P(Restricted, Container) {
  const Mutated m = mutated(GetParam());
  ASSERT_TRUE(m.allowed) << m.error_texts;
  const spec::Value* container = m.container(GetParam().container);
  ASSERT_TRUE(container) << GetParam().container;
  const spec::Value* security = spec::find(*container, "securityContext");
  EXPECT_EQ(GetParam().want, security ? spec::to_canonical_json(*security) : "");
}

constexpr const char* kBatch = "internal.serving.kserve.io/batcher: 'true'";

INSTANTIATE_TEST_SUITE_P(
    Cases, Restricted,
    testing::Values(
        Row{"StorageInitializer", "", "https://h/m", kServer, "storage-initializer", kRestricted},
        Row{"InKServeItHasNone", "", "https://h/m", kServer, "storage-initializer", "", false},
        Row{"PodWithAProfileOfItsOwn", "", "https://h/m",
            "securityContext: {seccompProfile: {type: Localhost, localhostProfile: p}}, containers: [{name: "
            "kserve-container}]",
            "storage-initializer",
            R"({"allowPrivilegeEscalation":false,"capabilities":{"drop":["ALL"]},"runAsNonRoot":true})"},
        Row{"PodWithoutAProfile", "", "https://h/m",
            "securityContext: {seccompProfile: {type: Unconfined}}, containers: [{name: kserve-container}]",
            "storage-initializer", kRestricted},
        Row{"PodOfRoot", "", "https://h/m",
            "securityContext: {runAsUser: 0}, containers: [{name: kserve-container}]", "storage-initializer",
            kMayBeRoot},
        Row{"PodThatMayBeRoot", "", "https://h/m",
            "securityContext: {runAsNonRoot: false}, containers: [{name: kserve-container}]",
            "storage-initializer", kMayBeRoot},
        Row{"WindowsHasNoneOfThese", "", "https://h/m",
            "os: {name: windows}, containers: [{name: kserve-container}]", "storage-initializer", ""},
        Row{"CustomImage", "", "tide://m", kServer, "storage-initializer", kMayBeRoot},
        Row{"CustomImageBesideAServerThatIsNotRoot", "", "tide://m", kNonRootServer, "storage-initializer",
            kRestricted},
        Row{"WhatTheStorageContainerSetsStays", "", "wave://m", kNonRootServer, "fetcher",
            R"({"allowPrivilegeEscalation":true,"capabilities":{"drop":["ALL"]},"runAsUser":0,"seccompProfile":{"type":"RuntimeDefault"}})"},
        Row{"APrivilegedStorageContainerStays", "", "reef://m", kServer, "storage-initializer",
            R"({"privileged":true})"},
        Row{"Istio", "serving.kserve.io/storage-initializer-uid: '1337'", "https://h/m", kServer,
            "storage-initializer",
            R"({"allowPrivilegeEscalation":false,"capabilities":{"drop":["ALL"]},"runAsNonRoot":true,"runAsUser":1337,"seccompProfile":{"type":"RuntimeDefault"}})"},
        Row{"OfTheReconcilersTemplate", "", "",
            "containers: [{name: kserve-container}], initContainers: [{name: storage-initializer, image: "
            "'kserve/storage-initializer:v0.20.0', args: [s3://a/b, /mnt/models/x]}]",
            "storage-initializer", kRestricted},
        Row{"OthersAreNotTouched", "", "https://h/m",
            "containers: [{name: kserve-container}], initContainers: [{name: mine, image: i}]", "mine", ""},
        Row{"Modelcar", "", "oci://r/m", kServer, "modelcar", kOfModelcar},
        Row{"ModelcarsInit", "", "oci://r/m", kServer, "modelcar-init", kOfModelcar},
        Row{"ModelcarInKServe", "", "oci://r/m", kServer, "modelcar", R"({"runAsUser":1010})", false},
        Row{"ModelcarsInitInKServe", "", "oci://r/m", kServer, "modelcar-init", "", false},
        Row{"ServerOfAModelcar", "", "oci://r/m", kServer, "kserve-container", R"({"runAsUser":1010})"},
        Row{"ServerKeepsItsUser", "", "oci://r/m",
            "containers: [{name: kserve-container, securityContext: {runAsUser: 7, runAsGroup: 8}}]",
            "kserve-container", R"({"runAsGroup":8,"runAsUser":7})"},
        Row{"KServeReplacesTheServersUser", "", "oci://r/m",
            "containers: [{name: kserve-container, securityContext: {runAsUser: 7}}]", "kserve-container",
            R"({"runAsUser":1010})", false},
        Row{"ModelcarHasTheServersUserAndGroup", "", "oci://r/m",
            "containers: [{name: kserve-container, securityContext: {runAsUser: 7, runAsGroup: 8}}]",
            "modelcar",
            R"({"allowPrivilegeEscalation":false,"capabilities":{"drop":["ALL"]},"runAsGroup":8,"runAsNonRoot":true,"runAsUser":7,"seccompProfile":{"type":"RuntimeDefault"}})"},
        Row{"ModelcarHasThePodsUser", "", "oci://r/m",
            "securityContext: {runAsUser: 9}, containers: [{name: kserve-container}]", "modelcar",
            R"({"allowPrivilegeEscalation":false,"capabilities":{"drop":["ALL"]},"runAsNonRoot":true,"runAsUser":9,"seccompProfile":{"type":"RuntimeDefault"}})"},
        Row{"ModelcarOfRoot", "", "oci://r/m",
            "containers: [{name: kserve-container, securityContext: {runAsUser: 0}}]", "modelcar",
            R"({"allowPrivilegeEscalation":false,"capabilities":{"drop":["ALL"]},"runAsUser":0,"seccompProfile":{"type":"RuntimeDefault"}})"},
        Row{"TransformerHasTheServersUser", "", "oci://r/m",
            "containers: [{name: kserve-container, securityContext: {runAsUser: 7}}, {name: transformer-container}]",
            "transformer-container", R"({"runAsUser":7})"},
        Row{"Agent", kBatch, "", kServer, "agent", kRestricted},
        Row{"AgentDoesNotGetThePrivilegesOfTheServer", kBatch, "",
            "containers: [{name: kserve-container, securityContext: {privileged: true, runAsUser: 7, capabilities: "
            "{add: [NET_ADMIN]}}}]",
            "agent",
            R"({"allowPrivilegeEscalation":false,"capabilities":{"drop":["ALL"]},"runAsNonRoot":true,"runAsUser":7,"seccompProfile":{"type":"RuntimeDefault"}})"},
        Row{"AgentInKServe", kBatch, "",
            "containers: [{name: kserve-container, securityContext: {privileged: true}}]", "agent",
            R"({"privileged":true})", false}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(Restricted, WarnsOfATransformerThatCannotReadTheModel) {
  const auto with_user = [](std::string_view user) {
    return mutated({.name = "",
                    .annotations = "",
                    .uri = "oci://r/m",
                    .spec = fmt::format(
                        "containers: [{{name: kserve-container, securityContext: {{runAsUser: 7}}}}, "
                        "{{name: transformer-container, securityContext: {{runAsUser: {}}}}}]",
                        user),
                    .container = "",
                    .want = ""})
        .warnings;
  };
  EXPECT_THAT(with_user("8"), ElementsAre(HasSubstr("transformer-container\" runs as user 8")));
  EXPECT_THAT(with_user("7"), IsEmpty());
}

}  // namespace
}  // namespace modelgate::workload
