# SPDX-License-Identifier: Apache-2.0
"""Every manifest under deploy/examples, as a user applies it: all but the broken one are stored, both ways of applying,
and applying them again changes nothing."""
import re

import yaml

from world import EXAMPLES, ClusterTest

BROKEN = "broken.yaml"
BROKEN_ERRORS = 5
# KServe's own CRD prunes or refuses these two spellings before any webhook sees them (test_admission.OnKserveCrds).
OLD_CANARY = {"canary-old-spelling.yaml", "canary-percent-old-spelling.yaml"}
LONGEST_WARNING = 256


def services(path):
    return [d["metadata"]["name"] for d in yaml.safe_load_all(path.read_text()) if d and d["kind"] == "InferenceService"]


class Cases:
    left_out = {BROKEN}

    def good(self):
        return [path for path in EXAMPLES if path.name not in self.left_out]

    def test_there_are_examples(self):
        self.assertGreater(len(EXAMPLES), 20)

    def test_dry_run(self):
        for path in self.good():
            with self.subTest(path.name):
                self.kubectl("apply", "--dry-run=server", "-o", "yaml", "-f", path)

    def apply_again(self, *way):
        for path in self.good():
            with self.subTest(path.name):
                for _ in range(2):
                    done = self.kubectl("apply", *way, "-f", path)
                    for line in done.stderr.splitlines():
                        self.assertLessEqual(len(line.encode()), LONGEST_WARNING + len("Warning: "))
                for name in services(path):
                    service = self.service(name)
                    self.assertEqual(service["metadata"]["generation"], 1, "applying it again changed the object")
                    predictor = service["spec"]["predictor"]
                    self.assertTrue(predictor.get("containers") or predictor["model"]["modelFormat"]["name"])

    def test_applied_twice_client_side(self):
        self.apply_again()

    def test_applied_twice_server_side(self):
        self.apply_again("--server-side")


class OnOurCrds(Cases, ClusterTest):
    def test_broken_one_shows_all_its_errors_at_once(self):
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
    left_out = {BROKEN} | OLD_CANARY

    def test_broken_one_is_denied(self):
        path = next(p for p in EXAMPLES if p.name == BROKEN)
        self.assertIn("invalid", self.denied("apply", "--dry-run=server", "-f", path))
