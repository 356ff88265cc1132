# SPDX-License-Identifier: Apache-2.0
"""A field that is removed from a service is removed from its objects, with everything that the API server filled in for it.

For each field of the schema, one service has it and then loses it, or gets another value instead. Afterwards its objects must be
those of a service that never had it. A field of the schema without a row in the tables below fails the test.
"""
import copy
import json
import urllib.error
from concurrent.futures import ThreadPoolExecutor

import yaml

from installed import GROUP
from test_reconciler import ReconciledTest
from world import CRDS, inference_service

SETTLED_SECONDS = 120
WRITERS = 4
NONE = {f"{GROUP}/autoscalerClass": "none"}
SELECTOR = {"matchLabels": {"a": "b"}}
HTTP = {"httpGet": {"port": 8080}}
LIMITS = {"limits": {"cpu": "2", "memory": "1Gi"}}
METRIC = {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 70}}}

# Value by field: what a Pod template can have.
POD = {
    "affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [
        {"matchExpressions": [{"key": "a", "operator": "Exists"}]}]}},
        "podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [
            {"weight": 1, "podAffinityTerm": {"topologyKey": "z", "labelSelector": SELECTOR}}]}},
    "automountServiceAccountToken": False,
    "dnsConfig": {"nameservers": ["10.0.0.9"], "searches": ["a"], "options": [{"name": "ndots", "value": "2"}]},
    "dnsPolicy": "Default",
    "enableServiceLinks": False,
    "hostAliases": [{"ip": "127.0.0.9", "hostnames": ["a"]}],
    "hostIPC": True,
    "hostNetwork": True,
    "hostPID": True,
    "hostUsers": False,
    "hostname": "h",
    "imagePullSecrets": [{"name": "s"}],
    "initContainers": [{"name": "i", "image": "example.com/i", "ports": [{"containerPort": 1}]}],
    "nodeName": "node-x",
    "nodeSelector": {"a": "b"},
    "os": {"name": "linux"},
    "preemptionPolicy": "Never",
    "priority": 5,
    "priorityClassName": "p",
    "readinessGates": [{"conditionType": "example.com/a"}],
    "resourceClaims": [{"name": "c", "resourceClaimName": "x"}],
    "resources": {"limits": {"cpu": "4"}},
    "runtimeClassName": "r",
    "schedulerName": "other",
    "schedulingGates": [{"name": "example.com/g"}],
    "securityContext": {"runAsUser": 5, "fsGroup": 1, "seccompProfile": {"type": "RuntimeDefault"}, "sysctls": [
        {"name": "net.a", "value": "1"}]},
    "serviceAccount": "sa",
    "serviceAccountName": "sa",
    "setHostnameAsFQDN": True,
    "shareProcessNamespace": True,
    "subdomain": "d",
    "terminationGracePeriodSeconds": 5,
    "tolerations": [{"key": "a", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 5}],
    "topologySpreadConstraints": [{"maxSkew": 1, "topologyKey": "z", "whenUnsatisfiable": "DoNotSchedule", "labelSelector": SELECTOR}],
    "volumes": [{"name": "v", "emptyDir": {"medium": "Memory"}}],
    # of KServe
    "annotations": {"example.com/a": "b"},
    "autoScaling": {"metrics": [METRIC], "behavior": {"scaleDown": {"stabilizationWindowSeconds": 60}}},
    "batcher": {"maxBatchSize": 4},
    "containerConcurrency": 3,
    "deploymentStrategy": {"type": "Recreate"},
    "labels": {"a": "b"},
    "logger": {"mode": "all", "url": "http://logger"},
    "maxReplicas": 5,
    "minReplicas": 3,
    "scaleMetric": None,  # with scaleTarget, below
    "scaleTarget": 55,
    "storageUris": [{"uri": "s3://models/iris", "mountPath": "/mnt/models"}],
    "timeout": 77,
}
NOT_OF_A_POD_TEMPLATE = {
    "activeDeadlineSeconds": "not allowed in a Deployment", "restartPolicy": "only Always is allowed in a Deployment",
    "ephemeralContainers": "of a running Pod", "containers": "see CONTAINER", "workloadRef": "a gate of the API server",
    "hostnameOverride": "a gate of the API server", "overhead": "set by a RuntimeClass",
    "schedulingGroup": "a gate of the API server",
    "canaryTrafficPercent": "of a canary", "model": "the implementation", "name": "the name of the version",
    "storageContainerName": "of a model", "workerSpec": "other objects", "scaleMetricType": "without effect",
}
FRAMEWORKS = {"huggingface", "lightgbm", "onnx", "paddle", "pmml", "pytorch", "sklearn", "tensorflow", "triton", "xgboost"}
CONTAINER = {
    "args": ["--a"], "command": ["c"], "env": [{"name": "A", "value": "b"}],
    "envFrom": [{"configMapRef": {"name": "m"}, "prefix": "P_"}],
    "imagePullPolicy": "Always",
    "lifecycle": {"preStop": HTTP, "postStart": {"exec": {"command": ["c"]}}},
    "livenessProbe": HTTP | {"periodSeconds": 7},
    "ports": [{"containerPort": 8080, "name": "http", "protocol": "TCP"}, {"containerPort": 9090, "name": "more", "protocol": "TCP"}],
    "readinessProbe": HTTP,
    "resizePolicy": [{"resourceName": "cpu", "restartPolicy": "NotRequired"}],
    "resources": LIMITS,
    "securityContext": {"runAsUser": 5, "capabilities": {"drop": ["ALL"]}, "seccompProfile": {"type": "RuntimeDefault"}},
    "startupProbe": {"grpc": {"port": 9000}},
    "stdin": True, "stdinOnce": True, "terminationMessagePath": "/m", "terminationMessagePolicy": "FallbackToLogsOnError", "tty": True,
    "volumeDevices": None, "volumeMounts": None,  # with volumes, below
    "workingDir": "/w",
}
NOT_OF_A_CONTAINER = {"name": "its key", "image": "required", "restartPolicy": "a gate of the API server",
                      "restartPolicyRules": "a gate of the API server"}
# Without an effect on such a service, or only on a route, which exists when Pods are ready.
NOT_SEEN = ["predictor.containerConcurrency", "predictor.storageUris", "predictor.minReplicas", "predictor.timeout"]
PROBES = [HTTP, {"tcpSocket": {"port": 8080}}, {"exec": {"command": ["c"]}}, {"grpc": {"port": 9000}}]
ENV = [{"value": "b"}, {"valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
       {"valueFrom": {"resourceFieldRef": {"resource": "limits.cpu"}}}, {"valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}},
       {"valueFrom": {"configMapKeyRef": {"name": "s", "key": "k"}}}]
VOLUMES = [{"emptyDir": {"medium": "Memory"}}, {"secret": {"secretName": "s"}}, {"configMap": {"name": "m"}},
           {"projected": {"sources": [{"serviceAccountToken": {"path": "t"}}]}},
           {"downwardAPI": {"items": [{"path": "p", "fieldRef": {"fieldPath": "metadata.name"}}]}},
           {"hostPath": {"path": "/p"}}, {"persistentVolumeClaim": {"claimName": "c"}}, {"nfs": {"server": "n", "path": "/p"}},
           {"csi": {"driver": "d"}}, {"image": {"reference": "example.com/i"}},
           {"iscsi": {"targetPortal": "1.1.1.1", "iqn": "iqn.2001-04.com.example:a", "lun": 0}},
           {"azureFile": {"secretName": "s", "shareName": "s"}},
           {"ephemeral": {"volumeClaimTemplate": {"spec": {"accessModes": ["ReadWriteOnce"], "resources": {
               "requests": {"storage": "1Gi"}}}}}}, {"emptyDir": {}}]
STRATEGIES = [{"type": "RollingUpdate"}, {"type": "Recreate"}, {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}},
              {"type": "Recreate"}]


def in_turn(values):
    """Each value and the next one."""
    return list(zip(values, values[1:] + values[:1]))


def pod(**fields):
    return {"predictor": fields}


def container(**fields):
    return {"container": fields}


def cases():
    """name -> (what is added to a service first, what is added later instead)"""
    out = {}
    for field, value in POD.items():
        if value is not None:
            out[f"predictor.{field}"] = pod(**{field: value}), {}
    for field, value in CONTAINER.items():
        if value is not None:
            out[f"container.{field}"] = container(**{field: value}), {}
    out["predictor.scaleMetric"] = pod(scaleMetric="memory", scaleTarget=50), {}
    out["container.volumeMounts"] = {**pod(volumes=POD["volumes"]), **container(volumeMounts=[{"name": "v", "mountPath": "/v"}])}, {}
    out["container.volumeDevices"] = {**pod(volumes=[{"name": "v", "persistentVolumeClaim": {"claimName": "c"}}]),
                                      **container(volumeDevices=[{"name": "v", "devicePath": "/v"}])}, {}
    out["none.minReplicas"] = {**pod(minReplicas=3), "annotations": NONE}, {"annotations": NONE}
    out["hpa to none"] = pod(minReplicas=3), {"annotations": NONE}
    out["annotations"] = {"annotations": {"example.com/a": "b"}}, {}
    out["labels"] = {"labels": {"a": "b"}}, {}
    for component in ("transformer", "explainer"):
        other = {"containers": [{"name": "kserve-container", "image": "example.com/t:1"}]}
        out[component] = {component: other}, {}
        for field in ("serviceAccountName", "hostNetwork", "deploymentStrategy"):
            out[f"{component}.{field}"] = {component: other | {field: POD[field]}}, {component: other}
    for i, (first, then) in enumerate(in_turn(PROBES)):
        out[f"probe {i}"] = container(livenessProbe=first), container(livenessProbe=then)
        handlers = [h for h in (first, then) if "grpc" not in h]
        if len(handlers) == 2:
            out[f"lifecycle {i}"] = container(lifecycle={"preStop": first}), container(lifecycle={"preStop": then})
    for i, (first, then) in enumerate(in_turn(ENV)):
        out[f"env {i}"] = [container(env=[{"name": "A", **v}]) for v in (first, then)]
    for i, (first, then) in enumerate(in_turn(VOLUMES)):
        out[f"volume {i}"] = [pod(volumes=[{"name": "v", **v}]) for v in (first, then)]
    for i, (first, then) in enumerate(in_turn(STRATEGIES)):
        out[f"strategy {i}"] = [pod(deploymentStrategy=v) for v in (first, then)]
    out["init image"] = [pod(initContainers=[{"name": "i", "image": image}]) for image in ("i:latest", "i:1")]
    out["security"] = [pod(securityContext={"runAsUser": 5}), pod(securityContext={"fsGroup": 5})]
    return out


def service(name, added):
    """A service with a container of its own, and what a case adds."""
    predictor = {"containers": [{"name": "kserve-container", "image": "example.com/server:1",
                                 "ports": [{"containerPort": 8080, "protocol": "TCP"}], **added.get("container", {})}],
                 **added.get("predictor", {})}
    others = {key: added[key] for key in ("transformer", "explainer") if key in added}
    out = inference_service(name, predictor, added.get("annotations"), **others)
    if "labels" in added:
        out["metadata"]["labels"] = added["labels"]
    return copy.deepcopy(out)


class RemovedFields(ReconciledTest):
    def test_the_tables_have_each_field(self):
        crd = yaml.safe_load((CRDS["ours"] / f"{GROUP}_inferenceservices.yaml").read_text())
        spec = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]
        predictor = spec["predictor"]["properties"]
        self.assertEqual(set(predictor) - set(POD) - set(NOT_OF_A_POD_TEMPLATE) - FRAMEWORKS, set())
        fields = predictor["containers"]["items"]["properties"]
        self.assertEqual(set(fields) - set(CONTAINER) - set(NOT_OF_A_CONTAINER), set())

    def test_each_is_gone(self):
        self.names = {case: f"case-{i:03}" for i, case in enumerate(cases())}
        fresh = {case: f"new-{i:03}" for i, case in enumerate(cases())}
        pairs = cases()
        self.write([service(self.names[case], first) for case, (first, _) in pairs.items()] +
                   [service(fresh[case], then) for case, (_, then) in pairs.items()])
        self.wait_reconciled(list(self.names.values()) + list(fresh.values()))
        children = self.by_service()
        without_effect = [case for case in pairs if case not in NOT_SEEN
                          and not self.differences(children, self.names[case], fresh[case])]
        self.write([service(self.names[case], then) for case, (_, then) in pairs.items()])
        self.wait_reconciled(self.names.values())
        found = {}

        def none_differs():
            children = self.by_service()
            found.clear()
            found.update({case: d for case in pairs if (d := self.differences(children, self.names[case], fresh[case]))})
            return not found
        try:
            self.eventually("no difference", none_differs, SETTLED_SECONDS / 4)
        except AssertionError:
            pass
        problems = {case: self.problem(self.names[case]) for case in found}
        self.assertEqual("\n".join(f"{case}: {d} {problems[case]}" for case, d in found.items()), "")
        self.assertEqual(without_effect, [])

    def write(self, services):
        """As `kubectl create` and `kubectl replace`, but faster."""
        path = f"/apis/{GROUP}/v1beta1/namespaces/{self.namespace}/inferenceservices"

        def one(o):
            stored = self.plane.get(f"{path}/{o['metadata']['name']}")
            if not stored:
                return self.post(path, o)
            kept = {key: stored["metadata"][key] for key in ("resourceVersion", "finalizers")}
            try:
                return self.plane.put(f"{path}/{o['metadata']['name']}", o | {"metadata": o["metadata"] | kept})
            except urllib.error.HTTPError as error:
                if error.code != 409:  # its status was written meanwhile
                    raise
                return one(o)
        with ThreadPoolExecutor(WRITERS) as writers:
            list(writers.map(one, services))

    def post(self, path, o):
        try:
            return self.plane.post(path, o)
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{json.dumps(o['spec'])}: {error.read().decode()}") from error

    def problem(self, name):
        return [c["message"] for c in self.status(name).get("conditions", []) if c["status"] != "True"][:1]

    def wait_reconciled(self, names):
        names = set(names)

        def all_are():
            items = self.plane.get(f"/apis/{GROUP}/v1beta1/namespaces/{self.namespace}/inferenceservices")["items"]
            seen = {o["metadata"]["name"] for o in items
                    if o.get("status", {}).get("observedGeneration") == o["metadata"]["generation"]}
            return names <= seen
        self.eventually("all services to be reconciled", all_are, SETTLED_SECONDS)

    def by_service(self):
        """service -> {kind and name: object}, the name of the service in it replaced."""
        out = {}
        for (kind, name), o in self.children().items():
            owner = next(r["name"] for r in o["metadata"]["ownerReferences"] if r.get("controller"))
            text = json.dumps(comparable(kind, o), sort_keys=True).replace(owner, "NAME")
            out.setdefault(owner, {})[f"{kind} {name.replace(owner, 'NAME')}"] = json.loads(text)
        return out

    @staticmethod
    def differences(children, name, fresh):
        have, want = children.get(name, {}), children.get(fresh, {})
        # A service that was never ready has no route yet.
        found = [f"{'extra' if key in have else 'no'} {key}" for key in sorted(have.keys() ^ want.keys()) if "httproute" not in key]
        return found + [d for key in have.keys() & want.keys() for d in differ(want[key], have[key], key)]


def comparable(kind, o):
    o = {key: value for key, value in o.items() if key != "status"}
    metadata = o["metadata"]
    o["metadata"] = {key: metadata[key] for key in ("labels", "annotations") if key in metadata}
    o["metadata"].get("annotations", {}).pop("deployment.kubernetes.io/revision", None)
    if kind == "services":
        o["spec"] = {key: value for key, value in o["spec"].items() if not key.startswith("clusterIP")}
    # An autoscaler's.
    annotations = o["metadata"].get("annotations", {})
    if kind == "deployments" and annotations.get(f"{GROUP}/autoscalerClass") != "none":
        o["spec"] = {key: value for key, value in o["spec"].items() if key != "replicas"}
    return o


def differ(want, have, path):
    if isinstance(want, dict) and isinstance(have, dict):
        return [d for key in sorted(want.keys() | have.keys()) for d in differ(want.get(key), have.get(key), f"{path}.{key}")]
    return [] if want == have else [f"{path}: {json.dumps(have)} instead of {json.dumps(want)}"]
