# SPDX-License-Identifier: Apache-2.0
"""The rendered manifests: registrations, names next to KServe's, and names and values that must match those of the programs."""
import json
import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import yaml
from rendered import (DEPLOY, INSTALLATIONS, ROOT, WITH_KSERVE, identity, named, one, rendered, webhooks)
import rendered as here

# Objects of KServe v0.20's installation that could conflict with ours: the Services with their selectors, and names.
KSERVES_SERVICES = {
    "kserve-webhook-server-service": {"control-plane": "kserve-controller-manager"},
    "kserve-controller-manager-service": {"control-plane": "kserve-controller-manager", "controller-tools.k8s.io": "1.0"},
    "kserve-controller-manager-metrics-service": {"control-plane": "kserve-controller-manager",
                                                  "controller-tools.k8s.io": "1.0"},
    "llmisvc-webhook-server-service": {"control-plane": "llmisvc-controller-manager"},
    "localmodel-webhook-server-service": {"app.kubernetes.io/name": "kserve-localmodel-controller-manager"},
}
KSERVES_PODS = [
    {"app.kubernetes.io/name": "kserve-controller-manager", "control-plane": "kserve-controller-manager",
     "controller-tools.k8s.io": "1.0"},
    {"app.kubernetes.io/name": "llmisvc-controller-manager", "control-plane": "llmisvc-controller-manager"},
    {"app.kubernetes.io/name": "kserve-localmodel-controller-manager",
     "control-plane": "kserve-localmodel-controller-manager"},
]
KSERVES_REGISTRATIONS = {f"{name}.serving.kserve.io" for name in (
    "inferenceservice", "trainedmodel", "inferencegraph", "clusterservingruntime", "servingruntime", "localmodelcache")}
COMPATIBLE = {"validation": "Compatible", "runtimeSelection": "Defer", "resourceDefaults": False, "gpuTolerations": [],
              "podInjection": "Admission"}


def selects(selector, labels):
    return all(labels.get(key) == value for key, value in selector.items())


# The installation without our reconciler.
WITHOUT_RECONCILER = "overlays/beside-kserve"


def deployment(folder, name="modelgate-webhook"):
    return one(rendered(folder), "Deployment", name)


def programs(folder):
    """The Deployments of an installation."""
    names = ["modelgate-webhook"] + ["modelgate-reconciler"] * (folder != WITHOUT_RECONCILER)
    return [deployment(folder, name) for name in names]


def of_program(o, program):
    """Whether an object refers to a program's name."""
    return program["metadata"]["name"] in json.dumps(o["spec"])


def configuration(folder):
    return one(rendered(folder), "ConfigMap", "inferenceservice-config")


def flags(program="modelgate-webhook"):
    """A program's flags with their defaults, from --help."""
    shown = subprocess.run([str(here.BINARIES / program), "--help"], check=True, capture_output=True, text=True,
                           timeout=10).stdout
    return dict(re.findall(r"(?m)^  (--[\w-]+)\S*(?: [A-Z]+)?(?:=(\S+))?", shown))


class Registrations(unittest.TestCase):
    def test_every_path_that_is_served_is_registered_once(self):
        served = re.findall(r'AdmissionPath\{\s*"([^"]+)"', (ROOT / "webhook" / "paths.cc").read_text())
        self.assertGreater(len(served), 4)
        for folder in INSTALLATIONS:
            with self.subTest(folder):
                self.assertEqual(sorted(w["clientConfig"]["service"]["path"] for _, w in webhooks(rendered(folder))),
                                 sorted(served))

    def test_they_have_the_required_settings(self):
        for folder in INSTALLATIONS:
            namespace = deployment(folder)["metadata"]["namespace"]
            for kind, webhook in webhooks(rendered(folder)):
                with self.subTest(folder, webhook=webhook["name"]):
                    pods = webhook["rules"][0]["resources"] == ["pods"]
                    self.assertEqual(webhook["failurePolicy"], "Fail")
                    self.assertEqual(webhook["matchPolicy"], "Equivalent")
                    self.assertEqual(webhook["sideEffects"], "None")
                    self.assertEqual(webhook["admissionReviewVersions"], ["v1", "v1beta1"])
                    self.assertEqual(webhook["timeoutSeconds"], 10 if pods else 5)
                    self.assertEqual([c["expression"] for c in webhook["matchConditions"]],
                                     ["!has(object.metadata.deletionTimestamp)"])
                    self.assertEqual(webhook.get("reinvocationPolicy"), "IfNeeded" if pods else None)
                    self.assertEqual("objectSelector" in webhook, pods)
                    # The webhook writes it; an apply must not remove it.
                    self.assertNotIn("caBundle", webhook["clientConfig"])
                    service = webhook["clientConfig"]["service"]
                    self.assertEqual((service["name"], service["namespace"]), ("modelgate-webhook", namespace))
                    if webhook["rules"][0]["scope"] == "Namespaced":
                        left_out = [v for e in webhook["namespaceSelector"]["matchExpressions"] for v in e["values"]
                                    if e["operator"] == "NotIn"]
                        self.assertLessEqual({namespace, "kube-system"}, set(left_out))

    def test_writes_in_excluded_namespaces_get_a_warning(self):
        for folder in INSTALLATIONS:
            with self.subTest(folder):
                pods = next(w for _, w in webhooks(rendered(folder)) if w["rules"][0]["resources"] == ["pods"])
                left_out = [v for e in pods["namespaceSelector"]["matchExpressions"] for v in e["values"]
                            if e["operator"] == "NotIn"]
                bindings = [o for o in rendered(folder) if o["kind"] == "ValidatingAdmissionPolicyBinding"]
                if folder == WITHOUT_RECONCILER:  # there KServe handles the excluded namespaces
                    self.assertEqual(bindings, [])
                    continue
                self.assertEqual([b["spec"]["validationActions"] for b in bindings], [["Warn"]])
                selector = bindings[0]["spec"]["matchResources"]["namespaceSelector"]["matchExpressions"]
                self.assertEqual([(e["key"], e["operator"], set(e["values"])) for e in selector],
                                 [("kubernetes.io/metadata.name", "In", set(left_out))])

    def test_the_ports_are_those_of_the_container(self):
        for folder in INSTALLATIONS:
            services = [o for o in rendered(folder) if o["kind"] == "Service"]
            self.assertEqual(len(services), 1 + len(programs(folder)))
            for service in services:
                with self.subTest(folder, service=service["metadata"]["name"]):
                    self.assertIn("app.kubernetes.io/name", service["spec"]["selector"])
                    selected = [p["spec"]["template"] for p in programs(folder)
                                if selects(service["spec"]["selector"], p["spec"]["template"]["metadata"]["labels"])]
                    self.assertEqual(len(selected), 1)
                    ports = {p["name"] for p in selected[0]["spec"]["containers"][0]["ports"]}
                    self.assertLessEqual({p["targetPort"] for p in service["spec"]["ports"]}, ports)


class Pods(unittest.TestCase):
    def test_our_reconciler_does_not_run_next_to_kserves(self):
        """Two controllers of the same objects would revert each other's changes."""
        self.assertEqual(deployment("overlays/in-place-of-kserve", "modelgate-reconciler")["spec"]["replicas"], 0)
        self.assertFalse([o for o in rendered(WITHOUT_RECONCILER) if "modelgate-reconciler" in o["metadata"]["name"]])

    def test_an_upgrade_has_no_gap(self):
        for folder in INSTALLATIONS:
            with self.subTest(folder):
                spec = deployment(folder)["spec"]
                self.assertEqual(spec["replicas"], 1 if folder == "overlays/single-replica" else 2)
                self.assertEqual(spec["strategy"]["rollingUpdate"], {"maxUnavailable": 0, "maxSurge": 1})
                self.assertGreater(spec["minReadySeconds"], 0)
                pod = spec["template"]["spec"]
                seconds = {name: int(value) for name, value in re.findall(
                    r"--(shutdown-delay|drain-timeout)=(\d+)s", " ".join(pod["containers"][0]["args"]))}
                self.assertGreaterEqual(seconds["drain-timeout"], 100)
                self.assertGreater(pod["terminationGracePeriodSeconds"], sum(seconds.values()))

    def test_every_selector_matches_these_pods(self):
        for folder in INSTALLATIONS:
            for program in programs(folder):
                labels, pod = program["spec"]["template"]["metadata"]["labels"], program["spec"]["template"]["spec"]
                mine = [o for o in rendered(folder) if o["kind"] in ("PodDisruptionBudget", "NetworkPolicy")
                        and of_program(o, program)]
                self.assertEqual(len(mine), 2)
                found = [program["spec"]["selector"]["matchLabels"]]
                found += [o["spec"].get("selector", o["spec"].get("podSelector"))["matchLabels"] for o in mine]
                found += [c["labelSelector"]["matchLabels"] for c in pod.get("topologySpreadConstraints", [])]
                found += [t["podAffinityTerm"]["labelSelector"]["matchLabels"] for t in
                          pod["affinity"]["podAntiAffinity"]["preferredDuringSchedulingIgnoredDuringExecution"]]
                for selector in found:
                    with self.subTest(folder, program=program["metadata"]["name"], selector=selector):
                        self.assertTrue(selects(selector, labels))

    def test_the_programs_know_their_flags(self):
        for folder in INSTALLATIONS:
            for program in programs(folder):
                known = flags(program["metadata"]["name"])
                for argument in program["spec"]["template"]["spec"]["containers"][0]["args"]:
                    with self.subTest(folder, argument=argument):
                        self.assertIn(argument.partition("=")[0], known)

    def test_names_are_the_defaults_of_the_programs(self):
        """Roles have the names that the programs use without flags."""
        defaults = flags()
        objects = rendered("")
        names = {name for o in objects if o["kind"] in ("Role", "ClusterRole") for r in o["rules"]
                 for name in r.get("resourceNames", [])}
        source = "\n".join(path.read_text() for folder in ("reconciler", "workload") for path in (ROOT / folder).rglob("*.h"))
        fixed = set(re.findall(r'constexpr std::string_view k(?:BuiltinRuntimesConfigMap|CaBundleCopy) = "([^"]+)"', source))
        self.assertEqual(len(fixed), 2)
        self.assertEqual(names, {defaults["--registration"], defaults["--ca-secret"], defaults["--lease"],
                                 flags("modelgate-reconciler")["--lease"], configuration("")["metadata"]["name"], *fixed})
        one(objects, "Service", defaults["--service-name"])
        one(objects, "MutatingWebhookConfiguration", defaults["--registration"])
        one(objects, "ValidatingWebhookConfiguration", defaults["--registration"])


class Version(unittest.TestCase):
    def test_it_is_one(self):
        version = "v" + re.search(r"(?m)^project\(modelgate VERSION ([\d.]+)", (ROOT / "CMakeLists.txt").read_text())[1]
        chart = yaml.safe_load((DEPLOY / "chart" / "Chart.yaml").read_text())
        self.assertEqual({version}, {chart["appVersion"], "v" + chart["version"]})
        for folder in INSTALLATIONS:
            for program in programs(folder):
                self.assertEqual(program["spec"]["template"]["spec"]["containers"][0]["image"],
                                 f"modelgate/modelgate:{version}")


class Overlays(unittest.TestCase):
    def test_no_object_twice(self):
        for folder in INSTALLATIONS:
            with self.subTest(folder):
                self.assertEqual(len({identity(o) for o in rendered(folder)}), len(rendered(folder)))

    def test_no_object_is_of_a_kind_that_is_installed_with_it(self):
        for folder in INSTALLATIONS:
            with self.subTest(folder):
                brought = {o["spec"]["names"]["kind"] for o in rendered(folder) if o["kind"] == "CustomResourceDefinition"}
                self.assertEqual(brought & {o["kind"] for o in rendered(folder)}, set())

    def test_beside_kserve_no_object_is_kserves(self):
        for folder in WITH_KSERVE:
            for o in rendered(folder):
                with self.subTest(folder, object=identity(o)):
                    self.assertNotEqual(o["kind"], "CustomResourceDefinition")
                    self.assertNotEqual((o["kind"], o["metadata"]["name"]), ("Namespace", "kserve"))
                    self.assertNotEqual(o["metadata"].get("namespace"), "kserve")
                    self.assertNotIn(o["metadata"]["name"], KSERVES_REGISTRATIONS)
                    for subject in o.get("subjects", []):
                        self.assertEqual(subject["namespace"], "modelgate")
                    # Our cluster-scoped names have our prefix.
                    if "namespace" not in o["metadata"]:
                        self.assertRegex(o["metadata"]["name"], r"^modelgate(-|$)")

    def test_beside_kserve_no_service_selects_a_pod_of_the_other(self):
        for folder in WITH_KSERVE:
            for program in programs(folder):
                ours = program["spec"]["template"]["metadata"]["labels"]
                for name, selector in KSERVES_SERVICES.items():
                    with self.subTest(folder, service=name, program=program["metadata"]["name"]):
                        self.assertFalse(selects(selector, ours))
            for service in (o for o in rendered(folder) if o["kind"] == "Service"):
                for theirs in KSERVES_PODS:
                    with self.subTest(folder, service=service["metadata"]["name"], pod=theirs):
                        self.assertFalse(selects(service["spec"]["selector"], theirs))

    def test_alone_the_usual_label_selects_our_pods(self):
        """KServe's webhook Service would select them too, so next to KServe they have another label."""
        labels = deployment("")["spec"]["template"]["metadata"]["labels"]
        self.assertTrue(selects(KSERVES_SERVICES["kserve-webhook-server-service"], labels))

    def test_beside_kserve_the_settings_are_the_compatible_ones(self):
        for folder in WITH_KSERVE:
            data = configuration(folder)["data"]
            with self.subTest(folder):
                self.assertEqual(json.loads(data["modelgate"]), COMPATIBLE)
                self.assertEqual(json.loads(data["inferenceService"])["serviceAnnotationDisallowedList"],
                                 ["modelgate.io/defaults"])
                self.assertEqual(json.loads(data["deploy"]), {"defaultDeploymentMode": "Knative"})
                changed = {key for key, value in configuration("")["data"].items() if data[key] != value}
                self.assertEqual(changed, {"modelgate", "inferenceService", "deploy", "metricsAggregator"})
                self.assertEqual(set(data), set(configuration("")["data"]))

    def test_beside_kserve_only_labelled_namespaces_are_reviewed(self):
        for _, webhook in webhooks(rendered("overlays/beside-kserve")):
            if webhook["rules"][0]["scope"] == "Namespaced":
                self.assertIn({"key": "modelgate.io/admission", "operator": "In", "values": ["enabled"]},
                              webhook["namespaceSelector"]["matchExpressions"])

    def test_with_cert_manager_we_create_no_certificates(self):
        objects = rendered("overlays/cert-manager")
        self.assertEqual([o for o in objects if o["metadata"]["name"] == "modelgate-webhook-certificates"], [])
        rules = [r for o in objects if o["kind"] in ("Role", "ClusterRole")
                 and not o["metadata"]["name"].startswith("modelgate-reconciler") for r in o["rules"]]
        self.assertEqual([r for r in rules if set(r["resources"]) & {"secrets", "leases"} and r["verbs"] != ["get"]], [])
        certificate = one(objects, "Certificate", "modelgate-webhook")
        volumes = deployment("overlays/cert-manager")["spec"]["template"]["spec"]["volumes"]
        self.assertEqual([v["secret"]["secretName"] for v in volumes], [certificate["spec"]["secretName"]])
        self.assertIn("modelgate-webhook.kserve.svc", certificate["spec"]["dnsNames"])
        for kind in ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"):
            self.assertEqual(one(objects, kind, "modelgate")["metadata"]["annotations"]["cert-manager.io/inject-ca-from"],
                             "kserve/modelgate-webhook")
        # The rest is the same.
        self.assertEqual({identity(o) for o in rendered("")} - {identity(o) for o in objects},
                         {identity(o) for o in rendered("") if o["metadata"]["name"] == "modelgate-webhook-certificates"})


class TakingOver(unittest.TestCase):
    """overlays/in-place-of-kserve/configuration.py"""

    SCRIPT = DEPLOY / "overlays" / "in-place-of-kserve" / "configuration.py"

    def run_it(self, text):
        return subprocess.run([sys.executable, str(self.SCRIPT)], input=text, capture_output=True, text=True, timeout=30)

    def test_kserves_keys_stay_and_ours_are_set(self):
        theirs = {"deploy": '{"defaultDeploymentMode": "Serverless"}', "_example": "text",
                  "inferenceService": '{"serviceAnnotationDisallowedList": ["a"], "resource": {"cpuLimit": "2"}}'}
        done = self.run_it(json.dumps({"kind": "ConfigMap", "metadata": {"name": "x"}, "data": theirs}))
        self.assertEqual(done.returncode, 0, done.stderr)
        made = yaml.safe_load(done.stdout)
        self.assertTrue(named("ConfigMap", "inferenceservice-config")(made))
        self.assertEqual(made["metadata"]["namespace"], "modelgate")
        self.assertEqual(made["data"]["deploy"], theirs["deploy"])
        self.assertNotIn("_example", made["data"])
        self.assertEqual(json.loads(made["data"]["modelgate"]), COMPATIBLE)
        self.assertEqual(json.loads(made["data"]["inferenceService"]),
                         {"serviceAnnotationDisallowedList": ["a", "modelgate.io/defaults"], "resource": {"cpuLimit": "2"}})

    def test_its_patch_fits_the_overlay(self):
        theirs = {"data": {"deploy": '{"defaultDeploymentMode": "Standard"}',
                           "ingress": '{"ingressDomain": "b.example.com"}'}}
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "settings.yaml").write_text(self.run_it(json.dumps(theirs)).stdout)
            (Path(folder) / "kustomization.yaml").write_text(yaml.safe_dump({
                "resources": [os.path.relpath(self.SCRIPT.parent, os.path.realpath(folder))],
                "patches": [{"path": "settings.yaml"}]}))
            data = configuration(folder)["data"]
        self.assertEqual({key: data[key] for key in theirs["data"]}, theirs["data"])
        self.assertEqual(json.loads(data["modelgate"]), COMPATIBLE)

    def test_input_that_is_not_a_config_map_is_rejected(self):
        for text in ("", "[]", "{}", '{"data": {"inferenceService": "{"}}', '{"data": null}'):
            with self.subTest(text):
                self.assertEqual(self.run_it(text).returncode, 1)


def scraped(annotations, relabelings):
    """The target of a Pod as Prometheus relabels it: address and path, or None."""
    labels = {"__address__": "10.0.0.1:9", "__metrics_path__": "/metrics", "__meta_kubernetes_pod_ip": "10.0.0.1"}
    for name, value in annotations.items():
        labels["__meta_kubernetes_pod_annotation_" + re.sub(r"\W", "_", name)] = value
    for rule in relabelings:
        found = re.fullmatch(rule["regex"], ";".join(labels.get(name, "") for name in rule.get("sourceLabels", [])))
        action = rule.get("action", "replace")
        if (action == "drop" and found) or (action == "keep" and not found):
            return None
        if action == "replace" and found:
            replacement = re.sub(r"\$(\d)", r"\\\1", rule.get("replacement", "$1"))
            labels[rule["targetLabel"]] = found.expand(replacement)
    return labels["__address__"] + labels["__metrics_path__"]


def metrics_of(expression):
    """The names of metrics in PromQL: what is left of an expression without labels, durations, numbers and functions."""
    text = re.sub(r"\{[^}]*\}|\[[^]]*\]", " ", expression)
    text = re.sub(r"\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)", " ", text)
    names = re.findall(r"(?<![\w:.])([a-zA-Z_:][\w:]*)(?!\s*\()(?![\w:])", text)
    return [name for name in names if name not in ("and", "or", "unless", "bool", "offset")]


class Monitoring(unittest.TestCase):
    METRIC = re.compile(r"\b((?:modelgate|controller_runtime|certwatcher|"
                        r"process|rest_client|leader_election|workqueue)_[a-z_]+)\b")

    @staticmethod
    def measured():
        folders = ("webhook", "reconciler", "http", "process", "kube")
        source = "\n".join(path.read_text() for folder in folders for path in (ROOT / folder).rglob("*.cc"))
        return set(re.findall(r'"([a-z]+(?:_[a-z]+)+)"', source))

    def drawn(self):
        """Where -> PromQL, of alerts and dashboard."""
        rules = one(rendered("monitoring"), "PrometheusRule", "modelgate")
        for group in rules["spec"]["groups"]:
            for rule in group["rules"]:
                yield rule["alert"], rule["expr"]
        for panel in json.loads((DEPLOY / "monitoring" / "dashboard.json").read_text())["panels"]:
            for target in panel.get("targets", []):
                yield panel["title"], target["expr"]

    def test_dashboard_and_alerts_use_existing_metrics(self):
        measured, found = self.measured(), 0
        for where, expression in self.drawn():
            with self.subTest(where):
                for name in self.METRIC.findall(expression):
                    found += 1
                    self.assertIn(re.sub("_bucket$", "", name), measured)
                self.assertEqual(expression.count("("), expression.count(")"))
                self.assertEqual(expression.count('"') % 2, 0)
        self.assertGreater(found, 40)

    def test_each_metric_of_another_program_is_documented(self):
        listed = yaml.safe_load((DEPLOY / "monitoring" / "model-metrics.yaml").read_text())
        documented = {name: kind for server in listed.values() for name, kind in server["metrics"].items()}
        self.assertEqual(len(documented), sum(len(server["metrics"]) for server in listed.values()), "listed twice")
        for name, server in listed.items():
            with self.subTest(name):
                self.assertTrue(server["documentation"].startswith("https://"))
                self.assertLessEqual(set(server["metrics"].values()), {"counter", "gauge", "histogram"})
        measured, used = self.measured(), set()
        for where, expression in self.drawn():
            for name in metrics_of(expression):
                with self.subTest(where, metric=name):
                    family = re.sub("_(bucket|sum|count)$", "", name)
                    if name not in measured and family not in measured:
                        used.add(family if documented.get(family) == "histogram" else name)
                        self.assertIn(family if documented.get(family) == "histogram" else name, documented)
        self.assertEqual(used, set(documented))

    def test_rates_are_of_counters(self):
        listed = yaml.safe_load((DEPLOY / "monitoring" / "model-metrics.yaml").read_text())
        gauges = {name for server in listed.values() for name, kind in server["metrics"].items() if kind == "gauge"}
        for where, expression in self.drawn():
            with self.subTest(where):
                self.assertEqual(set(re.findall(r"(?:rate|increase)\(([\w:]+)", expression)) & gauges, set())

    def test_the_dashboard_shows_the_servers_of_all_models(self):
        panels = {title: expression for title, expression in self.drawn()}
        for title in ("Requests", "Errors", "CPU", "GPU", "Load time"):
            self.assertIn(title, panels)
        self.assertTrue(any(title.startswith("Latency, 99th percentile") for title in panels))

    def test_model_servers_are_scraped_in_our_installation_only(self):
        for variant, expected in (("", "true"), ("overlays/in-place-of-kserve", "false"), ("overlays/beside-kserve", "false")):
            with self.subTest(variant):
                data = one(rendered(variant), "ConfigMap", "inferenceservice-config")["data"]
                self.assertEqual(json.loads(data["metricsAggregator"])["enablePrometheusScraping"], expected)

    def test_the_pod_monitor_finds_the_metrics_of_a_pod(self):
        runtime = {"prometheus.kserve.io/port": "8002", "prometheus.kserve.io/path": "/m"}
        own = {"prometheus.io/scrape": "true", "prometheus.io/port": "1", "prometheus.io/path": "/own"}
        off = {"serving.kserve.io/enable-prometheus-scraping": "false"}
        endpoint = one(rendered("monitoring"), "PodMonitor", "kserve-predictors")["spec"]["podMetricsEndpoints"][0]
        for annotations, expected in (
                ({}, None), (runtime, "10.0.0.1:8002/m"), (own, "10.0.0.1:1/own"), ({**runtime, **own}, "10.0.0.1:1/own"),
                ({**runtime, **off}, None), ({**runtime, **off, **own}, "10.0.0.1:1/own"),
                ({**runtime, "prometheus.io/scrape": "false"}, None),
                ({"prometheus.io/scrape": "true"}, "10.0.0.1:9/metrics")):
            with self.subTest(annotations):
                self.assertEqual(scraped(annotations, endpoint["relabelings"]), expected)

    def test_every_runtime_but_one_says_where_its_metrics_are(self):
        # TensorFlow Serving exports them only with a file that its image does not have.
        for path in (DEPLOY / "runtimes").glob("*.yaml"):
            with self.subTest(path.name):
                annotations = yaml.safe_load(path.read_text())["spec"].get("annotations", {})
                named = {"prometheus.kserve.io/port", "prometheus.kserve.io/path"} <= set(annotations)
                self.assertEqual(named, path.stem != "tensorflow-serving")

    def test_the_dashboard_uses_all_our_metrics(self):
        drawn = {name for _, expression in self.drawn() for name in self.METRIC.findall(expression)}
        own = {name for name in self.measured() if name.startswith("modelgate_")}
        # Counts that the dashboard shows in another way.
        self.assertEqual(own - drawn, {"modelgate_watch_connected", "modelgate_watch_starts_total",
                                       "modelgate_catalog_reloads_total", "modelgate_client_connections_total",
                                       "modelgate_webhook_not_found_total"})

    def test_every_alert_has_a_remedy(self):
        rules = one(rendered("monitoring"), "PrometheusRule", "modelgate")
        for rule in (r for g in rules["spec"]["groups"] for r in g["rules"]):
            with self.subTest(rule["alert"]):
                self.assertIn(rule["labels"]["severity"], ("critical", "warning", "info"))
                self.assertEqual(set(rule["annotations"]), {"summary", "description"})

    def test_the_dashboard_is_current(self):
        done = subprocess.run([sys.executable, str(DEPLOY / "monitoring" / "dashboard.py"), "--check"],
                              capture_output=True, text=True, timeout=30)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_the_service_monitor_finds_our_service(self):
        monitor = one(rendered("monitoring"), "ServiceMonitor", "kserve-metrics")
        found = [o for o in rendered("") if o["kind"] == "Service"
                 and selects(monitor["spec"]["selector"]["matchLabels"], o["metadata"]["labels"])]
        self.assertEqual(monitor["spec"]["selector"]["matchLabels"], {"app": "kserve"})
        self.assertEqual(len(found), 2)
        for service in found:
            self.assertEqual([p["name"] for p in service["spec"]["ports"]],
                             [e["port"] for e in monitor["spec"]["endpoints"]])


if __name__ == "__main__":
    unittest.main()
