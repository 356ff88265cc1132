# SPDX-License-Identifier: Apache-2.0
"""What counts as a difference between a recorded object of KServe and one of ours.

  differences(comparable(recorded), comparable(ours))     # ["/spec/replicas: expected 1, got 2"]

Absent and empty values are equal, and so are two spellings of a quantity. Metadata that the API server sets, and labels and
annotations whose names start with "modelgate", do not count.
"""
import fractions
import json
import re

SERVER_SET = {"creationTimestamp", "uid", "resourceVersion", "generation", "managedFields", "selfLink", "ownerReferences",
              "generateName", "finalizers"}
# Of a Deployment: written by its controller.
REVISION = "deployment.kubernetes.io/revision"
BINARY = {suffix + "i": 2 ** (10 * n) for n, suffix in enumerate("KMGTPE", 1)}
DECIMAL = {suffix: fractions.Fraction(10) ** (3 * n) for n, suffix in enumerate(["n", "u", "m", "", "k", "M", "G", "T", "P", "E"], -3)}
QUANTITY = re.compile(r"([+-]?[0-9.]+)(?:[eE]([+-]?[0-9]+))?([a-zA-Z]*)")
STATUS_FIELDS = ("url", "address", "deploymentMode", "servingRuntimeName", "clusterServingRuntimeName", "canaryStatuses")


def quantity(value):
    """A number for a quantity; any other value unchanged."""
    match = QUANTITY.fullmatch(str(value))
    factor = match and (BINARY | DECIMAL).get(match.group(3))
    if not factor:
        return value
    return str(fractions.Fraction(match.group(1)) * fractions.Fraction(10) ** int(match.group(2) or 0) * factor)


def meaning(value, path=()):
    """The value without parts that do not count. `path`: the keys that lead to it."""
    if isinstance(value, list):
        return [meaning(element, path + ("[]",)) for element in value]
    if isinstance(value, dict):
        out = {}
        for key, member in value.items():
            if path[-1:] in (("labels",), ("annotations",)) and key.startswith("modelgate"):
                continue
            if path[-1:] == ("metadata",) and key in SERVER_SET:
                continue
            member = meaning(member, path + (key,))
            if member not in (None, "", {}, []):
                out[key] = member
        return out
    is_resource = path[-3:-1] in (("resources", "limits"), ("resources", "requests"))
    is_target = path[-2:] in (("target", "value"), ("target", "averageValue"))
    return quantity(value) if is_resource or is_target else value


def comparable(obj):
    """A recorded or built object as it is compared, with its owners and without its status."""
    metadata, spec = obj["metadata"], obj.get("spec", {})
    annotations = {k: v for k, v in metadata.get("annotations", {}).items() if k != REVISION}
    ignored = {"replicas"} if obj["kind"] == "Deployment" else set()
    ignored |= {k for k in ("clusterIP", "clusterIPs") if spec.get(k) not in ("None", ["None"])}
    out = {k: v for k, v in obj.items() if k not in ("apiVersion", "kind", "status")}
    out["metadata"] = metadata | {"annotations": annotations}
    if "spec" in obj:
        out["spec"] = {k: v for k, v in spec.items() if k not in ignored}
    owners = [[o["kind"], o["name"], bool(o.get("controller"))] for o in metadata.get("ownerReferences", [])]
    return meaning(out) | {"owners": owners}


def comparable_status(status):
    """What clients rely on. Reasons and messages may differ from KServe's, and `phase` is ours."""
    model = status.get("modelStatus", {})
    out = {k: status.get(k) for k in STATUS_FIELDS}
    out["conditions"] = {c["type"]: c["status"] for c in status.get("conditions", [])}
    out["components"] = {k: {f: v.get(f) for f in ("url", "grpcUrl", "restUrl")} for k, v in status.get("components", {}).items()}
    out["model"] = {"transition": model.get("transitionStatus"), "states": model.get("states"),
                    "failure": model.get("lastFailureInfo", {}).get("reason")}
    return meaning(out)


def differences(expected, actual, path=""):
    if isinstance(expected, dict) and isinstance(actual, dict):
        return [d for key in sorted(set(expected) | set(actual))
                for d in differences(expected.get(key), actual.get(key), "%s/%s" % (path, key))]
    if isinstance(expected, list) and isinstance(actual, list) and len(expected) == len(actual):
        return [d for i, pair in enumerate(zip(expected, actual)) for d in differences(*pair, "%s/%d" % (path, i))]
    if expected == actual:
        return []
    return ["%s: expected %s, got %s" % (path, json.dumps(expected)[:160], json.dumps(actual)[:160])]
