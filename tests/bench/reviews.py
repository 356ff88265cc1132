# SPDX-License-Identifier: Apache-2.0
"""The inputs of the benchmark: AdmissionReviews as sent by an API server. Used by tests/bench/run."""

import base64
import copy
import json

GROUP = "serving.kserve.io"
MUTATE = "/mutate-serving-kserve-io-v1beta1-inferenceservice"
VALIDATE = "/validate-serving-kserve-io-v1beta1-inferenceservice"
MUTATE_PODS = "/mutate-pods"


def manifest():
    """A user's service: a scikit-learn model with a few settings."""
    return {
        "apiVersion": f"{GROUP}/v1beta1",
        "kind": "InferenceService",
        "metadata": {
            "name": "sklearn-iris",
            "namespace": "models",
            "labels": {"app.kubernetes.io/part-of": "demand-forecast", "team": "pricing"},
        },
        "spec": {
            "predictor": {
                "minReplicas": 1,
                "maxReplicas": 3,
                "scaleTarget": 80,
                "scaleMetric": "cpu",
                "model": {
                    "modelFormat": {"name": "sklearn"},
                    "storageUri": "gs://kfserving-examples/models/sklearn/1.0/model",
                    "resources": {
                        "requests": {"cpu": "100m", "memory": "512Mi"},
                        "limits": {"cpu": "1", "memory": "1Gi"},
                    },
                    "env": [{"name": "LOG_LEVEL", "value": "info"}, {"name": "WORKERS", "value": "2"}],
                },
            }
        },
    }


def pod():
    """A predictor's Pod as created by its ReplicaSet. The model is on a claim, so it needs no lookup."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "generateName": "sklearn-iris-predictor-6d4cf56db6-",
            "namespace": "models",
            "labels": {"app": "isvc.sklearn-iris-predictor", "component": "predictor", "pod-template-hash": "6d4cf56db6",
                       f"{GROUP}/inferenceservice": "sklearn-iris"},
            "annotations": {f"internal.{GROUP}/storage-initializer-sourceuri": "pvc://models/sklearn/1.0",
                            "prometheus.kserve.io/path": "/metrics", "prometheus.kserve.io/port": "8080"},
            "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "sklearn-iris-predictor-6d4cf56db6",
                                 "uid": "4b7e9c55-54a9-4a0c-9a57-0c21a2b4bb1c", "controller": True, "blockOwnerDeletion": True}],
        },
        "spec": {
            "containers": [{
                "name": "kserve-container",
                "image": "kserve/sklearnserver:v0.20.0",
                "args": ["--model_name=sklearn-iris", "--model_dir=/mnt/models", "--http_port=8080"],
                "env": [{"name": "LOG_LEVEL", "value": "info"}, {"name": "WORKERS", "value": "2"}],
                "ports": [{"containerPort": 8080, "protocol": "TCP"}],
                "readinessProbe": {"tcpSocket": {"port": 8080}, "periodSeconds": 10, "failureThreshold": 3},
                "resources": {"requests": {"cpu": "100m", "memory": "512Mi"}, "limits": {"cpu": "1", "memory": "1Gi"}},
                "securityContext": {"allowPrivilegeEscalation": False, "runAsNonRoot": True},
                "volumeMounts": [{"name": "kube-api-access-x7k2p", "readOnly": True,
                                  "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount"}],
            }],
            "serviceAccountName": "default",
            "tolerations": [{"key": f"node.kubernetes.io/{what}", "operator": "Exists", "effect": "NoExecute",
                             "tolerationSeconds": 300} for what in ("not-ready", "unreachable")],
            "volumes": [{"name": "kube-api-access-x7k2p", "projected": {"defaultMode": 420, "sources": [
                {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
                {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}}]}}],
        },
    }


def fields(value):
    """The fieldsV1 of all fields of an object, as in server-side apply."""
    if isinstance(value, dict):
        return {"f:" + key: fields(inner) for key, inner in value.items()}
    return {}


def stored(obj):
    """An object as stored by the API server: with uid, versions, managedFields and status."""
    obj = copy.deepcopy(obj)
    managed = {"f:metadata": fields({k: obj["metadata"].get(k, {}) for k in ("annotations", "labels")}),
               "f:spec": fields(obj["spec"])}
    conditions = [{"type": kind, "status": "True", "lastTransitionTime": "2026-11-23T10:00:00Z"}
                  for kind in ("IngressReady", "PredictorReady", "Ready", "Stopped")]
    obj["status"] = {
        "url": "http://sklearn-iris-models.example.com",
        "address": {"url": "http://sklearn-iris-predictor.models.svc.cluster.local"},
        "conditions": conditions,
        "components": {"predictor": {"url": "http://sklearn-iris-predictor-models.example.com"}},
        "modelStatus": {"states": {"activeModelState": "Loaded", "targetModelState": "Loaded"},
                        "transitionStatus": "UpToDate", "copies": {"failedCopies": 0, "totalCopies": 1}},
    }
    obj["metadata"] |= {
        "uid": "0b2e7c1a-5a44-4a43-9b2f-8a3a3b9f4d11",
        "resourceVersion": "81273",
        "generation": 3,
        "creationTimestamp": "2026-11-23T09:58:12Z",
        "managedFields": [
            {"manager": "kubectl", "operation": "Apply", "apiVersion": f"{GROUP}/v1beta1",
             "time": "2026-11-23T09:58:12Z", "fieldsType": "FieldsV1", "fieldsV1": managed},
            {"manager": "modelgate", "operation": "Update", "apiVersion": f"{GROUP}/v1beta1",
             "time": "2026-11-23T09:59:30Z", "fieldsType": "FieldsV1", "subresource": "status",
             "fieldsV1": {"f:status": fields(obj["status"])}},
        ],
    }
    return obj


def review(operation, obj, old=None):
    group, _, version = obj["apiVersion"].rpartition("/")
    resource = {"group": group, "version": version, "resource": obj["kind"].lower() + "s"}
    kind = {"group": group, "version": version, "kind": obj["kind"]}
    return json.dumps({
        "kind": "AdmissionReview",
        "apiVersion": "admission.k8s.io/v1",
        "request": {
            "uid": "705ab4f5-6393-11e8-b7cc-42010a800002",
            "kind": kind, "resource": resource, "requestKind": kind, "requestResource": resource,
            "name": obj["metadata"].get("name", ""), "namespace": obj["metadata"]["namespace"],
            "operation": operation,
            "userInfo": {"username": "jane@example.com", "uid": "1007",
                         "groups": ["data-science", "system:authenticated"]},
            "object": obj, "oldObject": old, "dryRun": False,
            "options": {"kind": f"{operation.capitalize()}Options", "apiVersion": "meta.k8s.io/v1",
                        "fieldManager": "kubectl"},
        },
    }, separators=(",", ":")).encode()


def patched(obj, reply):
    """The object with the reply's JSON patch applied, which has only add, replace and remove."""
    obj = copy.deepcopy(obj)
    encoded = reply["response"].get("patch")
    for step in json.loads(base64.b64decode(encoded)) if encoded else []:
        *parents, last = [part.replace("~1", "/").replace("~0", "~") for part in step["path"].split("/")[1:]]
        place = obj
        for part in parents:
            place = place[int(part)] if isinstance(place, list) else place[part]
        if isinstance(place, list):
            index = len(place) if last == "-" else int(last)
            if step["op"] == "add":
                place.insert(index, step["value"])
                continue
            last = index
        if step["op"] == "remove":
            del place[last]
        else:
            place[last] = step["value"]
    return obj


def build(send):
    """The inputs. `send(path, body)` calls a running webhook, whose results become the stored objects."""
    created = manifest()
    create = review("CREATE", created)
    held = stored(patched(created, send(MUTATE, create)))
    changed = copy.deepcopy(held)
    changed["spec"]["predictor"]["maxReplicas"] = 5
    changed["spec"]["predictor"]["model"]["env"][1]["value"] = "4"
    changed["metadata"]["generation"] += 1
    return {
        "mutate CREATE": (MUTATE, create),
        "mutate UPDATE": (MUTATE, review("UPDATE", changed, held)),
        "validate": (VALIDATE, review("CREATE", patched(created, send(MUTATE, create)))),
        "mutate Pod": (MUTATE_PODS, review("CREATE", pod())),
    }
