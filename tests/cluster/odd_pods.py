# SPDX-License-Identifier: Apache-2.0
"""Pods with one odd value each: for every field of a PodSpec and of its containers, of all types below them. The types are
those of spec/schema_core.cc, which is generated from Kubernetes' OpenAPI documents. Used by test_api_rules.py.
"""
import copy
import functools
import re

from world import ROOT

SCHEMA = ROOT / "spec" / "schema_core.cc"
MAX_DEPTH = 7
SCALARS = {
    "String": ["Bad Value_!", "x", "/", "../x", "UPPER", ""], "SecretString": ["Bad Value_!", ""],
    "Int32": [-1, 0, 1, 70000], "Int64": [-1, 0, 1, 70000, 3000000000], "Boolean": [True, False],
    "Quantity": ["-1", "1", "0", "1.5"], "IntOrString": ["Bad_1", 0, 70000, 8080, "101%"],
    "StringMap": [{"a": "b"}, {"Bad key!": "x"}, {"a": "Bad value!"}], "SecretStringMap": [{"a": "b"}],
    "QuantityMap": [{"cpu": "1"}, {"cpu": "-1"}, {"nope": "1"}, {"a.b/c": "1"}, {"a.b/c": "1.5"}, {"hugepages-2Mi": "1Mi"}],
}
# A valid object of each type that needs more than {}.
VALID = {
    "AWSElasticBlockStoreVolumeSource": {"volumeID": "a"},
    "AppArmorProfile": {"type": "RuntimeDefault"},
    "AzureDiskVolumeSource": {"diskName": "a", "diskURI": "https://a"},
    "AzureFileVolumeSource": {"secretName": "a", "shareName": "b"},
    "CSIVolumeSource": {"driver": "d.e"},
    "CephFSVolumeSource": {"monitors": ["a"]},
    "CinderVolumeSource": {"volumeID": "a"},
    "ConfigMapEnvSource": {"name": "a"},
    "ConfigMapKeySelector": {"name": "a", "key": "b"},
    "ConfigMapProjection": {"name": "a"},
    "ConfigMapVolumeSource": {"name": "s"},
    "Container": {"name": "side", "image": "i"},
    "ContainerPort": {"containerPort": 8081},
    "ContainerResizePolicy": {"resourceName": "cpu", "restartPolicy": "NotRequired"},
    "ContainerRestartRule": {"action": "Restart", "exitCodes": {"operator": "In", "values": [1]}},
    "ContainerRestartRuleOnExitCodes": {"operator": "In", "values": [1]},
    "DownwardAPIVolumeFile": {"path": "a", "fieldRef": {"fieldPath": "metadata.name"}},
    "EnvFromSource": {},
    "EnvVar": {"name": "A"},
    "EnvVarSource": {},
    "EphemeralVolumeSource":
        {"volumeClaimTemplate": {"spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}}},
    "ExecAction": {"command": ["a"]},
    "FCVolumeSource": {"wwids": ["a"]},
    "FileKeySelector": {"volumeName": "v", "path": "p", "key": "k"},
    "FlexVolumeSource": {"driver": "a/b"},
    "FlockerVolumeSource": {"datasetName": "a"},
    "GCEPersistentDiskVolumeSource": {"pdName": "a"},
    "GRPCAction": {"port": 80},
    "GitRepoVolumeSource": {"repository": "a"},
    "GlusterfsVolumeSource": {"endpoints": "a", "path": "b"},
    "HTTPGetAction": {"port": 8080},
    "HTTPHeader": {"name": "A", "value": "b"},
    "HostAlias": {"ip": "1.2.3.4"},
    "HostPathVolumeSource": {"path": "/a"},
    "ISCSIVolumeSource": {"targetPortal": "a", "iqn": "iqn.2001-04.com.example:s", "lun": 0},
    "ImageVolumeSource": {"reference": "i"},
    "KeyToPath": {"key": "a", "path": "b"},
    "LabelSelectorRequirement": {"key": "a", "operator": "In", "values": ["b"]},
    "LifecycleHandler": {},
    "LocalObjectReference": {"name": "a"},
    "NFSVolumeSource": {"server": "s", "path": "/a"},
    "NodeSelector": {"nodeSelectorTerms": [{"matchExpressions": [{"key": "a", "operator": "Exists"}]}]},
    "NodeSelectorRequirement": {"key": "a", "operator": "In", "values": ["b"]},
    "ObjectFieldSelector": {"fieldPath": "metadata.name"},
    "PersistentVolumeClaimSpec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
    "PersistentVolumeClaimTemplate":
        {"spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}},
    "PersistentVolumeClaimVolumeSource": {"claimName": "c"},
    "PhotonPersistentDiskVolumeSource": {"pdID": "a"},
    "PodAffinityTerm": {"topologyKey": "a"},
    "PodDNSConfigOption": {"name": "a"},
    "PodOS": {"name": "linux"},
    "PodReadinessGate": {"conditionType": "a/b"},
    "PodResourceClaim": {"name": "a", "resourceClaimName": "b"},
    "PodSchedulingGate": {"name": "a/b"},
    "PortworxVolumeSource": {"volumeID": "a"},
    "PreferredSchedulingTerm": {"weight": 1, "preference": {}},
    "Probe": {"tcpSocket": {"port": 8080}},
    "QuobyteVolumeSource": {"registry": "a:1", "volume": "b"},
    "RBDVolumeSource": {"monitors": ["a"], "image": "b"},
    "ResourceClaim": {"name": "cl"},
    "ResourceFieldSelector": {"resource": "limits.cpu"},
    "ScaleIOVolumeSource": {"gateway": "a", "system": "b", "volumeName": "c", "secretRef": {"name": "a"}},
    "SeccompProfile": {"type": "RuntimeDefault"},
    "SecretEnvSource": {"name": "a"},
    "SecretKeySelector": {"name": "a", "key": "b"},
    "SecretProjection": {"name": "a"},
    "SecretVolumeSource": {"secretName": "s"},
    "ServiceAccountTokenProjection": {"path": "a"},
    "StorageOSVolumeSource": {"volumeName": "a"},
    "Sysctl": {"name": "kernel.a", "value": "1"},
    "TCPSocketAction": {"port": 80},
    "Toleration": {"key": "a"},
    "TopologySpreadConstraint":
        {"maxSkew": 1, "topologyKey": "a", "whenUnsatisfiable": "DoNotSchedule", "labelSelector": {"matchLabels": {"a": "b"}}},
    "TypedLocalObjectReference": {"kind": "PersistentVolumeClaim", "name": "a"},
    "TypedObjectReference": {"kind": "PersistentVolumeClaim", "name": "a"},
    "Volume": {"name": "vv"},
    "VolumeDevice": {"name": "d", "devicePath": "/dev/x"},
    "VolumeMount": {"name": "v", "mountPath": "/a"},
    "VsphereVirtualDiskVolumeSource": {"volumePath": "a"},
    "WeightedPodAffinityTerm": {"weight": 1, "podAffinityTerm": {"topologyKey": "a"}},
}
POD = {"containers": [{"name": "kserve-container", "image": "i"}], "resourceClaims": [{"name": "cl", "resourceClaimName": "x"}],
       "volumes": [{"name": "v", "emptyDir": {}}, {"name": "d", "persistentVolumeClaim": {"claimName": "c"}}]}
# Checked as fields of containers; `name` is defaulted.
NOT_OF_PODS = ("containers", "initContainers", "ephemeralContainers")
NOT_OF_CONTAINERS = ("name",)
# Not read by our programs.
NOT_READ = ("managedFields",)
OF_INIT_CONTAINERS = ("restartPolicy", "lifecycle", "livenessProbe", "resizePolicy")


@functools.cache
def types():
    """From type to its fields and their types, and from list to its element."""
    text = SCHEMA.read_text()
    objects = {name: re.findall(r'Field\{"(\w+)",\s*&k(\w+)\}', fields) for name, fields in re.findall(
        r"constexpr auto k(\w+)Fields =\s*sorted\(\s*std::array\{(.*?)\}\);", text, re.S)}
    lists = dict(re.findall(r"Type k(\w+) = list\(k(\w+)", text))
    return objects, {**lists, "StringList": "String", "Int64List": "Int64", "Int32List": "Int32"}


def valid(name):
    if name in SCALARS:
        return SCALARS[name][1]
    return copy.deepcopy(VALID.get(name, {}))


def values(name, around=()):
    """Values of a type: each differs from a valid one in one place."""
    objects, lists = types()
    if name in SCALARS:
        yield from SCALARS[name]
    elif name in lists:
        yield []
        yield from ([value] for value in values(lists[name], around))
        yield [valid(lists[name]), valid(lists[name])]
    elif name in objects and name not in around and len(around) <= MAX_DEPTH:
        yield {}
        for field, type_ in objects[name]:
            if field in NOT_READ:
                continue
            yield from ({**valid(name), field: value} for value in values(type_, (*around, name)))


def odd_pods():
    """(field, PodSpec)"""
    objects, _ = types()
    for field, type_ in objects["PodSpec"]:
        if field in NOT_OF_PODS:
            continue
        for value in values(type_):
            yield field, {**POD, field: POD[field] + value if field in POD and isinstance(value, list) else value}
    for field, type_ in objects["Container"]:
        if field in NOT_OF_CONTAINERS:
            continue
        for value in values(type_):
            yield field, {**POD, "containers": [{**POD["containers"][0], field: value}]}
            if field in OF_INIT_CONTAINERS:
                yield field, {**POD, "initContainers": [{"name": "prepare", "image": "i", field: value}]}
