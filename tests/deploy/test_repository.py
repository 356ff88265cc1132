# SPDX-License-Identifier: Apache-2.0
"""The repository's own commands and files: make's targets, packages, white space, changelog."""
import os
import re
import subprocess
import tempfile
import unittest
from pathlib import Path

from rendered import ROOT

SECONDS = 120
RELEASES = ["debian-12", "debian-13", "ubuntu-24.04"]


def run(*arguments, **environment):
    return subprocess.run(list(map(str, arguments)), cwd=ROOT, env={**os.environ, **environment}, capture_output=True,
                          text=True, timeout=SECONDS, check=False)


class Commands(unittest.TestCase):
    def test_make_help_lists_every_target_in_one_column(self):
        makefile = (ROOT / "Makefile").read_text().replace("\\\n", " ")
        targets = set(re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)[1].split())
        lines = run("make", "--no-print-directory", "help").stdout.splitlines()
        self.assertEqual({line.split()[1] for line in lines}, targets)
        self.assertEqual({re.match(r"  make \S+ +", line).end() for line in lines}, {len("  make ") + 11})

    def test_every_script_explains_itself(self):
        for script in ("check-files", "fresh-machine"):
            with self.subTest(script):
                done = run(ROOT / ".ci" / script, "--help")
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertIn("exit code", done.stdout)

    @unittest.skipIf(os.geteuid() == 0, "root may")
    def test_a_fresh_machine_needs_root(self):
        done = run(ROOT / ".ci" / "fresh-machine", "trixie", "help")
        self.assertEqual(done.returncode, 2)
        self.assertIn("needs root", done.stderr)

    def test_an_unknown_suite_is_refused(self):
        done = run(ROOT / ".ci" / "fresh-machine", "potato", "help")
        self.assertEqual(done.returncode, 2)
        self.assertIn("trixie", done.stderr)


class Packages(unittest.TestCase):
    def test_an_unknown_system_gets_instructions(self):
        done = run("sh", ROOT / ".ci" / "install", MODELGATE_RELEASE="plan9-4")
        self.assertEqual(done.returncode, 1)
        for word in ("plan9-4", "MODELGATE_RELEASE=", "MODELGATE_NO_APT=1", *RELEASES):
            self.assertIn(word, done.stderr)

    def test_nothing_is_installed_where_that_is_asked_for(self):
        done = run("sh", ROOT / ".ci" / "install", MODELGATE_RELEASE="plan9-4", MODELGATE_NO_APT="1")
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_each_release_has_one_of_each_library(self):
        lines = [line.split("#")[0].split() for line in (ROOT / ".ci" / "packages").read_text().splitlines()]
        for release in RELEASES:
            names = [words[0] for words in lines if words and (len(words) == 1 or release in words[1:])]
            self.assertEqual(len(names), len(set(names)), release)
            for library in (r"libboost[\d.]+-dev", r"libstdc\+\+-\d+-dev", "clang-19", "cmake"):
                self.assertEqual(len([name for name in names if re.fullmatch(library, name)]), 1, (release, library))
        self.assertLessEqual({name for words in lines for name in words[1:]}, set(RELEASES))


class Files(unittest.TestCase):
    def test_tracked_files_are_clean(self):
        done = run(ROOT / ".ci" / "check-files")
        self.assertEqual((done.returncode, done.stdout), (0, ""), done.stderr)

    def test_faults_are_found(self):
        with tempfile.TemporaryDirectory() as folder:
            bad = Path(folder) / "bad.py"
            bad.write_text("x = 1 \n\ny = 2")
            done = run(ROOT / ".ci" / "check-files", bad)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stdout.splitlines(), [
            f"{bad}:1: no line \"SPDX-License-Identifier: Apache-2.0\"", f"{bad}:1: trailing white space",
            f"{bad}:3: no newline at the end"])

    def test_the_changelog_has_unreleased_first(self):
        sections = re.findall(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
        self.assertEqual(sections[0], "Unreleased")
