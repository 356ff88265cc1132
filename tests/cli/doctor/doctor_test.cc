// SPDX-License-Identifier: Apache-2.0
//
// The checks of `modelgate doctor` on cluster snapshots: a healthy one has no findings, and each fault is found by
// its check only.
#include "cli/doctor/doctor.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <sstream>

#include "certs/authority.h"
#include "cli/doctor/checks.h"
#include "cli/doctor/permissions.h"
#include "cli/terminal/exit_code.h"
#include "kube/manifests.h"
#include "spec/view.h"
#include "tests/cli/doctor/cluster_snapshots.h"
#include "tests/hostile_text.h"

namespace modelgate::cli {
namespace {

constexpr std::string_view kNs = "kserve";
constexpr std::string_view kName = "modelgate-webhook";

/// Warnings and errors, as "check severity".
std::multiset<std::string> problems(const Findings& findings) {
  std::multiset<std::string> out;
  for (const Finding& f : findings.all()) {
    if (f.severity > Severity::kSkipped) out.insert(fmt::format("{} {}", f.check, to_string(f.severity)));
  }
  return out;
}

std::string printed(const ClusterSnapshot& snapshot, ReportFormat format = ReportFormat::kText) {
  std::ostringstream out;
  print(diagnose(snapshot), snapshot, format, false, out);
  return out.str();
}

TEST(DoctorTest, FindsNothingOnAHealthyCluster) {
  const ClusterSnapshot snapshot = healthy_snapshot();
  const Findings findings = diagnose(snapshot);
  EXPECT_TRUE(problems(findings).empty()) << printed(snapshot);
  EXPECT_EQ(findings.count(Severity::kSkipped), 0U) << printed(snapshot);
  EXPECT_EQ(findings.exit_code(), kHealthy);
}

TEST(DoctorTest, FindsNothingBeforeAnInstallation) {
  ClusterSnapshot snapshot = empty_snapshot();
  snapshot.preflight = true;
  EXPECT_TRUE(problems(diagnose(snapshot)).empty()) << printed(snapshot);
}

TEST(DoctorTest, WarnsIfNothingIsInstalled) {
  const Findings findings = diagnose(empty_snapshot());
  EXPECT_EQ(problems(findings), (std::multiset<std::string>{"installation warning"}));
  EXPECT_EQ(findings.exit_code(), kWarnings);
}

/// A part of the key, as the Secret has it.
std::string ca_key(const ClusterSnapshot& snapshot) {
  const spec::ObjectView secret(snapshot.find(kube::kSecrets, kNs, "modelgate-webhook-ca"));
  const std::string_view key = secret.object("data").string("ca.key");
  EXPECT_GT(key.size(), 100U);
  return std::string(key.substr(60, 40));  // after the part that all keys have in common
}

// ------------------------------------------------------------------------------------------ faults

struct FaultCase {
  const char* name;
  std::function<void(ClusterSnapshot&)> plant;
  std::multiset<std::string> found;  // "check severity", all of them
};

std::ostream& operator<<(std::ostream& out, const FaultCase& c) {
  return out << c.name;
}

class FaultTest : public testing::TestWithParam<FaultCase> {};

TEST_P(FaultTest, IsFoundByItsCheckOnly) {
  ClusterSnapshot snapshot = healthy_snapshot();
  const std::string key = ca_key(snapshot);
  GetParam().plant(snapshot);
  const Findings findings = diagnose(snapshot);
  EXPECT_EQ(problems(findings), GetParam().found) << printed(snapshot);
  for (const Finding& f : findings.all()) {
    if (f.severity > Severity::kSkipped) {
      EXPECT_FALSE(f.details.found.empty()) << f.check;
      EXPECT_FALSE(f.details.remedy.empty()) << f.check << ": " << f.details.found;
    }
    const std::string all = f.details.found + f.details.cause + f.details.remedy + f.details.command;
    EXPECT_EQ(all.find(key), std::string::npos) << f.check << " shows a secret";
    EXPECT_EQ(all.find("PRIVATE KEY"), std::string::npos) << f.check << " shows a secret";
  }
}

const auto& kMutating = kube::kMutatingWebhookConfigurations;
const auto& kValidating = kube::kValidatingWebhookConfigurations;

void deny(ClusterSnapshot& snapshot, std::string_view verb, std::string_view resource) {
  for (PermissionAnswer& answer : snapshot.webhook_permissions) {
    if (answer.permission.verb == verb && answer.permission.resource == resource) answer.allowed = false;
  }
}

std::string foreign_webhook(std::string_view kind, std::string_view group, std::string_view resource,
                            std::string_view policy, std::string_view more = "") {
  return fmt::format(R"(
apiVersion: admissionregistration.k8s.io/v1
kind: {}
metadata: {{name: other.example.com}}
webhooks:
  - name: other.example.com
    failurePolicy: {}
    clientConfig: {{service: {{namespace: elsewhere, name: other, path: /mutate}}}}
    rules: [{{apiGroups: ["{}"], apiVersions: ["*"], resources: ["{}"], operations: ["*"]}}]
    {}
)",
                     kind, policy, group, resource, more);
}

void put_other_service(ClusterSnapshot& snapshot, bool ready) {
  put_yaml(snapshot, fmt::format(R"(
apiVersion: v1
kind: Service
metadata: {{name: other, namespace: elsewhere}}
spec: {{ports: [{{port: 443}}]}}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {{name: other-1, namespace: elsewhere, labels: {{kubernetes.io/service-name: other}}}}
endpoints: [{{addresses: [10.0.0.9], conditions: {{ready: {}}}}}]
)",
                                 ready));
}

/// Serves a certificate of another CA, with this name and validity.
void serve(ClusterSnapshot& snapshot, const std::string& dns_name, std::chrono::hours before,
           std::chrono::hours lifetime) {
  const auto made = snapshot.now - before;
  const auto ca = certs::Authority::make({.now = made}).value();
  snapshot.served[0].chain_pem =
      ca.sign({.dns_names = {dns_name}, .lifetime = lifetime, .now = made}).value()->chain_pem();
}

void set_config(ClusterSnapshot& snapshot, std::string_view key, std::string_view json) {
  put_yaml(
      snapshot,
      fmt::format("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: inferenceservice-config, namespace: "
                  "kserve}}\ndata:\n  ingress: '{{\"ingressClassName\": \"istio\"}}'\n  {}: '{}'\n",
                  key, json));
}

std::string runtime(std::string_view name, std::string_view more) {
  return fmt::format(R"(
apiVersion: serving.kserve.io/v1alpha1
kind: ClusterServingRuntime
metadata: {{name: {}}}
spec:
  containers: [{{name: kserve-container, image: a}}]
  {}
)",
                     name, more);
}

const FaultCase kFaults[] = {
    // the API server
    {"OldCluster", [](auto& p) { p.version = "v1.29.9"; }, {"api-server error"}},
    {"ClockSkewOf31Seconds", [](auto& p) { p.clock_ahead = std::chrono::seconds(-31); }, {"clock warning"}},
    {"ClockSkewOfAnHour",
     [](auto& p) {
       p.clock_ahead = std::chrono::hours(1);
       for (const std::string_view lease : {kName, std::string_view("modelgate-reconciler")}) {
         rewrite(p, kube::kLeases, kNs, lease, R"("renewTime":")",
                 R"("renewTime":"2999-01-01T00:00:00.0Z","was":")");
       }
     },
     {"clock error"}},
    // the objects of the installation
    {"NoNamespace", [](auto& p) { p.remove(kube::kNamespaces, {}, kNs); }, {"namespace error"}},
    {"NamespaceInDeletion",
     [](auto& p) {
       put_yaml(p, "apiVersion: v1\nkind: Namespace\nmetadata: {name: kserve}\nstatus: {phase: Terminating}");
     },
     {"namespace error"}},
    {"MissingCrd",
     [](auto& p) { p.remove(kube::kCustomResourceDefinitions, {}, "servingruntimes.serving.kserve.io"); },
     {"crds error"}},
    {"UnservedVersion",
     [](auto& p) {
       rewrite(p, kube::kCustomResourceDefinitions, {}, "inferenceservices.serving.kserve.io",
               R"("name":"v1beta1")", R"("name":"v2")");
     },
     {"crds error"}},
    {"CrdNamesNotAccepted",
     [](auto& p) {
       rewrite(p, kube::kCustomResourceDefinitions, {}, "inferenceservices.serving.kserve.io",
               R"({"type":"NamesAccepted","status":"True"})", R"({"type":"NamesAccepted","status":"False"})");
     },
     {"crds error"}},
    {"CrdNotEstablished",
     [](auto& p) {
       rewrite(p, kube::kCustomResourceDefinitions, {}, "inferenceservices.serving.kserve.io",
               R"({"type":"Established","status":"True"})", R"({"type":"Established","status":"False"})");
     },
     {"crds warning"}},
    {"NoServiceAccount",
     [](auto& p) { p.remove(kube::kServiceAccounts, kNs, kName); },
     {"permissions error"}},
    {"ForbiddenVerb", [](auto& p) { deny(p, "watch", "servingruntimes"); }, {"permissions error"}},
    // registrations
    {"NoMutatingRegistration", [](auto& p) { p.remove(kMutating, {}, "modelgate"); }, {"registration error"}},
    {"WrongPath",
     [](auto& p) { rewrite(p, kMutating, {}, "modelgate", R"("/mutate-pods")", R"("/mutate-pod")"); },
     {"registration error", "registration error"}},
    {"RuleWithoutUpdates",
     [](auto& p) { rewrite(p, kValidating, {}, "modelgate", R"("CREATE","UPDATE")", R"("CREATE")"); },
     {"registration error", "registration error", "registration error"}},
    {"NoService",
     [](auto& p) { p.remove(kube::kServices, kNs, kName); },
     {"registration error", "registration error", "registration error", "registration error",
      "registration error"}},
    {"FailurePolicyIgnore",
     [](auto& p) {
       rewrite(
           p, kMutating, {}, "modelgate",
           R"("failurePolicy":"Fail","matchPolicy":"Equivalent","sideEffects":"None","timeoutSeconds":5)",
           R"("failurePolicy":"Ignore","matchPolicy":"Equivalent","sideEffects":"None","timeoutSeconds":5)");
     },
     {"registration-settings warning"}},
    {"TimeoutTooLong",
     [](auto& p) {
       rewrite(p, kMutating, {}, "modelgate", R"("timeoutSeconds":10)", R"("timeoutSeconds":16)");
     },
     {"registration-settings warning"}},
    {"EveryPod",
     [](auto& p) {
       rewrite(p, kMutating, {}, "modelgate", R"("serving.kserve.io/inferenceservice")", R"("app")");
     },
     {"registration-settings warning"}},
    // the Deployment
    {"NoDeployment", [](auto& p) { p.remove(kube::kDeployments, kNs, kName); }, {"deployment error"}},
    {"NoReplicaReady",
     [](auto& p) {
       rewrite(p, kube::kDeployments, kNs, kName, R"("readyReplicas":2)", R"("readyReplicas":0)");
     },
     {"deployment error"}},
    {"OneReplicaReady",
     [](auto& p) {
       rewrite(p, kube::kDeployments, kNs, kName, R"("readyReplicas":2)", R"("readyReplicas":1)");
     },
     {"deployment warning"}},
    {"CrashingPod",
     [](auto& p) {
       rewrite(p, kube::kPods, kNs, "modelgate-webhook-1", R"("state":{"running":{}})",
               R"("state":{"waiting":{"reason":"CrashLoopBackOff","message":"back-off"}},
                  "lastState":{"terminated":{"reason":"Error","exitCode":1}})");
     },
     {"deployment error"}},
    {"UnschedulablePod",
     [](auto& p) {
       rewrite(p, kube::kPods, kNs, "modelgate-webhook-1", R"("status":"True")",
               R"("status":"False","message":"no cpu")");
     },
     {"deployment error"}},
    {"NoDisruptionBudget",
     [](auto& p) { p.remove(kPodDisruptionBudgets, kNs, kName); },
     {"disruption-budget warning"}},
    {"NoEndpoints",
     [](auto& p) { p.remove(kube::kEndpointSlices, kNs, "modelgate-webhook-1"); },
     {"endpoints error"}},
    {"NoReadyEndpoint",
     [](auto& p) {
       rewrite(p, kube::kEndpointSlices, kNs, "modelgate-webhook-1", R"("ready":true)", R"("ready":false)");
     },
     {"endpoints error"}},
    // certificates
    {"NoCaBundle",
     [](auto& p) {
       p.remove(kMutating, {}, "modelgate");
       p.remove(kValidating, {}, "modelgate");
       put_yaml(p, read_source("deploy/base/registrations.yaml"));
     },
     {"ca-bundle error", "certificate error"}},
    {"CaBundleOfAnotherCa",
     [](auto& p) {
       const ClusterSnapshot other = healthy_snapshot();
       for (const auto* resource : {&kMutating, &kValidating}) {
         p.put(*resource, kube::Object::copy_of(*other.find(*resource, {}, "modelgate")));
       }
     },
     {"ca-bundle error", "certificate error"}},
    {"CertificateOfAnotherCa",
     [](auto& p) {
       serve(p, "modelgate-webhook.kserve.svc", std::chrono::hours(0), std::chrono::hours(720));
     },
     {"certificate error"}},
    {"WrongName",
     [](auto& p) { serve(p, "other.kserve.svc", std::chrono::hours(0), std::chrono::hours(720)); },
     {"certificate error"}},
    {"ExpiredCertificate",
     [](auto& p) {
       serve(p, "modelgate-webhook.kserve.svc", std::chrono::hours(48), std::chrono::hours(24));
     },
     {"certificate error"}},
    {"ConnectionRefused", [](auto& p) { p.served[0].error = "Connection refused"; }, {"certificate error"}},
    {"NoCaSecret",
     [](auto& p) { p.remove(kube::kSecrets, kNs, "modelgate-webhook-ca"); },
     {"ca-secret error"}},
    {"CorruptCaSecret",
     [](auto& p) {
       rewrite(p, kube::kSecrets, kNs, "modelgate-webhook-ca", R"("ca.key":")", R"("ca.key":"AAAA)");
     },
     {"ca-secret error"}},
    {"NoLease", [](auto& p) { p.remove(kube::kLeases, kNs, kName); }, {"lease error"}},
    {"StaleLeases",
     [](auto& p) { p.now += std::chrono::minutes(1); },
     {"lease error", "reconciler-lease error"}},
    {"ReleasedLease",
     [](auto& p) { rewrite(p, kube::kLeases, kNs, kName, "modelgate-webhook-1_a", ""); },
     {"lease error"}},
    // others
    {"KServeStillInstalled",
     [](auto& p) {
       put_other_service(p, true);
       put_yaml(p, foreign_webhook("MutatingWebhookConfiguration", "serving.kserve.io", "inferenceservices",
                                   "Fail"));
     },
     {"other-webhooks warning"}},
    {"KServeUnavailable",
     [](auto& p) {
       put_other_service(p, false);
       put_yaml(p, foreign_webhook("ValidatingWebhookConfiguration", "serving.kserve.io", "inferenceservices",
                                   "Fail"));
     },
     {"other-webhooks error"}},
    {"RemovedMesh",
     [](auto& p) { put_yaml(p, foreign_webhook("MutatingWebhookConfiguration", "", "pods", "Fail")); },
     {"other-webhooks error"}},
    {"RemovedMeshWithSelector",
     [](auto& p) {
       put_yaml(p, foreign_webhook("MutatingWebhookConfiguration", "", "pods", "Fail",
                                   "namespaceSelector: {matchLabels: {mesh: enabled}}"));
     },
     {"other-webhooks warning"}},
    // configuration and runtimes
    {"NoConfiguration",
     [](auto& p) { p.remove(kube::kConfigMaps, kNs, "inferenceservice-config"); },
     {"configuration warning"}},
    {"InvalidConfiguration",
     [](auto& p) { set_config(p, "deploy", R"({"defaultDeploymentMode": "Standart"})"); },
     {"configuration error"}},
    {"KnativeWithoutKnative",
     [](auto& p) {
       p.groups.emplace_back("networking.istio.io");
       set_config(p, "deploy", R"({"defaultDeploymentMode": "Serverless"})");
     },
     {"configured-mode error"}},
    {"NoSuchIngressClass",
     [](auto& p) { p.remove(kube::kIngressClasses, {}, "istio"); },
     {"configured-mode warning"}},
    {"UnreadableRuntime",
     [](auto& p) { put_yaml(p, runtime("odd", "supportedModelFormats: sklearn")); },
     {"runtimes error"}},
    {"TwoEqualRuntimes",
     [](auto& p) {
       for (const char* name : {"one", "two"}) {
         put_yaml(
             p,
             runtime(name,
                     "supportedModelFormats: [{name: own, version: \"1\", autoSelect: true, priority: 1}]"));
       }
     },
     {"runtimes warning"}},
};

INSTANTIATE_TEST_SUITE_P(Table, FaultTest, testing::ValuesIn(kFaults),
                         [](const auto& row) { return row.param.name; });

// -------------------------------------------------------------------------------------- not a fault

struct FineCase {
  const char* name;
  std::function<void(ClusterSnapshot&)> change;
};

class FineTest : public testing::TestWithParam<FineCase> {};

TEST_P(FineTest, IsNotAFault) {
  ClusterSnapshot snapshot = healthy_snapshot();
  GetParam().change(snapshot);
  EXPECT_TRUE(problems(diagnose(snapshot)).empty()) << printed(snapshot);
}

const FineCase kFine[] = {
    {"OldestSupportedCluster", [](auto& p) { p.version = "v1.30.0"; }},
    {"VendorVersion", [](auto& p) { p.version = "v1.31.2-gke.1000"; }},
    {"ClockSkewOf29Seconds", [](auto& p) { p.clock_ahead = std::chrono::seconds(29); }},
    {"TheLongestTimeout",
     [](auto& p) {
       rewrite(p, kMutating, {}, "modelgate", R"("timeoutSeconds":10)", R"("timeoutSeconds":15)");
     }},
    {"RuntimeWithoutAutoSelect",
     [](auto& p) {
       put_yaml(p, runtime("one", "supportedModelFormats: [{name: own, autoSelect: true, priority: 1}]"));
       put_yaml(p, runtime("two", "supportedModelFormats: [{name: own, priority: 1}]"));
     }},
    {"TwoRuntimesForTwoProtocols",
     [](auto& p) {
       for (const char* v : {"v1", "v2"}) {
         put_yaml(
             p, runtime(
                    v, fmt::format("supportedModelFormats: [{{name: own, autoSelect: true, priority: 1}}]\n  "
                                   "protocolVersions: [{}]",
                                   v)));
       }
     }},
    {"OtherWebhookOnPods",
     [](auto& p) {
       put_other_service(p, true);
       put_yaml(p, foreign_webhook("MutatingWebhookConfiguration", "", "pods", "Fail"));
     }},
    {"UnavailableWebhookThatIsIgnored",
     [](auto& p) { put_yaml(p, foreign_webhook("MutatingWebhookConfiguration", "", "pods", "Ignore")); }},
    {"WebhookOnOtherKinds",
     [](auto& p) {
       put_yaml(p, foreign_webhook("MutatingWebhookConfiguration", "apps", "deployments", "Fail"));
     }},
    {"CertManager",
     [](auto& p) {
       for (const auto* resource : {&kMutating, &kValidating}) {
         rewrite(p, *resource, {}, "modelgate", R"("name":"modelgate")",
                 R"("name":"modelgate","annotations":{"cert-manager.io/inject-ca-from":"kserve/x"})");
       }
       p.remove(kube::kSecrets, kNs, "modelgate-webhook-ca");
       p.remove(kube::kLeases, kNs, kName);
     }},
};

INSTANTIATE_TEST_SUITE_P(Table, FineTest, testing::ValuesIn(kFine),
                         [](const auto& row) { return row.param.name; });

// --------------------------------------------------------------------------------------- unknown

TEST(DoctorTest, AnUnreachableApiServerIsOneError) {
  ClusterSnapshot snapshot = empty_snapshot();
  snapshot.unreachable = kube::ApiError{.kind = kube::ApiError::Kind::kConnection};
  const Findings findings = diagnose(snapshot);
  EXPECT_EQ(findings.all().size(), 1U);
  EXPECT_EQ(findings.exit_code(), kErrors);
}

TEST(DoctorTest, ForbiddenReadsAreSkipped) {
  ClusterSnapshot snapshot = healthy_snapshot();
  kube::ApiError forbidden;
  forbidden.code = 403;
  snapshot.remove(kube::kSecrets, kNs, "modelgate-webhook-ca");
  snapshot.put_error(kube::kSecrets, kNs, forbidden);
  for (PermissionAnswer& answer : snapshot.webhook_permissions) answer.allowed.reset();
  snapshot.served.clear();
  snapshot.certificate_skipped = "Pods cannot be reached";
  const Findings findings = diagnose(snapshot);
  EXPECT_TRUE(problems(findings).empty()) << printed(snapshot);
  EXPECT_EQ(findings.count(Severity::kSkipped), 3U) << printed(snapshot);
  EXPECT_EQ(findings.exit_code(), kHealthy);
}

TEST(DoctorTest, AUserWithoutPermissionsGetsOnlySkippedChecks) {
  ClusterSnapshot snapshot = empty_snapshot();
  kube::ApiError forbidden;
  forbidden.code = 403;
  for (const kube::Resource* resource : kube::known_resources()) snapshot.put_error(*resource, {}, forbidden);
  snapshot.put_error(kPodDisruptionBudgets, {}, forbidden);
  const Findings findings = diagnose(snapshot);
  EXPECT_TRUE(problems(findings).empty()) << printed(snapshot);
  EXPECT_EQ(findings.count(Severity::kOk), 2U) << "api-server and clock\n" << printed(snapshot);
}

// ------------------------------------------------------------------------------------------------ reports

TEST(DoctorReportTest, JsonHasTheFindings) {
  ClusterSnapshot snapshot = healthy_snapshot();
  snapshot.remove(kube::kLeases, kNs, kName);
  spec::Arena arena;
  const auto json = spec::parse_json(printed(snapshot, ReportFormat::kJson), arena);
  ASSERT_TRUE(json);
  const spec::ObjectView report(*json);
  EXPECT_EQ(report.object("summary").integer("error"), 1);
  std::size_t errors = 0;
  for (const spec::ObjectView finding : report.list("findings")) {
    if (finding.string("severity") != "error") continue;
    ++errors;
    EXPECT_EQ(finding.string("check"), "lease");
    EXPECT_EQ(finding.string("about"), "Lease kserve/modelgate-webhook");
  }
  EXPECT_EQ(errors, 1U);
}

// --------------------------------------------------------------------------------------------- permissions

std::vector<std::string> texts_of(const spec::ObjectView& rule, std::string_view member) {
  std::vector<std::string> out;
  const spec::Value* list = rule.field(member);
  if (!list || !list->IsArray()) return {""};
  for (const spec::Value& v : list->GetArray()) out.emplace_back(spec::text_of(v));
  return out;
}

/// The permissions that the roles of a file grant: "get leases.coordination.k8s.io/modelgate-webhook in kserve".
void add_granted(const std::string& file, std::set<std::string>& out) {
  spec::Arena arena;
  const std::string text = read_source(file);
  const auto objects = kube::read_objects(file, text, arena);
  ASSERT_TRUE(objects);
  for (const kube::ManifestObject& object : *objects) {
    const spec::ObjectView role(object.value);
    for (const spec::ObjectView rule : role.list("rules")) {
      for (const std::string& group : texts_of(rule, "apiGroups")) {
        for (const std::string& resource : texts_of(rule, "resources")) {
          for (const std::string& name : texts_of(rule, "resourceNames")) {
            for (const std::string& verb : texts_of(rule, "verbs")) {
              const std::string_view ns = role.object("metadata").string("namespace");
              const Permission granted{verb, group, resource, name, std::string(ns), {}};
              out.insert(granted.to_string());
            }
          }
        }
      }
    }
  }
}

std::set<std::string> checked_permissions(bool own_certificates) {
  std::set<std::string> out;
  for (const Permission& p : webhook_permissions({}, own_certificates)) out.insert(p.to_string());
  return out;
}

TEST(DoctorPermissionsTest, ReconcilerChecksEqualItsRoles) {
  std::set<std::string> granted;
  add_granted("deploy/reconciler/role.yaml", granted);
  std::set<std::string> checked;
  for (const Permission& p : reconciler_permissions({})) checked.insert(p.to_string());
  EXPECT_EQ(checked, granted);
}

TEST(DoctorPermissionsTest, WebhookChecksEqualItsRoles) {
  std::set<std::string> granted;
  add_granted("deploy/base/role.yaml", granted);
  add_granted("deploy/base/role-pods.yaml", granted);
  EXPECT_EQ(checked_permissions(false), granted);
  add_granted("deploy/base/role-certificates.yaml", granted);
  EXPECT_EQ(checked_permissions(true), granted);
}

// ---------------------------------------------------------------------------------------------------- URLs

struct UrlCase {
  const char* name;
  const char* url;
  std::pair<std::string, std::string> expected;
};

class HostAndPortTest : public testing::TestWithParam<UrlCase> {};

TEST_P(HostAndPortTest, Splits) {
  EXPECT_EQ(host_and_port(GetParam().url), GetParam().expected);
}

const UrlCase kUrls[] = {
    {"HostAndPort", "https://a.example:9443/mutate", {"a.example", "9443"}},
    {"NoPort", "https://a.example/mutate", {"a.example", "443"}},
    {"NoScheme", "127.0.0.1:9443", {"127.0.0.1", "9443"}},
    {"Ipv6", "https://[::1]:9443/", {"::1", "9443"}},
    {"Ipv6WithoutPort", "https://[::1]/", {"::1", "443"}},
    {"Ipv6Unclosed", "https://[::1", {"::1", "443"}},
    {"Nothing", "", {"", "443"}},
};

INSTANTIATE_TEST_SUITE_P(Table, HostAndPortTest, testing::ValuesIn(kUrls),
                         [](const auto& row) { return row.param.name; });

TEST(DoctorReportTest, ShowsNoHostileText) {
  for (const std::string& hostile : hostile_texts()) {
    ClusterSnapshot snapshot = healthy_snapshot();
    snapshot.server = hostile;
    snapshot.version = hostile;
    Findings findings;
    findings.begin("check");
    findings.error(
        {.about = hostile, .found = hostile, .cause = hostile, .remedy = hostile, .command = hostile});
    for (const ReportFormat format : {ReportFormat::kText, ReportFormat::kJson}) {
      std::ostringstream out;
      print(findings, snapshot, format, false, out);
      EXPECT_EQ(raw_character(out.str(), true), "") << out.str();
    }
  }
}

}  // namespace
}  // namespace modelgate::cli
