#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the CRDs in this folder from serving.yaml (our fields), explain.yaml (their descriptions) and
pod-openapi.json (the API server's own Pod schema).

    compose.py            writes serving.kserve.io_*.yaml
    compose.py --check    exit 1 if a committed CRD is out of date
    kubectl get --raw /openapi/v3/api/v1 | compose.py --refresh     updates the Pod schema, then writes

Run by hand after a change. tests/deploy checks that the CRDs are current, tests/cluster that pod-openapi.json is the Pod
schema of the API server under test.
"""
import argparse
import json
import sys
from pathlib import Path

import yaml

HERE = Path(__file__).resolve().parent
POD = HERE / "pod-openapi.json"
GROUP = "serving.kserve.io"
# kubectl's client-side apply stores the whole object in an annotation; this is the limit of annotations.
MAX_JSON_BYTES = 262144
SCALARS = {"string": {"type": "string"}, "integer": {"type": "integer"}, "boolean": {"type": "boolean"},
           "quantity": {"x-kubernetes-int-or-string": True},
           "any": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
# Types that a CRD does not expand.
CORE_SPECIAL = {
    "io.k8s.apimachinery.pkg.api.resource.Quantity": "quantity",
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString": "quantity",
    "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta": "any",
    "io.k8s.apimachinery.pkg.apis.meta.v1.Time": "string",
}
CORE = "io.k8s.api.core.v1."
MAP_TYPE = "x-kubernetes-map-type"
COPIED = ("x-kubernetes-list-type", "x-kubernetes-list-map-keys", MAP_TYPE)


# ---- the API server's Pod schema

def reduced(openapi):
    """The part of /openapi/v3/api/v1 for pod-openapi.json: all types that PodSpec uses, without descriptions and rules."""
    schemas, found, todo = openapi["components"]["schemas"], {}, [CORE + "PodSpec"]
    while todo:
        name = todo.pop()
        if name in found or name in CORE_SPECIAL:
            continue
        fields = {field: lean(schema) for field, schema in schemas[name].get("properties", {}).items()}
        found[name] = {"fields": fields, **{key: schemas[name][key] for key in [MAP_TYPE] if key in schemas[name]}}
        todo += [ref for field in fields.values() for ref in references(field)]
    return {name: found[name] for name in sorted(found)}


def lean(schema):
    """A field's schema: type, reference, list and map keys, and a default (only defaults of list keys are used)."""
    ref = schema.get("$ref") or next((part["$ref"] for part in schema.get("allOf", [])), None)
    if ref:
        return {"ref": ref.rsplit("/", 1)[1]}
    out = {key: schema[key] for key in ("type", *COPIED) if key in schema}
    if schema.get("default") not in (None, {}):
        out["default"] = schema["default"]
    for key in ("items", "additionalProperties"):
        if key in schema:
            out[key] = lean(schema[key])
    return out


def references(schema):
    here = [schema["ref"]] if "ref" in schema else []
    return here + [r for key in ("items", "additionalProperties") if key in schema for r in references(schema[key])]


# ---- composing

class Composer:
    def __init__(self, types, core, texts):
        self.types, self.core, self.texts = types, core, texts

    def named(self, name):
        """The schema of a type as serving.yaml writes it: string, core.Container, Condition[], string{} ..."""
        if name.endswith("[]"):
            return {"type": "array", "items": self.named(name[:-2]), "x-kubernetes-list-type": "atomic"}
        if name.endswith("{}"):
            return {"type": "object", "additionalProperties": self.named(name[:-2])}
        if name in SCALARS:
            return dict(SCALARS[name])
        if name.startswith("core."):
            _, kind, *field = name.split(".")
            return self.core_field(self.core[CORE + kind]["fields"][field[0]]) if field else self.core_object(CORE + kind)
        return self.object(name)

    def object(self, name):
        kind = self.types[name]
        schema = {"type": "object", "properties": {}}
        for part in kind.get("of", []):
            schema["properties"].update(self.named(part)["properties"])
        for field, text in kind.get("fields", {}).items():
            description = self.texts[name][field]
            schema["properties"][field] = {**self.field(text), **({"description": description} if description else {})}
        for field in kind.get("without", []):
            del schema["properties"][field]
        if "_" in self.texts.get(name, {}):
            schema["description"] = self.texts[name]["_"]
        if kind.get("open"):
            schema["x-kubernetes-preserve-unknown-fields"] = True
        return schema

    def field(self, text):
        if isinstance(text, str):
            return self.named(text)
        if "schema" in text:
            return text["schema"]
        return {**self.named(text["type"]), "default": text["default"]}

    def core_object(self, name, keys=()):
        """keys: the list keys when it is an item of a keyed list; these are required or have a default."""
        if name in CORE_SPECIAL:
            return dict(SCALARS[CORE_SPECIAL[name]])
        schema = {"type": "object", "properties": {}}
        if MAP_TYPE in self.core[name]:
            schema[MAP_TYPE] = self.core[name][MAP_TYPE]
        required = []
        for field, source in self.core[name]["fields"].items():
            schema["properties"][field] = self.core_field(source)
            if field not in keys:
                continue
            # OpenAPI has a Go zero value (0, "") as the default of a required field.
            if source.get("default"):
                schema["properties"][field]["default"] = source["default"]
            else:
                required.append(field)
        if required:
            schema["required"] = required
        return schema

    def core_field(self, source, keys=()):
        if "ref" in source:
            return self.core_object(source["ref"], keys)
        schema = {key: source[key] for key in ("type", *COPIED) if key in source}
        if "items" in source:
            schema["items"] = self.core_field(source["items"], source.get("x-kubernetes-list-map-keys", ()))
        if "additionalProperties" in source:
            schema["additionalProperties"] = self.core_field(source["additionalProperties"])
        return schema


def unexplained(types, texts):
    """Fields that are in only one of serving.yaml and explain.yaml, as Type.field."""
    fields = {f"{name}.{field}" for name, kind in types.items() for field in kind.get("fields", {})}
    texted = {f"{name}.{field}" for name, kind in texts.items() for field in kind if field != "_"}
    return sorted(fields ^ texted) + sorted(set(texts) - set(types))


def crd(entry, composer):
    kind = entry["kind"]
    plural = kind.lower() + "s"
    names = {"kind": kind, "listKind": kind + "List", "plural": plural, "singular": kind.lower()}
    if "shortNames" in entry:
        names["shortNames"] = entry["shortNames"]
    version = {"name": entry["version"], "served": True, "storage": True,
               "schema": {"openAPIV3Schema": composer.named(entry["object"])}}
    if entry.get("status"):
        version["subresources"] = {"status": {}}
    if "columns" in entry:
        version["additionalPrinterColumns"] = entry["columns"]
    return {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": {"name": f"{plural}.{GROUP}"},
            "spec": {"group": GROUP, "names": names, "scope": entry["scope"], "versions": [version]}}


class Dumper(yaml.SafeDumper):
    def ignore_aliases(self, _):
        return True


def composed():
    """File name -> text, for every CRD."""
    description = yaml.safe_load((HERE / "serving.yaml").read_text())
    texts = yaml.safe_load((HERE / "explain.yaml").read_text())
    alone = unexplained(description["types"], texts)
    if alone:
        sys.exit("only in one of serving.yaml and explain.yaml: " + ", ".join(alone))
    composer = Composer(description["types"], json.loads(POD.read_text()), texts)
    files = {}
    for entry in description["crds"]:
        composed_crd = crd(entry, composer)
        size = len(json.dumps(composed_crd, separators=(",", ":")))
        if size >= MAX_JSON_BYTES:
            sys.exit(f"{composed_crd['metadata']['name']} has {size} bytes of JSON; the limit is {MAX_JSON_BYTES}")
        text = yaml.dump(composed_crd, Dumper=Dumper, default_flow_style=None, width=120, sort_keys=True)
        files[f"{GROUP}_{composed_crd['spec']['names']['plural']}.yaml"] = (
            "# SPDX-License-Identifier: Apache-2.0\n# Generated by compose.py from serving.yaml and explain.yaml.\n" + text)
    return files


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare only")
    parser.add_argument("--refresh", action="store_true", help="read the API server's /openapi/v3/api/v1 from stdin first")
    arguments = parser.parse_args()
    if arguments.refresh:
        POD.write_text(json.dumps(reduced(json.load(sys.stdin)), indent=1) + "\n")
    stale = []
    for name, text in composed().items():
        path = HERE / name
        if path.exists() and path.read_text() == text:
            continue
        stale.append(name)
        if not arguments.check:
            path.write_text(text)
            print(f"wrote {name}")
    if arguments.check and stale:
        sys.exit("out of date; run compose.py: " + ", ".join(stale))


if __name__ == "__main__":
    main()
