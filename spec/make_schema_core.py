#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# Writes spec/schema_core.h and spec/schema_core.cc: the types of Kubernetes' own that our objects contain, from
# the OpenAPI documents that Kubernetes publishes with its source (api/openapi-spec/v3 of k8s.io/kubernetes).
#
#   python3 spec/make_schema_core.py "$(go list -m -f '{{.Dir}}' k8s.io/kubernetes)/api/openapi-spec/v3"
#   clang-format-19 -i spec/schema_core.h spec/schema_core.cc
import json
import pathlib
import sys

VERSION = "1.36.3"
DOCUMENTS = ["api__v1_openapi.json", "apis__apps__v1_openapi.json", "apis__autoscaling__v2_openapi.json"]
ROOTS = [
    "io.k8s.api.core.v1.Pod",
    "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta",
    "io.k8s.api.apps.v1.DeploymentStrategy",
    "io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerBehavior",
]
# Types that are no objects, and parts that nobody looks into.
LEAVES = {
    "Quantity": "kQuantity",
    "IntOrString": "kIntOrString",
    "Time": "kString",
    "MicroTime": "kString",
    "FieldsV1": "kAny",
    "ManagedFieldsEntry": "kAny",
    "PodStatus": "kAny",
}
# Values that may be secrets.
SECRETS = {("EnvVar", "value"), ("HTTPHeader", "value")}

HEADER = f"""// SPDX-License-Identifier: Apache-2.0
//
// Made by spec/make_schema_core.py from the OpenAPI documents of Kubernetes {VERSION}; do not edit.
"""


class Tables:
    def __init__(self, schemas):
        self.schemas = schemas
        self.objects = {}  # name -> [(field, type constant)]
        self.lists = {}  # constant -> expression

    def leaf_or_object(self, full_name):
        name = full_name.split(".")[-1]
        if name in LEAVES:
            return LEAVES[name]
        if name not in self.objects:
            self.objects[name] = []  # against recursion
            properties = self.schemas[full_name].get("properties", {})
            self.objects[name] = [(field, self.type_of(name, field, schema)) for field, schema in properties.items()]
        return "k" + name

    def type_of(self, owner, field, schema):
        if (owner, field) in SECRETS:
            return "kSecretString"
        if "allOf" in schema:
            schema = {**schema, **schema["allOf"][0]}
        if "$ref" in schema:
            return self.leaf_or_object(schema["$ref"].split("/")[-1])
        kind = schema.get("type")
        if kind == "array":
            return self.list_of(owner, field, schema)
        if kind == "object":
            element = self.type_of(owner, field, schema["additionalProperties"])
            return self.remember(element + "Map", f"map({element})")
        if kind == "integer":
            return "kInt64" if schema.get("format") == "int64" else "kInt32"
        return {"string": "kString", "boolean": "kBoolean", "number": "kNumber"}[kind]

    def list_of(self, owner, field, schema):
        element = self.type_of(owner, field, schema["items"])
        patch_key = schema.get("x-kubernetes-patch-merge-key", "")
        keys = schema.get("x-kubernetes-list-map-keys") or ([patch_key] if patch_key else [])
        retain = "retainKeys" in schema.get("x-kubernetes-patch-strategy", "")
        merged = "merge" in schema.get("x-kubernetes-patch-strategy", "")
        if schema.get("x-kubernetes-list-type") == "set" or not keys:
            return self.remember(element + "List", f"list({element})")
        assert len(keys) <= 2, (owner, field, keys)
        name = element + "ListBy" + "And".join(k[0].upper() + k[1:] for k in keys)
        if not merged:
            patch_key, name = "", name + "Atomic"
        keys = ", ".join(f'"{k}"' for k in keys)
        return self.remember(name, f'list({element}, {{{{{keys}}}}}, "{patch_key}", {str(retain).lower()})')

    def remember(self, constant, expression):
        if constant in ("kStringList", "kStringMap", "kQuantityMap"):
            return constant
        assert self.lists.setdefault(constant, expression) == expression, constant
        return constant


def main():
    folder = pathlib.Path(sys.argv[1])
    schemas = {}
    for document in DOCUMENTS:
        schemas.update(json.loads((folder / document).read_text())["components"]["schemas"])
    tables = Tables(schemas)
    for root in ROOTS:
        tables.leaf_or_object(root)

    declared = sorted(["k" + name for name in tables.objects] + list(tables.lists))
    here = pathlib.Path(__file__).parent
    header = HEADER + '#pragma once\n\n#include "spec/schema.h"\n\nnamespace modelgate::spec::schema {\n\n'
    header += "".join(f"extern const Type {c};\n" for c in declared)
    header += "\n}  // namespace modelgate::spec::schema\n"
    (here / "schema_core.h").write_text(header)

    source = HEADER + '#include "spec/schema_core.h"\n\nnamespace modelgate::spec::schema {\nnamespace {\n\n'
    for name, fields in sorted(tables.objects.items()):
        rows = ", ".join(f'Field{{"{f}", &{t}}}' for f, t in sorted(fields))
        if fields:
            source += f"constexpr auto k{name}Fields = sorted(std::array{{{rows}}});\n"
        else:
            source += f"constexpr std::array<Field, 0> k{name}Fields{{}};\n"
    source += "\n}  // namespace\n\n"
    for name in sorted(tables.objects):
        source += f'constinit const Type k{name} = object("{name}", k{name}Fields);\n'
    source += "\n"
    for constant, expression in sorted(tables.lists.items()):
        source += f"constinit const Type {constant} = {expression};\n"
    source += "\n}  // namespace modelgate::spec::schema\n"
    (here / "schema_core.cc").write_text(source)


main()
