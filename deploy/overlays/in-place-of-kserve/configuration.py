#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes a patch for this overlay from KServe's ConfigMap: its keys unchanged, with the compatible settings.

    kubectl get configmap -n kserve inferenceservice-config -o json | configuration.py > settings.yaml

Written is JSON, which is YAML too. Exit code 1 where the input is not such a ConfigMap.
"""
import json
import sys

# With these settings every service that KServe admitted stays valid, and its Pods keep running; as in
# components/compatible.
SETTINGS = {"validation": "Compatible", "runtimeSelection": "Defer", "resourceDefaults": False, "gpuTolerations": [],
            "podInjection": "Admission"}
# Our annotation about defaults; it must not reach Pods.
ANNOTATION = "modelgate.io/defaults"


def patch(config_map):
    """The ConfigMap for the namespace `modelgate`. Keys that begin with "_" are KServe's examples and are omitted."""
    data = {key: text for key, text in config_map["data"].items() if not key.startswith("_")}
    services = json.loads(data.get("inferenceService") or "{}")
    disallowed = services.setdefault("serviceAnnotationDisallowedList", [])
    if ANNOTATION not in disallowed:
        disallowed.append(ANNOTATION)
    data["inferenceService"] = json.dumps(services, indent=2)
    data["modelgate"] = json.dumps(SETTINGS, indent=2)
    return {"apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": "inferenceservice-config", "namespace": "modelgate"}, "data": data}


def main():
    try:
        made = patch(json.load(sys.stdin))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        sys.exit(f"not KServe's ConfigMap inferenceservice-config as JSON: {error!r}")
    print(json.dumps(made, indent=2))


if __name__ == "__main__":
    main()
