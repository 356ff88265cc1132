# SPDX-License-Identifier: Apache-2.0
"""The files of a release: complete, described by their checksums and SBOM, and the same each time."""
import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
import unittest
from pathlib import Path

import rendered
from test_chart import helm

RELEASE = rendered.DEPLOY / "release.py"
SECONDS = 300
PROGRAMS = {"modelgate", "modelgate-webhook", "modelgate-reconciler"}


class Release(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = Path(tempfile.mkdtemp(prefix="modelgate-release-"))
        cls.addClassCleanup(shutil.rmtree, cls.directory, ignore_errors=True)
        cls.made = cls.make("one")

    @classmethod
    def make(cls, name):
        """Name -> content of the files of a release."""
        out = cls.directory / name
        done = subprocess.run([sys.executable, str(RELEASE), "--build", str(rendered.BINARIES.parent), "--out", str(out)],
                              capture_output=True, text=True, timeout=SECONDS, check=False)
        if done.returncode != 0:
            raise AssertionError(done.stderr)
        return {path.name: path.read_bytes() for path in out.iterdir()}

    def only(self, pattern):
        found = sorted((self.directory / "one").glob(pattern))
        self.assertEqual(len(found), 1, found)
        return found[0]

    def test_is_the_same_when_made_again(self):
        self.assertEqual(self.make("two"), self.made)

    def test_the_sums_are_of_all_other_files(self):
        lines = self.made["SHA256SUMS"].decode().splitlines()
        sums = {name: digest for digest, name in (line.split("  ") for line in lines)}
        self.assertEqual(sums, {name: hashlib.sha256(data).hexdigest() for name, data in self.made.items()
                                if name != "SHA256SUMS"})

    def test_the_programs_are_in_the_archive_and_stripped(self):
        with tarfile.open(self.only("modelgate-*-linux-*.tar.gz")) as tar:
            members = {Path(member.name).name: member for member in tar.getmembers() if member.isfile()}
            self.assertLessEqual(PROGRAMS | {"LICENSE", "CHANGELOG.md"}, set(members))
            for name in PROGRAMS:
                self.assertEqual(members[name].mode, 0o755, name)
                self.assertLess(members[name].size, (rendered.BINARIES / name).stat().st_size, name)
            self.assertEqual({member.mtime for member in tar.getmembers()}, {0})

    def test_the_image_is_an_oci_layout_with_every_blob(self):
        with tarfile.open(self.only("modelgate-image-*.tar")) as tar:
            files = {member.name: tar.extractfile(member).read() for member in tar.getmembers() if member.isfile()}
        self.assertEqual(json.loads(files["oci-layout"]), {"imageLayoutVersion": "1.0.0"})
        blobs = {name: data for name, data in files.items() if name.startswith("blobs/")}
        for name, data in blobs.items():
            self.assertEqual(name, "blobs/sha256/" + hashlib.sha256(data).hexdigest())
        manifest = json.loads(files["index.json"])["manifests"][0]
        self.assertIn("blobs/" + manifest["digest"].replace(":", "/"), blobs)

    def test_helm_renders_the_packaged_chart_like_the_folder(self):
        arguments = ("--namespace", "kserve", "--kube-version", "1.36.0")
        folder = helm("template", "modelgate", str(rendered.DEPLOY / "chart"), *arguments)
        package = helm("template", "modelgate", str(self.only("modelgate-*.tgz")), *arguments)
        self.assertEqual(package.returncode, 0, package.stderr)
        self.assertEqual(package.stdout, folder.stdout)

    def test_the_sbom_names_each_package_once_with_its_version(self):
        document = json.loads(self.only("*.spdx.json").read_bytes())
        self.assertEqual(document["spdxVersion"], "SPDX-2.3")
        packages = {package["name"]: package for package in document["packages"]}
        self.assertEqual(len(packages), len(document["packages"]))
        self.assertTrue(all(package["versionInfo"] for package in packages.values()))
        identifiers = {package["SPDXID"] for package in document["packages"]} | {"SPDXRef-DOCUMENT"}
        self.assertEqual(len(identifiers), len(packages) + 1)
        for relationship in document["relationships"]:
            self.assertLessEqual({relationship["spdxElementId"], relationship["relatedSpdxElement"]}, identifiers)

    def test_the_sbom_has_what_is_linked_and_what_is_compiled_in(self):
        document = json.loads(self.only("*.spdx.json").read_bytes())
        contained = {r["relatedSpdxElement"] for r in document["relationships"] if r["relationshipType"] == "CONTAINS"}
        compiled = {r["spdxElementId"] for r in document["relationships"] if r["relationshipType"] == "BUILD_DEPENDENCY_OF"}
        self.assertLessEqual({"SPDXRef-libc6", "SPDXRef-ca-certificates"}, contained)
        self.assertIn("SPDXRef-rapidjson-dev", compiled)
        self.assertTrue(any(name.startswith("SPDXRef-libboost") for name in compiled), compiled)
        self.assertFalse([name for name in contained | compiled if "gtest" in name or "benchmark" in name])
