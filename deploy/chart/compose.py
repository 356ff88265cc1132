#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes templates/*.yaml of this chart from what kustomize makes of deploy/base and deploy/reconciler, so that the two cannot drift apart.

    compose.py            writes them
    compose.py --check    exit code 1 where a committed one is not what would be written

Only what values.yaml can change is made a template expression; everything else is deploy/base as it is. CRDs, the
ConfigMap and the monitoring are read by the chart itself, through links in files/. Needs kubectl, or KUBECTL.
"""
import argparse
import os
import subprocess
import sys
from pathlib import Path

import yaml

HERE = Path(__file__).resolve().parent
DEPLOY = HERE.parent
TEMPLATES = HERE / "templates"
SECONDS = 60
HEADER = "{{- /* SPDX-License-Identifier: Apache-2.0. Made by compose.py from deploy/base and deploy/reconciler. */ -}}\n"
CERT_MANAGER = 'eq .Values.certificates.issuer "cert-manager"'

# A mark in the objects -> what stands there in the template. Marks are plain words, which YAML does not quote.
MARKS = {
    "MARK_NAMESPACE": "{{ .Release.Namespace }}",
    "MARK_CONTROL_PLANE": "{{ toJson .Values.controlPlaneLabel }}",
    "MARK_REPLICAS": "{{ .Values.replicas }}",
    "MARK_IMAGE": "{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}",
    "MARK_PULL_POLICY": "{{ .Values.image.pullPolicy }}",
    "MARK_PULL_SECRETS": "{{ toJson .Values.imagePullSecrets }}",
    "MARK_RESOURCES": "{{ toJson .Values.resources }}",
    "MARK_PRIORITY": "{{ toJson .Values.priorityClassName }}",
    "MARK_NODE_SELECTOR": "{{ toJson .Values.nodeSelector }}",
    "MARK_TOLERATIONS": "{{ toJson .Values.tolerations }}",
    "MARK_POD_ANNOTATIONS": "{{ toJson (merge (dict \"kubectl.kubernetes.io/default-container\" \"webhook\") "
                            ".Values.podAnnotations) }}",
    "MARK_ARGS": "{{ include \"modelgate.args\" . }}",
    "MARK_OF_RECONCILER_REPLICAS": "{{ .Values.reconciler.replicas }}",
    "MARK_OF_RECONCILER_RESOURCES": "{{ toJson .Values.reconciler.resources }}",
    "MARK_OF_RECONCILER_POD_ANNOTATIONS": "{{ toJson (merge (dict \"kubectl.kubernetes.io/default-container\" "
                                          "\"reconciler\") .Values.podAnnotations) }}",
    "MARK_OF_RECONCILER_ARGS": "{{ include \"modelgate.reconcilerArgs\" . }}",
    "MARK_NAMESPACES": "{{ include \"modelgate.namespaces\" . }}",
    "MARK_LEFT_OUT": "{{ include \"modelgate.leftOut\" . }}",
}
# Lines that are there only with cert-manager: after the line with the mark.
MOUNTS = """\
{{- if eq .Values.certificates.issuer "cert-manager" }}
        volumeMounts:
        - {name: certificates, mountPath: /certificates, readOnly: true}
      volumes:
      - name: certificates
        secret: {secretName: modelgate-webhook-tls}
{{- end }}
"""
INJECT = """\
  {{- if eq .Values.certificates.issuer "cert-manager" }}
  annotations:
    cert-manager.io/inject-ca-from: {{ .Release.Namespace }}/modelgate-webhook
  {{- end }}
"""


def rendered(folder):
    kubectl = os.environ.get("KUBECTL", "kubectl")
    done = subprocess.run([kubectl, "kustomize", str(DEPLOY / folder)], capture_output=True, text=True, timeout=SECONDS,
                          check=False)
    if done.returncode != 0:
        sys.exit(f"{kubectl} kustomize {folder}: {done.stderr}")
    return [document for document in yaml.safe_load_all(done.stdout) if document]


# ---- from an object to an object with marks

def marked(o):
    """The object with marks where the chart has values; the namespace and the label are marked wherever they are."""
    o = replaced(o, {"kserve": "MARK_NAMESPACE"}, ("namespace",))
    o = replaced(o, {"kserve-controller-manager": "MARK_CONTROL_PLANE"}, ("control-plane",))
    if o["kind"] == "Deployment":
        mark_deployment(o["spec"], "MARK_OF_RECONCILER" if is_reconciler(o) else "MARK")
    if o["kind"] == "ResourceQuota":
        o["spec"]["scopeSelector"]["matchExpressions"][0]["values"] = ["MARK_PRIORITY"]
    for webhook in o.get("webhooks", []):
        if "namespaceSelector" in webhook:
            webhook["namespaceSelector"] = {"matchExpressions": "MARK_NAMESPACES"}
    if o["kind"] == "ValidatingAdmissionPolicyBinding":
        o["spec"]["matchResources"]["namespaceSelector"] = {"matchExpressions": "MARK_LEFT_OUT"}
    return o


def replaced(value, words, keys):
    """A copy with the values of some keys replaced."""
    if isinstance(value, list):
        return [replaced(item, words, keys) for item in value]
    if not isinstance(value, dict):
        return value
    return {key: words.get(item, item) if key in keys and isinstance(item, str) else replaced(item, words, keys)
            for key, item in value.items()}


def is_reconciler(o):
    return o["metadata"]["name"].startswith("modelgate-reconciler")


def mark_deployment(spec, own):
    """`own`: how the marks begin of what each program has for itself."""
    spec["replicas"] = f"{own}_REPLICAS"
    spec["template"]["metadata"]["annotations"] = f"{own}_POD_ANNOTATIONS"
    pod = spec["template"]["spec"]
    pod.update({"imagePullSecrets": "MARK_PULL_SECRETS", "priorityClassName": "MARK_PRIORITY",
                "nodeSelector": "MARK_NODE_SELECTOR", "tolerations": "MARK_TOLERATIONS"})
    container = pod["containers"][0]
    container.update({"image": "MARK_IMAGE", "imagePullPolicy": "MARK_PULL_POLICY", "resources": f"{own}_RESOURCES",
                      "args": f"{own}_ARGS"})
    # Last, so that the mounts can follow.
    pod["containers"] = [{key: item for key, item in container.items() if key != "terminationMessagePolicy"}
                         | {"terminationMessagePolicy": container["terminationMessagePolicy"]}]
    spec["template"]["spec"] = {key: item for key, item in pod.items() if key != "containers"} | {
        "containers": pod["containers"]}


# ---- from marked objects to a template

class Dumper(yaml.SafeDumper):
    def ignore_aliases(self, _):
        return True


def template(objects, condition=""):
    text = "---\n".join(yaml.dump(marked(o), Dumper=Dumper, sort_keys=False, width=1000) for o in objects)
    for mark in sorted(MARKS, key=len, reverse=True):
        text = text.replace(mark, MARKS[mark])
    if any(o["kind"] == "Deployment" and not is_reconciler(o) for o in objects):
        text = text.rstrip("\n") + "\n" + MOUNTS
    for kind in ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"):
        text = text.replace(f"kind: {kind}\nmetadata:\n", f"kind: {kind}\nmetadata:\n{INJECT}")
    if condition:
        text = f"{{{{- if {condition} }}}}\n{text}{{{{- end }}}}\n"
    return HEADER + text


def composed():
    """File name -> text."""
    base, issued = rendered("base"), rendered("overlays/cert-manager")
    certificates = [o for o in base if o["metadata"]["name"] == "modelgate-webhook-certificates"]
    switches = {"PodDisruptionBudget": "podDisruptionBudget", "NetworkPolicy": "networkPolicy",
                "ResourceQuota": "resourceQuota"}
    kinds = {}
    for o in base:
        if o["kind"] not in ("Namespace", "ConfigMap") and o not in certificates:
            kinds.setdefault(group_of(o["kind"]), []).append(o)
    files = {f"{name}.yaml": template(objects, f".Values.{switches[objects[0]['kind']]}.enabled"
                                      if objects[0]["kind"] in switches else "") for name, objects in kinds.items()}
    files.update(composed_reconciler(switches))
    files["certificates-own.yaml"] = template(certificates, "ne" + CERT_MANAGER[2:])
    # Names that hold the namespace, too.
    issuers = template([o for o in issued if o["apiVersion"].startswith("cert-manager.io/")], CERT_MANAGER)
    files["certificates-cert-manager.yaml"] = issuers.replace("modelgate-webhook.kserve.svc",
                                                              "modelgate-webhook.{{ .Release.Namespace }}.svc")
    return files


def composed_reconciler(switches):
    """One file, but for what has a switch of its own."""
    enabled, files, plain = ".Values.reconciler.enabled", {}, []
    for o in rendered("reconciler"):
        if o["kind"] in switches:
            files[f"reconciler-{group_of(o['kind'])}.yaml"] = template(
                [o], f"and {enabled} .Values.{switches[o['kind']]}.enabled")
        else:
            plain.append(o)
    return {**files, "reconciler.yaml": template(plain, enabled)}


def group_of(kind):
    if kind.endswith("WebhookConfiguration"):
        return "registrations"
    if kind.startswith("ValidatingAdmissionPolicy"):
        return "left-out"
    if "Role" in kind:
        return "roles"
    return {"ServiceAccount": "service-account", "Service": "services", "NetworkPolicy": "network-policy",
            "PodDisruptionBudget": "disruption-budget", "ResourceQuota": "resource-quota"}.get(kind, kind.lower())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare only")
    check = parser.parse_args().check
    stale = []
    for name, text in composed().items():
        path = TEMPLATES / name
        if path.exists() and path.read_text() == text:
            continue
        stale.append(name)
        if not check:
            path.write_text(text)
            print(f"wrote {name}")
    if check and stale:
        sys.exit("not what compose.py makes: " + ", ".join(stale))


if __name__ == "__main__":
    main()
