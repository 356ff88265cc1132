// SPDX-License-Identifier: Apache-2.0
//
// The checks of `modelgate doctor` about the reconciler: its Deployment, Lease and permissions, other controllers,
// third-party kinds, and InferenceService health.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <functional>
#include <set>
#include <sstream>

#include "cli/doctor/checks.h"
#include "cli/doctor/tally.h"
#include "cli/terminal/exit_code.h"
#include "kube/lease_record.h"
#include "spec/text/rfc3339.h"
#include "tests/cli/doctor/cluster_snapshots.h"

namespace modelgate::cli {
namespace {

constexpr std::string_view kNs = "kserve";
constexpr std::string_view kName = "modelgate-reconciler";

std::string printed(const ClusterSnapshot& snapshot) {
  std::ostringstream out;
  print(diagnose(snapshot), snapshot, ReportFormat::kText, false, out);
  return out.str();
}

/// Findings other than ok and skipped, as "check severity".
std::multiset<std::string> reported(const ClusterSnapshot& snapshot) {
  std::multiset<std::string> out;
  for (const Finding& f : diagnose(snapshot).all()) {
    const bool worse = f.severity == Severity::kInfo || f.severity > Severity::kSkipped;
    if (worse) out.insert(fmt::format("{} {}", f.check, to_string(f.severity)));
    if (f.severity <= Severity::kSkipped) continue;
    EXPECT_FALSE(f.details.cause.empty() && f.check != "reconciler") << f.details.found;
    EXPECT_FALSE(f.details.remedy.empty()) << f.details.found;
    EXPECT_FALSE(f.details.command.empty()) << f.details.found;
  }
  // The healthy snapshot has this one too.
  out.erase("crds info");
  return out;
}

/// KServe's controller, with this number of replicas.
void put_kserve(ClusterSnapshot& snapshot, int replicas) {
  put_yaml(snapshot, fmt::format("apiVersion: apps/v1\nkind: Deployment\nmetadata: "
                                 "{{name: kserve-controller-manager, namespace: kserve-system}}\n"
                                 "spec: {{replicas: {}}}",
                                 replicas));
}

void put_lease(ClusterSnapshot& snapshot, std::string_view ns, std::string_view name, std::string_view holder,
               std::chrono::seconds age) {
  const auto renewed = std::chrono::floor<std::chrono::seconds>(snapshot.now - age);
  put_yaml(snapshot, fmt::format("apiVersion: coordination.k8s.io/v1\nkind: Lease\nmetadata: {{name: {}, "
                                 "namespace: {}}}\nspec: {{holderIdentity: '{}', leaseDurationSeconds: 15, "
                                 "renewTime: '{}'}}",
                                 name, ns, holder, text::format_rfc3339_micro(renewed)));
}

void scale(ClusterSnapshot& snapshot, int replicas) {
  rewrite(snapshot, kube::kDeployments, kNs, kName, R"("replicas":2,"revisionHistoryLimit")",
          fmt::format(R"("replicas":{},"revisionHistoryLimit")", replicas));
}

void available(ClusterSnapshot& snapshot, int replicas) {
  rewrite(snapshot, kube::kDeployments, kNs, kName, R"("readyReplicas":2,"availableReplicas":2)",
          fmt::format(R"("readyReplicas":{0},"availableReplicas":{0})", replicas));
}

void set_config(ClusterSnapshot& snapshot, std::string_view key, std::string_view json) {
  put_yaml(snapshot,
           fmt::format("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: inferenceservice-config, "
                       "namespace: kserve}}\ndata:\n  {}: '{}'\n",
                       key, json));
}

struct Case {
  const char* name;
  std::function<void(ClusterSnapshot&)> plant;
  std::multiset<std::string> found;  // "check severity", notices too
};

std::ostream& operator<<(std::ostream& out, const Case& c) {
  return out << c.name;
}

class ReconcilerTest : public testing::TestWithParam<Case> {};

TEST_P(ReconcilerTest, IsReportedByItsOwnChecksOnly) {
  ClusterSnapshot snapshot = healthy_snapshot();
  GetParam().plant(snapshot);
  EXPECT_EQ(reported(snapshot), GetParam().found) << printed(snapshot);
}

const Case kCases[] = {
    {"Healthy", [](auto&) {}, {}},
    // its Deployment
    {"NotInstalled",
     [](auto& p) {
       p.remove(kube::kDeployments, kNs, kName);
       p.remove(kube::kLeases, kNs, kName);
     },
     {"reconciler info", "controllers error"}},
    {"NotInstalledBesideKServe",
     [](auto& p) {
       p.remove(kube::kDeployments, kNs, kName);
       p.remove(kube::kLeases, kNs, kName);
       put_kserve(p, 1);
     },
     {"reconciler info"}},
    {"ScaledToZero",
     [](auto& p) {
       scale(p, 0);
       p.remove(kube::kLeases, kNs, kName);
     },
     {"reconciler warning", "controllers error"}},
    {"ScaledToZeroBesideKServe",
     [](auto& p) {
       scale(p, 0);
       p.remove(kube::kLeases, kNs, kName);
       put_kserve(p, 1);
     },
     {"reconciler info"}},
    {"NoneAvailable",
     [](auto& p) {
       available(p, 0);
       p.remove(kube::kLeases, kNs, kName);
     },
     {"reconciler error"}},
    {"OneAvailable", [](auto& p) { available(p, 1); }, {"reconciler warning"}},
    {"OneReplica", [](auto& p) { scale(p, 1); }, {}},
    {"AnotherVersion",
     [](auto& p) {
       rewrite(p, kube::kDeployments, kNs, kName, R"("image":"modelgate/modelgate")",
               R"("image":"example.com:5000/modelgate/modelgate:v0.0.9")");
     },
     {"reconciler warning"}},
    {"AMirror",
     [](auto& p) {
       rewrite(p, kube::kDeployments, kNs, kName, R"("image":"modelgate/modelgate")",
               R"("image":"example.com:5000/modelgate/modelgate")");
     },
     {}},
    {"CrashingPod",
     [](auto& p) {
       rewrite(p, kube::kPods, kNs, "modelgate-reconciler-1", R"("state":{"running":{}})",
               R"("state":{"waiting":{"reason":"CrashLoopBackOff","message":"back-off"}},
                  "lastState":{"terminated":{"reason":"Error","exitCode":1,"message":"no such flag"}})");
     },
     {"reconciler error"}},
    // its Lease
    {"NoLease", [](auto& p) { p.remove(kube::kLeases, kNs, kName); }, {"reconciler-lease error"}},
    {"LeaseReleased",
     [](auto& p) { put_lease(p, kNs, kName, "", std::chrono::seconds(0)); },
     {"reconciler-lease error"}},
    {"HolderDoesNotExist",
     [](auto& p) { put_lease(p, kNs, kName, "modelgate-reconciler-9_b", std::chrono::seconds(31)); },
     {"reconciler-lease error"}},
    {"HolderOutsideTheCluster",
     [](auto& p) { put_lease(p, kNs, kName, "my-laptop_b", std::chrono::seconds(30)); },
     {"reconciler-lease info"}},
    // two controllers, or none
    {"KServesControllerBesideIt", [](auto& p) { put_kserve(p, 1); }, {"controllers error"}},
    {"KServesControllerScaledToZero", [](auto& p) { put_kserve(p, 0); }, {}},
    {"KServesLeaseIsFresh",
     [](auto& p) { put_lease(p, "kserve", kKserveLease, "x_1", std::chrono::seconds(3)); },
     {"controllers error"}},
    {"KServesLeaseIsOld",
     [](auto& p) { put_lease(p, "kserve", kKserveLease, "x_1", std::chrono::minutes(3)); },
     {}},
    {"SecondReconciler",
     [](auto& p) {
       put_yaml(p,
                "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: modelgate-reconciler, "
                "namespace: modelgate}\nspec: {replicas: 1}");
     },
     {"controllers error"}},
    {"SecondReconcilerScaledToZero",
     [](auto& p) {
       put_yaml(p,
                "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: modelgate-reconciler, "
                "namespace: modelgate}\nspec: {replicas: 0}");
     },
     {}},
    // permissions
    {"NoServiceAccount",
     [](auto& p) { p.remove(kube::kServiceAccounts, kNs, kName); },
     {"reconciler-permissions error"}},
    {"AForbiddenVerb",
     [](auto& p) {
       for (PermissionAnswer& a : p.reconciler_permissions) {
         if (a.permission.resource == "inferenceservices/status") a.allowed = false;
       }
     },
     {"reconciler-permissions error"}},
    // third-party kinds
    {"NoHttpRoutes",
     [](auto& p) {
       set_config(
           p, "ingress",
           R"({"kserveIngressGateway": "kserve/gateway", "ingressGateway": "a/b", "enableGatewayApi": true})");
       p.put_served(kube::kHttpRoutes, false);
     },
     {"configured-kinds error"}},
    {"NoHttpRoutesAndIngressDisabled",
     [](auto& p) {
       set_config(
           p, "ingress",
           R"({"kserveIngressGateway": "kserve/gateway", "ingressGateway": "a/b", "enableGatewayApi": true, "disableIngressCreation": true})");
       p.put_served(kube::kHttpRoutes, false);
     },
     {}},
    {"NoVirtualServices",
     [](auto& p) {
       set_config(p, "modelgate", R"({"istioRoutes": true})");
       p.put_served(kube::kVirtualServices, false);
     },
     {"configured-kinds warning"}},
    {"NoScaledObjects",
     [](auto& p) {
       p.services->keda = {.count = 1, .first = {{.ns = "a", .name = "m", .why = {}}}};
       p.put_served(kube::kScaledObjects, false);
     },
     {"configured-kinds error"}},
    {"NoCollectors",
     [](auto& p) {
       p.services->collectors = {.count = 7, .first = {{.ns = "a", .name = "m", .why = {}}}};
       p.put_served(kube::kOpenTelemetryCollectors, false);
     },
     {"configured-kinds error"}},
    {"MissingKindsThatAreNotRequired",
     [](auto& p) {
       for (const auto* kind : {&kube::kHttpRoutes, &kube::kVirtualServices, &kube::kScaledObjects,
                                &kube::kOpenTelemetryCollectors}) {
         p.put_served(*kind, false);
       }
     },
     {}},
    // services
    {"OneFailed",
     [](auto& p) {
       p.services->all = 2;
       p.services->failed = {.count = 1, .first = {{.ns = "a", .name = "m", .why = "OOMKilled: ..."}}};
     },
     {"services warning", "services info"}},
    {"OneStuckAndOneOutdated",
     [](auto& p) {
       p.services->all = 9;
       p.services->stuck = {.count = 1, .first = {{.ns = "a", .name = "m", .why = {}}}};
       p.services->outdated = {.count = 8, .first = {{.ns = "a", .name = "n", .why = {}}}};
     },
     {"services warning", "services warning", "services info"}},
    {"OneOutdatedAndNoLeader",
     [](auto& p) {
       p.services->all = 9;
       p.services->outdated = {.count = 1, .first = {{.ns = "a", .name = "n", .why = {}}}};
       p.remove(kube::kLeases, kNs, kName);
     },
     {"reconciler-lease error", "services error", "services info"}},
};

INSTANTIATE_TEST_SUITE_P(Table, ReconcilerTest, testing::ValuesIn(kCases),
                         [](const auto& row) { return row.param.name; });

TEST(ReconcilerPreflightTest, ExplainsTheInstallationBesideKServe) {
  ClusterSnapshot snapshot = empty_snapshot();
  snapshot.preflight = true;
  EXPECT_EQ(reported(snapshot).count("controllers info"), 0U);
  put_kserve(snapshot, 1);
  EXPECT_EQ(reported(snapshot).count("controllers info"), 1U) << printed(snapshot);
  EXPECT_NE(printed(snapshot).find("deploy/overlays/in-place-of-kserve"), std::string::npos);
}

TEST(DoctorTextTest, HasTheTerminationMessageWithoutControlCharacters) {
  ClusterSnapshot snapshot = healthy_snapshot();
  rewrite(snapshot, kube::kPods, kNs, "modelgate-reconciler-1", R"("state":{"running":{}})",
          R"("state":{"waiting":{"reason":"CrashLoopBackOff","message":"back-off"}},
             "lastState":{"terminated":{"reason":"Error","exitCode":1,"message":"\u001b[31mno such flag\n"}})");
  const std::string text = printed(snapshot);
  EXPECT_NE(text.find("termination message:  [31mno such flag"), std::string::npos) << text;
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
}

TEST(DoctorTextTest, IsShortenedBetweenCharacters) {
  EXPECT_EQ(shortened("abc", 3), "abc");
  EXPECT_EQ(shortened("abcd", 3), "abc...");
  EXPECT_EQ(shortened("ab\xC3\xA4", 3), "ab...");
  EXPECT_EQ(shortened("a\nb\n", 9), "a b");
}

TEST(ReconcilerUnknownTest, ForbiddenReadsAreSkipped) {
  ClusterSnapshot snapshot = healthy_snapshot();
  kube::ApiError forbidden;
  forbidden.code = 403;
  snapshot.put_error(kube::kDeployments, kAllNamespaces, forbidden);
  snapshot.put_error(kube::kInferenceServices, {}, forbidden);
  snapshot.services.reset();
  for (PermissionAnswer& answer : snapshot.reconciler_permissions) answer.allowed.reset();
  EXPECT_TRUE(reported(snapshot).empty()) << printed(snapshot);
  EXPECT_EQ(diagnose(snapshot).count(Severity::kSkipped), 3U) << printed(snapshot);
}

// -------------------------------------------------------------------------------------------------- tally

constexpr std::chrono::sys_seconds kNow = std::chrono::sys_days(std::chrono::year(2026) / 1 / 1);

constexpr const char* kEarlier = R"("creationTimestamp":"2025-12-31T12:00:00Z")";

struct TallyCase {
  const char* name;
  const char* metadata;  // beside name and namespace
  const char* spec;
  const char* status;
  std::string counted;  // as counted() has it
};

std::ostream& operator<<(std::ostream& out, const TallyCase& c) {
  return out << c.name;
}

std::string counted(const ServiceTally& t) {
  const std::pair<const char*, std::size_t> counts[] = {
      {"ready", t.ready},
      {"stopped", t.stopped},
      {"starting", t.starting},
      {"failed", t.failed.count},
      {"stuck", t.stuck.count},
      {"deleting", t.deleting.count},
      {"outdated", t.outdated.count},
      {"keda", t.keda.count},
      {"collectors", t.collectors.count},
  };
  std::string out;
  for (const auto& [name, count] : counts) {
    if (count > 0) out += fmt::format("{}{}", out.empty() ? "" : " ", name);
  }
  return out;
}

class TallyTest : public testing::TestWithParam<TallyCase> {};

TEST_P(TallyTest, CountsOnce) {
  const TallyCase& c = GetParam();
  const auto object =
      kube::Object::read(fmt::format(R"({{"metadata":{{"name":"m","namespace":"a","generation":2,{}}},)"
                                     R"("spec":{{{}}},"status":{{{}}}}})",
                                     c.metadata, c.spec, c.status));
  ASSERT_TRUE(object);
  ServiceTally tally;
  tally.add(object->value(), kNow);
  EXPECT_EQ(tally.all, 1U);
  EXPECT_EQ(counted(tally), c.counted);
}

const TallyCase kTallies[] = {
    {"Ready", kEarlier, "", R"("observedGeneration":2,"conditions":[{"type":"Ready","status":"True"}])",
     "ready"},
    {"ReadyAndOutdated", kEarlier, "",
     R"("observedGeneration":1,"conditions":[{"type":"Ready","status":"True"}])", "ready outdated"},
    {"AutoUpdateDisabled",
     R"("creationTimestamp":"2025-12-31T12:00:00Z","annotations":{"serving.kserve.io/disable-auto-update":"true"})",
     "", R"("observedGeneration":1,"conditions":[{"type":"Ready","status":"True"}])", "ready"},
    {"NeverReconciled", kEarlier, "", "", "stuck outdated"},
    {"CreatedAMinuteAgo", R"("creationTimestamp":"2025-12-31T23:59:00Z")", "", "", "starting"},
    {"CreatedLongerAgo", R"("creationTimestamp":"2025-12-31T23:58:59Z")", "", "", "starting outdated"},
    {"NotReadyForTenMinutes", kEarlier, "",
     R"("observedGeneration":2,"conditions":[{"type":"Ready","status":"False","lastTransitionTime":"2025-12-31T23:50:00Z"}])",
     "starting"},
    {"NotReadyForLonger", kEarlier, "",
     R"("observedGeneration":2,"conditions":[{"type":"Ready","status":"False","lastTransitionTime":"2025-12-31T23:49:59Z"}])",
     "stuck"},
    {"Failed", kEarlier, "",
     R"("observedGeneration":2,"phase":"Failed","conditions":[{"type":"Ready","status":"False"}])", "failed"},
    {"FailedOnKServesCrd", kEarlier, "",
     R"("observedGeneration":2,"modelStatus":{"transitionStatus":"BlockedByFailedLoad"},"conditions":[{"type":"Ready","status":"False"}])",
     "failed"},
    {"Stopped",
     R"("creationTimestamp":"2025-12-31T12:00:00Z","annotations":{"serving.kserve.io/stop":"true"})", "",
     R"("observedGeneration":2,"conditions":[{"type":"Ready","status":"False"}])", "stopped"},
    {"StoppedInCapitals",
     R"("creationTimestamp":"2025-12-31T12:00:00Z","annotations":{"serving.kserve.io/stop":"True"})", "",
     R"("observedGeneration":2,"conditions":[{"type":"Ready","status":"False"}])", "stopped"},
    {"AutoUpdateDisabledBeforeItIsReady",
     R"("creationTimestamp":"2025-12-31T12:00:00Z","annotations":{"serving.kserve.io/disable-auto-update":"true"})",
     "", R"("observedGeneration":1,"conditions":[{"type":"Ready","status":"False"}])", "starting outdated"},
    {"DeletedTenMinutesAgo",
     R"("creationTimestamp":"2025-12-31T12:00:00Z","deletionTimestamp":"2025-12-31T23:50:00Z")", "", "", ""},
    {"DeletedLongerAgo",
     R"("creationTimestamp":"2025-12-31T12:00:00Z","deletionTimestamp":"2025-12-31T23:49:59Z")", "", "",
     "deleting"},
    {"ScaledByKeda",
     R"("creationTimestamp":"2025-12-31T12:00:00Z","annotations":{"serving.kserve.io/autoscalerClass":"keda"})",
     "", R"("observedGeneration":2,"conditions":[{"type":"Ready","status":"True"}])", "ready keda"},
    {"ScaledByKedaAndACollector",
     R"("creationTimestamp":"2025-12-31T12:00:00Z","annotations":{"serving.kserve.io/autoscalerClass":"keda"})",
     R"("predictor":{"autoScaling":{"metrics":[{"type":"PodMetric","podmetric":{"metric":{"backend":"opentelemetry"}}}]}})",
     R"("observedGeneration":2,"conditions":[{"type":"Ready","status":"True"}])", "ready keda collectors"},
};

INSTANTIATE_TEST_SUITE_P(Table, TallyTest, testing::ValuesIn(kTallies),
                         [](const auto& row) { return row.param.name; });

TEST(ServiceTallyTest, NamesFiveAndCountsAll) {
  ServiceTally tally;
  for (int i = 0; i < 6; ++i) {
    const auto object = kube::Object::read(fmt::format(
        R"({{"metadata":{{"name":"m{}","namespace":"a"}},"status":{{"phase":"Failed","conditions":)"
        R"([{{"type":"Ready","status":"False","reason":"OOMKilled","message":"out of memory"}}]}}}})",
        i));
    ASSERT_TRUE(object);
    tally.add(object->value(), kNow);
  }
  EXPECT_EQ(tally.failed.count, 6U);
  ASSERT_EQ(tally.failed.first.size(), 5U);
  EXPECT_EQ(tally.failed.first[0].to_string(), "a/m0");
  EXPECT_EQ(tally.failed.first[0].why, "OOMKilled: out of memory");
}

}  // namespace
}  // namespace modelgate::cli
