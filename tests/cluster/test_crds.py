# SPDX-License-Identifier: Apache-2.0
"""Our CRDs: their Pod schema, sizes and types, and the API server's handling of them without the webhook."""
import json
import sys

import yaml

from world import CRDS, GROUP, ROOT, ClusterTest, inference_service, model

CRD_FOLDER = ROOT / "deploy" / "crds"
# The limit of the annotation of a client-side apply.
MAX_JSON_BYTES = 262144
CONSTRAINTS = ("pattern", "enum", "minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "format",
               "x-kubernetes-validations", "uniqueItems", "minProperties")


def crd(plural):
    return yaml.safe_load((CRD_FOLDER / f"{GROUP}_{plural}.yaml").read_text())


def schema(plural):
    return crd(plural)["spec"]["versions"][0]["schema"]["openAPIV3Schema"]


def walk(node, path=""):
    """All schemas in a schema, with their paths."""
    yield path, node
    for name, child in node.get("properties", {}).items():
        yield from walk(child, f"{path}.{name}")
    for key in ("items", "additionalProperties"):
        if isinstance(node.get(key), dict):
            yield from walk(node[key], f"{path}[{key}]")


class Composition(ClusterTest):
    """tests/deploy tests that the CRDs are current."""

    def test_pod_schema_is_the_api_servers(self):
        sys.path.insert(0, str(CRD_FOLDER))
        import compose
        openapi = json.loads(self.plane.kubectl("get", "--raw", "/openapi/v3/api/v1").stdout)
        self.assertEqual(compose.reduced(openapi), json.loads(compose.POD.read_text()))

    def test_sizes(self):
        for path in sorted(CRD_FOLDER.glob(f"{GROUP}_*.yaml")):
            with self.subTest(path.name):
                self.assertLess(len(json.dumps(yaml.safe_load(path.read_text()), separators=(",", ":"))), MAX_JSON_BYTES)

    def test_types_only(self):
        for plural in ("inferenceservices", "servingruntimes", "clusterservingruntimes", "clusterstoragecontainers"):
            for path, node in walk(schema(plural)):
                found = [key for key in CONSTRAINTS if key in node]
                bounded = "maxProperties" in node and path != ".spec.canary"
                if found or bounded:
                    self.fail(f"{plural}{path} is more than a type: {node}")

    def test_keyed_lists_have_their_keys(self):
        keyed = {path: node for path, node in walk(schema("inferenceservices")) if "x-kubernetes-list-map-keys" in node}
        for path, keys in {".spec.predictor.containers": ["name"], ".spec.predictor.volumes": ["name"],
                           ".spec.predictor.model.env": ["name"],
                           ".spec.predictor.model.ports": ["containerPort", "protocol"],
                           ".spec.transformer.containers[items].env": ["name"]}.items():
            self.assertEqual(keyed[path]["x-kubernetes-list-map-keys"], keys, path)


class BesideKserve(ClusterTest):
    needs_kserve = True

    def test_columns_are_those_of_kserve_and_the_phase(self):
        for item in json.loads(CRDS["kserve"].read_text())["items"]:
            plural = item["spec"]["names"]["plural"]
            if (CRD_FOLDER / f"{GROUP}_{plural}.yaml").exists():
                ours, theirs = crd(plural)["spec"], item["spec"]
                columns = [c for c in ours["versions"][0].get("additionalPrinterColumns", []) if c["name"] != "Phase"]
                self.assertEqual(columns, theirs["versions"][0].get("additionalPrinterColumns", []), plural)
                self.assertEqual(ours["names"], {k: v for k, v in theirs["names"].items() if k != "categories"})


class Schema(ClusterTest):
    """Errors of the API server before the webhook is called."""

    def test_apply_again(self):
        for _ in range(2):
            done = self.plane.kubectl("apply", "--server-side", "-k", CRD_FOLDER)
            self.assertEqual(done.stdout.count("serverside-applied"), 4, done.stdout)

    def test_unknown_field_in_a_closed_part(self):
        cases = {
            "spec.predictor.model.storageUrl": inference_service("a", {"model": model(storageUrl="s3://a/b")}),
            "spec.predictor.model.env[0].valeu": inference_service(
                "a", {"model": model(env=[{"name": "A", "valeu": "b"}])}),
            "spec.predictor.containers[0].imgae": inference_service(
                "a", {"containers": [{"name": "kserve-container", "imgae": "a"}]}),
            "spec.transformer.containers[0].ports[0].containrPort": inference_service(
                "a", transformer={"containers": [{"name": "kserve-container", "image": "a",
                                                  "ports": [{"containerPort": 1, "containrPort": 2}]}]}),
        }
        for path, manifest in cases.items():
            with self.subTest(path):
                self.assertIn(f'unknown field "{path}"', self.denied("apply", "-f", "-", stdin=manifest))

    def test_wrong_type(self):
        manifest = inference_service("a", {"minReplicas": "two", "model": model()})
        self.assertIn("spec.predictor.minReplicas", self.denied("create", "-f", "-", stdin=manifest))

    def test_quantities_are_numbers_or_strings(self):
        for number, value in enumerate([1, "1", "500m"]):
            manifest = inference_service(f"a{number}", {"model": model(
                resources={"requests": {"cpu": value}, "limits": {"cpu": 2}})})
            self.kubectl("create", "--dry-run=server", "-f", "-", stdin=manifest)

    def test_status_is_a_subresource_that_keeps_unknown_fields(self):
        self.kubectl("create", "-f", "-", stdin=inference_service("a"))
        self.kubectl("patch", "inferenceservice", "a", "--type=merge", "--subresource=status", "-p",
                     json.dumps({"status": {"phase": "Ready", "later": {"field": 1}, "url": "http://a.example.com"}}))
        self.assertEqual(self.service("a")["status"], {"phase": "Ready", "later": {"field": 1},
                                                       "url": "http://a.example.com"})
        table = self.kubectl("get", "isvc", "a").stdout.splitlines()
        self.assertEqual(table[0].split(), ["NAME", "URL", "READY", "PREV", "LATEST", "PREVROLLEDOUTREVISION",
                                            "LATESTREADYREVISION", "PHASE", "AGE"])
        self.assertIn("http://a.example.com", table[1])

    def test_explain(self):
        for kind, plural in (("inferenceservice", "inferenceservices"), ("servingruntime", "servingruntimes")):
            for path in ("spec.predictor.minReplicas", "spec.predictor.model.storageUri", "status.phase") \
                    if kind == "inferenceservice" else ("spec.supportedModelFormats.autoSelect",):
                with self.subTest(path):
                    node = schema(plural)
                    for name in path.split("."):
                        node = node["properties"][name]
                        node = node.get("items", node) if "properties" in node.get("items", {}) else node
                    words = " ".join(self.kubectl("explain", f"{kind}.{path}").stdout.split())
                    self.assertIn(" ".join(node["description"].split()), words)

    def test_two_managers_share_a_keyed_list(self):
        for manager, name in (("one", "A"), ("two", "B")):
            self.kubectl("apply", "--server-side", "--field-manager", manager, "-f", "-",
                         stdin=inference_service("a", {"model": model(env=[{"name": name, "value": "1"}])}))
        env = self.service("a")["spec"]["predictor"]["model"]["env"]
        self.assertEqual([entry["name"] for entry in env], ["A", "B"])

    def test_duplicate_in_a_keyed_list_is_reported_with_its_index(self):
        manifest = inference_service("a", {"model": model(env=[{"name": "A"}, {"name": "A"}])})
        self.assertIn("spec.predictor.model.env[1]", self.denied("create", "-f", "-", stdin=manifest))
