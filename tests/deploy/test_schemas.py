# SPDX-License-Identifier: Apache-2.0
"""The CRDs are the output of compose.py, and have all fields of KServe's."""
import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import yaml
from rendered import DEPLOY, ROOT

CRDS = DEPLOY / "crds"
GROUP = "serving.kserve.io"
KSERVES = ROOT.parent / "shared" / "conformance" / "crds.json"
FIELDS = ROOT / "tests" / "conformance" / "fields.py"
# Models of an SDK: the fields of three types, one of them new.
SDK = {"V1beta1InferenceService": {"spec": "V1beta1InferenceServiceSpec"},
       "V1beta1InferenceServiceSpec": {"tracing": "V1beta1TracingSpec"},
       "V1beta1TracingSpec": {"sampler": "str", "batchSize": "int"}}
SDK_CLASS = """class {name}(object):
    openapi_types = {types}
    attribute_map = {names}
"""
KEEPS = "x-kubernetes-preserve-unknown-fields"


def type_of(node):
    return "int-or-string" if node.get("x-kubernetes-int-or-string") else node.get("type")


def lost(theirs, ours, path=""):
    """Paths that the schema `theirs` accepts and `ours` rejects or prunes, and those of another type."""
    if ours.get(KEEPS) and type_of(ours) in (None, type_of(theirs)) and "properties" not in ours:
        return
    if type_of(theirs) != type_of(ours):
        yield f"{path} is {type_of(theirs)} there and {type_of(ours)} here"
        return
    if theirs.get(KEEPS) and not ours.get(KEEPS):
        yield f"{path} keeps unknown fields there"
    for name, child in theirs.get("properties", {}).items():
        here = ours.get("properties", {}).get(name) or ours.get("additionalProperties")
        if here:
            yield from lost(child, here, f"{path}.{name}")
        elif not ours.get(KEEPS) and path != ".metadata":
            yield f"{path}.{name}"
    for part in ("items", "additionalProperties"):
        if isinstance(theirs.get(part), dict):
            if isinstance(ours.get(part), dict):
                yield from lost(theirs[part], ours[part], path + "[]")
            elif not ours.get(KEEPS):
                yield path + "[]"


class Crds(unittest.TestCase):
    def test_committed_ones_are_current(self):
        done = subprocess.run([sys.executable, str(CRDS / "compose.py"), "--check"], capture_output=True, text=True,
                              timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_every_one_is_in_the_kustomization(self):
        listed = yaml.safe_load((CRDS / "kustomization.yaml").read_text())["resources"]
        self.assertEqual(sorted(listed), sorted(p.name for p in CRDS.glob(f"{GROUP}_*.yaml")))

    def test_every_field_of_ours_is_explained(self):
        sys.path.insert(0, str(CRDS))
        import compose
        types = yaml.safe_load((CRDS / "serving.yaml").read_text())["types"]
        texts = yaml.safe_load((CRDS / "explain.yaml").read_text())
        self.assertEqual(compose.unexplained(types, texts), [])
        for broken, alone in (({"A": {"fields": {"b": "string"}}}, {}), ({}, {"A": {"b": "text"}})):
            self.assertIn("A.b", compose.unexplained(broken, alone))

    @unittest.skipUnless(KSERVES.exists(), "KServe's own CRDs are not beside the repository")
    def test_no_field_of_kserve_is_lost(self):
        theirs = {item["metadata"]["name"]: item for item in json.loads(KSERVES.read_text())["items"]}
        for path in sorted(CRDS.glob(f"{GROUP}_*.yaml")):
            ours = yaml.safe_load(path.read_text())
            there = {v["name"]: v for v in theirs[ours["metadata"]["name"]]["spec"]["versions"]}
            for version in ours["spec"]["versions"]:
                with self.subTest(path.name, version=version["name"]):
                    schema = there.pop(version["name"])["schema"]["openAPIV3Schema"]
                    self.assertEqual(list(lost(schema, version["schema"]["openAPIV3Schema"])), [])
            self.assertEqual(there, {}, "a version that we do not serve")

    def test_every_field_of_the_recorded_api_is_accepted_and_documented(self):
        done = subprocess.run([sys.executable, str(FIELDS)], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("0 differences", done.stdout)

    def test_a_field_of_another_sdk_would_be_found(self):
        with tempfile.TemporaryDirectory() as folder:
            for name, fields in SDK.items():
                (Path(folder) / f"{name.lower()}.py").write_text(SDK_CLASS.format(
                    name=name, types=fields, names={field: field for field in fields}))
            done = subprocess.run([sys.executable, str(FIELDS), "--sdk", f"9.9.9={folder}"], capture_output=True, text=True,
                                  timeout=60)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertEqual(done.stdout.splitlines(), [
            "the CRDs do not have InferenceService.spec.tracing.batchSize",
            "fields.json does not have V1beta1TracingSpec.batchSize (int)",
            "2 differences from KServe 9.9.9"])

    def test_a_lost_field_would_be_found(self):
        closed = {"type": "object", "properties": {"a": {"type": "string"}}}
        cases = {
            ".b": ({"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "string"}}}, closed),
            ".a is integer there and string here": ({"type": "object", "properties": {"a": {"type": "integer"}}}, closed),
            ".a[].b": ({"type": "object", "properties": {"a": {"type": "array", "items": {
                "type": "object", "properties": {"b": {"type": "string"}}}}}},
                {"type": "object", "properties": {"a": {"type": "array", "items": {"type": "object"}}}}),
        }
        for expected, (theirs, ours) in cases.items():
            with self.subTest(expected):
                self.assertEqual(list(lost(theirs, ours)), [expected])
                self.assertEqual(list(lost(theirs, theirs)), [])
                self.assertEqual(list(lost(theirs, {"type": "object", KEEPS: True})), [])


if __name__ == "__main__":
    unittest.main()
