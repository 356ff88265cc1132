# SPDX-License-Identifier: Apache-2.0
"""The objects that kustomize renders from the folders in deploy/. For the tests here and tests/cluster/applied.py.

    rendered("overlays/beside-kserve")      all objects, rendered once
    one(objects, "Deployment", "modelgate-webhook")
"""
import functools
import os
import subprocess
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent.parent
DEPLOY = ROOT / "deploy"
# The folder of the programs; set by run.py.
BINARIES = ROOT / "build" / "bin"
# The folders that can be installed.
INSTALLATIONS = ["", "overlays/cert-manager", "overlays/single-replica", "overlays/beside-kserve",
                 "overlays/in-place-of-kserve"]
WITH_KSERVE = ["overlays/beside-kserve", "overlays/in-place-of-kserve"]
SECONDS = 60


@functools.cache
def kubectl():
    directory = os.environ.get("MODELGATE_CONTROL_PLANE") or subprocess.run(
        [str(ROOT / ".ci" / "control-plane")], check=True, text=True, stdout=subprocess.PIPE).stdout.strip()
    return str(Path(directory) / "bin" / "kubectl")


@functools.cache
def rendered(folder):
    done = subprocess.run([kubectl(), "kustomize", str(DEPLOY / folder)], capture_output=True, text=True, timeout=SECONDS)
    if done.returncode != 0 or done.stderr:
        raise AssertionError(f"kubectl kustomize {folder}: {done.stderr}")
    return [document for document in yaml.safe_load_all(done.stdout) if document]


def named(kind, name):
    return lambda o: o["kind"] == kind and o["metadata"]["name"] == name


def one(objects, kind, name):
    found = [o for o in objects if named(kind, name)(o)]
    if len(found) != 1:
        raise AssertionError(f"{len(found)} objects {kind} {name}")
    return found[0]


def identity(o):
    """The identity of an object in a cluster."""
    return o["apiVersion"].partition("/")[0], o["kind"], o["metadata"].get("namespace", ""), o["metadata"]["name"]


def webhooks(objects):
    """All registered webhooks, with the kinds of their configurations."""
    return [(o["kind"], w) for o in objects if o["kind"].endswith("WebhookConfiguration") for w in o["webhooks"]]
