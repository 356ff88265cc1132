#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares our CRDs with the fields of KServe's API, as the models of its Python SDK have them.

  tests/conformance/fields.py                  with fields.json, the recorded list; needs no network
  tests/conformance/fields.py --sdk 0.21.0     with the `kserve` package of that version, which pip downloads
  tests/conformance/fields.py --record --sdk 0.20.0 --sdk 0.21.0

Prints each field that our CRDs would reject or drop, each that is not in the recorded list, and whether docs/fields.md is
current. Exit code 1 if there is any.

--record writes fields.json and docs/fields.md from several releases, the newest last: a field's release is the first that has
it. `--sdk VERSION=FOLDER` reads the models in a folder instead. A field that is new in the list is one that we support since
the version in CMakeLists.txt. Record only what the CRDs and spec/schema_serving.cc have: spec_test compares the latter.
"""
import argparse
import ast
import json
import re
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import yaml

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
RECORDED = HERE / "fields.json"
PAGE = ROOT / "docs" / "fields.md"
CRDS = ROOT / "deploy" / "crds"
GROUP = "serving.kserve.io"
OPEN = "x-kubernetes-preserve-unknown-fields"
# Kind and its type in the SDK.
KINDS = {"InferenceService": "V1beta1InferenceService", "ServingRuntime": "V1alpha1ServingRuntime",
         "ClusterServingRuntime": "V1alpha1ClusterServingRuntime",
         "ClusterStorageContainer": "V1alpha1ClusterStorageContainer"}
# Every object's.
COMMON = {"apiVersion", "kind", "metadata"}
# Types that are a string in JSON; their fields are Go's.
TEXTS = {"KnativeURL", "KnativeVolatileTime"}
# KServe's Go types and its SDK have it, its CRDs do not: the API server drops it there too. No Pod template can have it.
ABSENT_IN_CRDS = {"ephemeralContainers"}


# ---- the SDK

def sdk(argument, folder):
    """(version, types) of VERSION or VERSION=FOLDER."""
    version, _, models = argument.partition("=")
    return version, types_in(Path(models) if models else downloaded(version, folder))


def downloaded(version, folder):
    subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:", "--dest", str(folder),
                    f"kserve=={version}"], check=True)
    wheel = next(Path(folder).glob(f"kserve-{version}-*.whl"))
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(Path(folder) / version)
    return Path(folder) / version / "kserve" / "models"


def types_in(models):
    """Type -> {field: type}, read without running the SDK."""
    types = {}
    for path in sorted(models.glob("*.py")):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef):
                types[node.name] = fields_of(node)
    if not types:
        sys.exit(f"no models in {models}")
    return types


def fields_of(node):
    tables = {target.id: ast.literal_eval(statement.value) for statement in node.body if isinstance(statement, ast.Assign)
              for target in statement.targets if target.id in ("openapi_types", "attribute_map")}
    names = tables.get("attribute_map", {}) if node.name not in TEXTS else {}
    return {field: tables["openapi_types"][attribute] for attribute, field in names.items() if field not in ABSENT_IN_CRDS}


def element(text):
    """The type of the elements of a list or map, or the type itself."""
    found = re.fullmatch(r"(?:list\[|dict\(str, )(.+)[\])]", text)
    return element(found.group(1)) if found else text


def reachable(types):
    """The types of KServe's own kinds, in the order in which they are found."""
    found, todo = {}, list(KINDS.values())
    while todo:
        name = todo.pop(0)
        if name in types and name not in found:
            found[name] = types[name]
            todo += [element(text) for text in types[name].values()]
    return found


def paths(types):
    """(path, type, field) of each field of each kind."""
    todo = [((kind,), name) for kind, name in KINDS.items()]
    while todo:
        at, name = todo.pop()
        for field, text in types.get(name, {}).items():
            yield (*at, field), name, field
            todo.append(((*at, field), element(text)))


# ---- the recorded list

def recorded():
    return json.loads(RECORDED.read_text())


def own_version():
    return re.search(r"project\(modelgate VERSION ([0-9.]+)", (ROOT / "CMakeLists.txt").read_text()).group(1)


def list_of(sdks, before):
    """The list: for each type and field of the newest release its type, KServe's first release and ours."""
    first = {}
    for version, types in sdks:
        for path, _, _ in paths(types):
            first.setdefault(path, version)
    version, newest = sdks[-1]
    since = {}
    for path, name, field in paths(newest):
        key, release = (name, field), first[path]
        since[key] = min(since.get(key, release), release, key=number)
    types = {name: {field: {"type": text, "kserve": since[name, field], "modelgate": ours(before, name, field)}
                    for field, text in sorted(fields.items())} for name, fields in reachable(newest).items()}
    return {"release": version, "oldest": sdks[0][0], "types": types}


def text_of(listed):
    """One line for each field."""
    text = json.dumps(listed, indent=1)
    return re.sub(r"\{\n\s+(\"type\".*),\n\s+(.*),\n\s+(.*)\n\s+\}", r"{\1, \2, \3}", text) + "\n"


def number(version):
    return [int(part) for part in version.split(".")]


def ours(before, name, field):
    return before.get("types", {}).get(name, {}).get(field, {}).get("modelgate") or own_version()


def plain(types):
    """The list without releases, in the form of the SDK's types."""
    return {name: {field: row["type"] for field, row in fields.items()} for name, fields in types.items()}


# ---- comparisons

def rejected(types):
    """Fields that our CRDs reject or drop."""
    for kind, name in KINDS.items():
        crd = yaml.safe_load((CRDS / f"{GROUP}_{kind.lower()}s.yaml").read_text())
        for version in crd["spec"]["versions"]:
            yield from lost(types, name, version["schema"]["openAPIV3Schema"], kind)


def lost(types, name, schema, at):
    if "items" in schema or isinstance(schema.get("additionalProperties"), dict):
        yield from lost(types, name, schema.get("items") or schema["additionalProperties"], at)
        return
    for field, text in types.get(name, {}).items():
        child = schema.get("properties", {}).get(field)
        if child is not None:
            yield from lost(types, element(text), child, f"{at}.{field}")
        elif not schema.get(OPEN):
            yield f"{at}.{field}"


def unrecorded(types):
    """Fields that the recorded list lacks, or has with another type."""
    known = plain(recorded()["types"])
    for name, fields in reachable(types).items():
        for field, text in fields.items():
            if known.get(name, {}).get(field) != text:
                yield f"{name}.{field} ({text})"


# ---- docs/fields.md

INTRO = """# Fields of KServe's API

Every field of KServe v{release}, with the first KServe release that has it, and the first release of Modelgate that supports it.
"{oldest}" means {oldest} or earlier. No field is rejected. (KServe's SDK also has `ephemeralContainers`, its CRDs do not: no Pod
template can have it.)

This page is generated from `tests/conformance/fields.json` by `tests/conformance/fields.py`; its header describes how to compare
with a new release of KServe. The kinds are {kinds}.

A field of a Pod or container has the meaning that Kubernetes gives it. [Fields of a Pod](#fields-of-a-pod) lists those of a
component; they are left out of the other tables, and so are the fields of a container.
"""
TABLE = "| field | KServe | Modelgate |\n|---|---|---|\n"


def page(listed):
    types = listed["types"]
    core = json.loads((CRDS / "pod-openapi.json").read_text())
    of_container = set(core["io.k8s.api.core.v1.Container"]["fields"])
    of_pod = set(core["io.k8s.api.core.v1.PodSpec"]["fields"])
    kinds = ", ".join(KINDS)
    out = [INTRO.format(release=minor(listed["release"]), oldest=minor(listed["oldest"]), kinds=kinds), "\n"]
    for name, fields in sorted(types.items(), key=lambda item: heading(item[0])):
        left_out = COMMON if name in KINDS.values() else set()
        if "containers" in fields and not name.startswith("V1alpha1"):
            left_out = of_pod
        elif "image" in fields:
            left_out = of_container
        rows = {field: row for field, row in fields.items() if field not in left_out}
        if rows:
            out.append(table(heading(name), rows))
    component = types["V1beta1PredictorSpec"]
    out.append(table("Fields of a Pod", {field: row for field, row in component.items() if field in of_pod}))
    return "".join(out).rstrip("\n") + "\n"


def minor(version):
    return ".".join(version.split(".")[:2])


def heading(name):
    return re.sub(r"^V1(alpha1|beta1)", "", name)


def table(title, rows):
    lines = [f"| `{field}` | {minor(row['kserve'])} | {minor(row['modelgate'])} |\n" for field, row in sorted(rows.items())]
    return f"## {title}\n\n{TABLE}{''.join(lines)}\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sdk", action="append", default=[], metavar="VERSION[=FOLDER]", help="a release of the package `kserve`")
    parser.add_argument("--record", action="store_true", help="write fields.json and docs/fields.md")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        sdks = sorted((sdk(text, folder) for text in arguments.sdk), key=lambda item: number(item[0]))
    if arguments.record:
        before = recorded() if RECORDED.exists() else {}
        RECORDED.write_text(text_of(list_of(sdks, before)))
        PAGE.write_text(page(recorded()))
    types = sdks[-1][1] if sdks else plain(recorded()["types"])
    problems = [f"the CRDs do not have {path}" for path in rejected(types)]
    problems += [f"fields.json does not have {path}" for path in unrecorded(types)]
    if PAGE.read_text() != page(recorded()):
        problems.append("docs/fields.md is out of date; use --record")
    print("".join(f"{line}\n" for line in problems), end="")
    print(f"{len(problems)} differences from KServe {sdks[-1][0] if sdks else recorded()['release']}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
