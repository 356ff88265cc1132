# SPDX-License-Identifier: Apache-2.0
"""All manifests in deploy/examples: all but the broken one are stored, with both kinds of apply, and a repeated apply changes
nothing."""
import re

import yaml

from world import EXAMPLES, ClusterTest, warnings

BROKEN = "broken.yaml"
BROKEN_ERRORS = 5
# KServe's own CRD prunes or rejects these two spellings before any webhook is called (test_admission.OnKserveCrds).
OLD_CANARY = {"canary-old-spelling.yaml", "canary-percent-old-spelling.yaml"}
# A field of KServe v0.21; the CRDs under test are those of v0.20.
NEWER = {"tracing.yaml"}
LONGEST_WARNING = 256


class Cases:
    left_out = {BROKEN}

    def files(self):
        """kubectl's arguments for all files that are not left out: one call saves a minute."""
        return [part for path in EXAMPLES if path.name not in self.left_out for part in ("-f", path)]

    def names(self):
        documents = [d for path in EXAMPLES if path.name not in self.left_out
                     for d in yaml.safe_load_all(path.read_text())]
        return sorted(d["metadata"]["name"] for d in documents if d["kind"] == "InferenceService")

    def test_there_are_examples(self):
        self.assertGreater(len(EXAMPLES), 20)
        self.assertEqual(len(set(self.names())), len(self.names()), "two examples with one name")

    def test_dry_run_shows_the_defaults(self):
        shown = self.shown("apply", "--dry-run=server", *self.files())["items"]
        services = {s["metadata"]["name"]: s for s in shown if s["kind"] == "InferenceService"}
        self.assertEqual(sorted(services), self.names())
        for name, service in services.items():
            with self.subTest(name):
                self.assert_complete(service)

    def assert_complete(self, service):
        predictor = service["spec"]["predictor"]
        self.assertTrue(predictor.get("containers") or predictor["model"]["runtime"], predictor)

    def apply_again(self, *way):
        for _ in range(2):
            done = self.kubectl("apply", *way, *self.files(), timeout=180)
            for warning in warnings(done.stderr):
                self.assertLessEqual(len(warning.encode()), LONGEST_WARNING)
        stored = self.shown("get", "inferenceservices")["items"]
        self.assertEqual(sorted(s["metadata"]["name"] for s in stored), self.names())
        for service in stored:
            with self.subTest(service["metadata"]["name"]):
                self.assertEqual(service["metadata"]["generation"], 1, "applying it again changed the object")
                self.assert_complete(service)

    def test_applied_twice_client_side(self):
        self.apply_again()

    def test_applied_twice_server_side(self):
        self.apply_again("--server-side")


class OnOurCrds(Cases, ClusterTest):
    def test_the_broken_example_shows_all_its_errors_together(self):
        path = next(p for p in EXAMPLES if p.name == BROKEN)
        for way in ([], ["--server-side"]):
            with self.subTest(way=way):
                text = self.denied("apply", *way, "--dry-run=server", "-o", "yaml", "-f", path)
                lines = re.findall(r"(?m)^\* (\S+?):? ", text)
                self.assertEqual(len(lines), BROKEN_ERRORS, text)
                for field in ("modelFormat", "resources", "env", "volumeMounts", "storage"):
                    self.assertTrue([line for line in lines if field in line], f"no error about {field} in: {text}")


class OnKserveCrds(Cases, ClusterTest):
    crds = "kserve"
    left_out = {BROKEN} | OLD_CANARY | NEWER

    def test_the_broken_example_is_denied(self):
        path = next(p for p in EXAMPLES if p.name == BROKEN)
        self.assertIn("invalid", self.denied("apply", "--dry-run=server", "-f", path))
