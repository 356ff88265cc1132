# SPDX-License-Identifier: Apache-2.0
"""`modelgate review` refuses what a real API server with our CRDs and our webhook refuses, and nothing else."""
import subprocess
from pathlib import Path

import yaml

from world import ClusterTest

CASES = Path(__file__).resolve().parent.parent / "cli" / "offline" / "api_server_cases.yaml"


class Review(ClusterTest):
    def test_refuses_what_the_api_server_refuses(self):
        for case in yaml.safe_load_all(CASES.read_text()):
            with self.subTest(case["name"]):
                answer = self.plane.kubectl("create", "--dry-run=server", "-f", "-", stdin=case["text"], expect=None)
                self.assertEqual(answer.returncode != 0, case["refused"], f"API server: {answer.stderr}")
                mine = subprocess.run([self.binaries / "modelgate", "review", "-"], input=case["text"], text=True,
                                      capture_output=True, timeout=60)
                self.assertEqual(mine.returncode, 1 if case["refused"] else 0, f"review: {mine.stderr}")
