# SPDX-License-Identifier: Apache-2.0
"""A Kubernetes cluster with one real node: control plane, containerd, kubelet, kube-proxy and DNS, in the namespaces that
namespaces.run() made. Pods run, and Services lead to them.

    with Node(parts, state) as node:
        node.import_images({"modelgate.test/pause:1": layout, ...})
        node.kubectl("apply", "-f", "deployment.yaml")

parts: the folder that .ci/node prints. state: keeps the images between runs, and the logs.
"""
import contextlib
import json
import shutil
import subprocess
from pathlib import Path

import yaml

from control_plane import ControlPlane, kubeconfig
from processes import ENVIRONMENT, StartError

HERE = Path(__file__).resolve().parent
ADDRESS = "10.200.0.1"
PODS = "10.244.0.0/16"
DNS = "10.96.0.10"
NAME = "node-0"
LIBRARIES = "x86_64-linux-gnu"
# Generous: a loaded machine takes many times as long.
CONTAINERD_SECONDS, IMPORT_SECONDS, KUBECTL_SECONDS = 120, 900, 600
# What is kept of a failure, besides logs.
SHOWN = {"services.yaml": ["get", "isvc", "-A", "-o", "yaml"], "pods.yaml": ["get", "pods", "-A", "-o", "yaml"],
         "events": ["get", "events", "-A", "--sort-by=.lastTimestamp"]}
SHOWN_SECONDS = 20
SOCKET = "/run/containerd/containerd.sock"
BRIDGE = {
    "cniVersion": "0.4.0", "name": "pods", "plugins": [
        {"type": "bridge", "bridge": "pods0", "isGateway": True, "ipMasq": True, "hairpinMode": True,
         "ipam": {"type": "host-local", "ranges": [[{"subnet": PODS}]], "routes": [{"dst": "0.0.0.0/0"}]}},
        {"type": "loopback"}]}


def aggregation(ca, pair):
    """Flags of the API server for APIs that Pods serve, such as metrics.k8s.io."""
    return ("--requestheader-client-ca-file", ca, "--requestheader-allowed-names", "front-proxy",
            "--requestheader-username-headers", "X-Remote-User", "--requestheader-group-headers", "X-Remote-Group",
            "--requestheader-extra-headers-prefix", "X-Remote-Extra-",
            "--proxy-client-cert-file", pair.certificate, "--proxy-client-key-file", pair.key)


class Node(ControlPlane):
    address = ADDRESS
    authorization = "Node,RBAC"
    # Pods reach the API server at the Service `kubernetes`.
    apiserver_flags = ("--allow-privileged", "--kubelet-preferred-address-types", "InternalIP")
    # Autoscaling in seconds, where a cluster takes minutes.
    controller_flags = ("--horizontal-pod-autoscaler-sync-period", "2s",
                        "--horizontal-pod-autoscaler-cpu-initialization-period", "5s",
                        "--horizontal-pod-autoscaler-initial-readiness-delay", "2s")

    def __init__(self, parts, state, binaries=None):
        super().__init__(binaries)
        self.parts, self.state = Path(parts), Path(state)
        self.tools, self.unpacked = self.parts / "bin", (self.parts / "tools").resolve()
        self.ctr_command = [str(self.unpacked / "usr/bin/ctr"), "-a", SOCKET, "-n", "k8s.io"]
        folders = ("usr/local/sbin", "usr/sbin", "usr/bin", "sbin", "bin")
        self.environment = {
            "PATH": ":".join(str(self.unpacked / folder) for folder in folders) + ":" + ENVIRONMENT["PATH"],
            "LD_LIBRARY_PATH": f"{self.unpacked}/usr/lib/{LIBRARIES}:{self.unpacked}/lib/{LIBRARIES}",
            "XTABLES_LIBDIR": f"{self.unpacked}/usr/lib/{LIBRARIES}/xtables"}

    # ---- starting

    def _start_all(self):
        self._start_containerd()
        super()._start_all()
        self._start_dns()

    def _write_files(self):
        super()._write_files()
        at = self.directory
        self.kubelet_pair = self.ca.leaf(f"system:node:{NAME}", organization="system:nodes", names=[NAME],
                                         addresses=[ADDRESS], into=(at / "kubelet.crt", at / "kubelet.key"))
        (at / "kubelet.kubeconfig").write_text(yaml.safe_dump(kubeconfig(self.server, self.ca, self.kubelet_pair)))
        proxy = self.ca.leaf("front-proxy")
        (at / "resolv.conf").write_text(f"nameserver {DNS}\n")
        (at / "kubelet.yaml").write_text(yaml.safe_dump(self._kubelet_configuration()))
        (at / "kube-proxy.yaml").write_text(yaml.safe_dump(self._kube_proxy_configuration()))
        (at / "Corefile").write_text((HERE / "node" / "Corefile").read_text().replace("@KUBECONFIG@", str(self.kubeconfig)))
        self.apiserver_flags = (*Node.apiserver_flags, "--kubelet-client-certificate", self.admin.certificate,
                                "--kubelet-client-key", self.admin.key,
                                "--kubelet-certificate-authority", self.ca.certificate,
                                *aggregation(self.ca.certificate, proxy))

    def _kubelet_configuration(self):
        at = self.directory
        return {
            "apiVersion": "kubelet.config.k8s.io/v1beta1", "kind": "KubeletConfiguration", "address": ADDRESS,
            "authentication": {"anonymous": {"enabled": False}, "webhook": {"enabled": True},
                               "x509": {"clientCAFile": str(self.ca.certificate)}},
            "authorization": {"mode": "Webhook"},
            "tlsCertFile": str(self.kubelet_pair.certificate), "tlsPrivateKeyFile": str(self.kubelet_pair.key),
            "cgroupDriver": "cgroupfs", "failCgroupV1": False, "failSwapOn": False,
            "clusterDNS": [DNS], "clusterDomain": "cluster.local", "resolvConf": str(at / "resolv.conf"),
            "containerRuntimeEndpoint": f"unix://{SOCKET}",
            "evictionHard": {"memory.available": "100Mi", "nodefs.available": "1%", "imagefs.available": "1%",
                             "nodefs.inodesFree": "1%"},
            # Images come from import_images() only.
            "imageGCHighThresholdPercent": 100,
            "enableControllerAttachDetach": False, "syncFrequency": "10s",
        }

    def _kube_proxy_configuration(self):
        return {
            "apiVersion": "kubeproxy.config.k8s.io/v1alpha1", "kind": "KubeProxyConfiguration", "mode": "iptables",
            "clusterCIDR": PODS, "hostnameOverride": NAME, "bindAddress": ADDRESS,
            "healthzBindAddress": "127.0.0.1:10256", "metricsBindAddress": "127.0.0.1:10249",
            "clientConnection": {"kubeconfig": str(self.kubeconfig)}, "iptables": {"minSyncPeriod": "100ms"},
            # These limits belong to the whole machine.
            "conntrack": {"maxPerCore": 0, "min": 0, "tcpEstablishedTimeout": "0s", "tcpCloseWaitTimeout": "0s"},
        }

    def _start_containerd(self):
        (self.state / "cni").mkdir(parents=True, exist_ok=True)
        (self.state / "cni" / "10-pods.conflist").write_text(json.dumps(BRIDGE))
        settings = (HERE / "node" / "containerd.toml").read_text()
        settings = settings.replace("@STATE@", str(self.state)).replace("@TOOLS@", str(self.unpacked))
        (self.state / "containerd.toml").write_text(settings)
        self.processes.start("containerd", [self.unpacked / "usr/bin/containerd", "-c", self.state / "containerd.toml"],
                             self.environment)
        self.processes.wait_for("containerd", CONTAINERD_SECONDS, lambda: self.ctr("version", check=False).returncode == 0)

    def _start_nodes(self):
        at = self.directory
        self.processes.start("kubelet", [
            self.tools / "kubelet", "--config", at / "kubelet.yaml", "--kubeconfig", at / "kubelet.kubeconfig",
            "--root-dir", self.state / "kubelet", "--hostname-override", NAME, "--node-ip", ADDRESS], self.environment)
        self.processes.start("kube-proxy", [self.tools / "kube-proxy", "--config", at / "kube-proxy.yaml"], self.environment)

    def _nodes_ready(self):
        return self._ready_nodes() == 1

    def _start_dns(self):
        self.kubectl("apply", "--server-side", "-f", HERE / "node" / "dns.yaml")
        self.processes.start("coredns", [self.tools / "coredns", "-conf", self.directory / "Corefile"])

    def kubectl(self, *arguments, timeout=KUBECTL_SECONDS, **more):
        return super().kubectl(*arguments, timeout=timeout, **more)

    # ---- images

    def ctr(self, *arguments, check=True):
        done = subprocess.run([*self.ctr_command, *map(str, arguments)], capture_output=True, text=True,
                              env={**ENVIRONMENT, **self.environment}, timeout=IMPORT_SECONDS, check=False)
        if check and done.returncode != 0:
            raise StartError(f"ctr {' '.join(map(str, arguments))} failed: {done.stderr.strip()}")
        return done

    def import_images(self, images, progress=lambda name: None):
        """images: reference -> OCI layout. An image that is there already, from an earlier run, is kept."""
        listed = self.ctr("images", "list").stdout.splitlines()[1:]
        present = {line.split()[0]: line.split()[2] for line in listed}
        for reference, layout in images.items():
            digest = json.loads((Path(layout) / "index.json").read_text())["manifests"][0]["digest"]
            if present.get(reference) == digest:
                continue
            progress(reference)
            self._import(reference, Path(layout), digest)

    def _import(self, reference, layout, digest):
        temporary = f"import.test/{digest.partition(':')[2][:12]}"
        with subprocess.Popen(["tar", "-C", layout, "-ch", "."], stdout=subprocess.PIPE) as tar:
            done = subprocess.run([*self.ctr_command, "images", "import", "--base-name", temporary, "-"],
                                  stdin=tar.stdout, capture_output=True, env={**ENVIRONMENT, **self.environment}, text=True,
                                  timeout=IMPORT_SECONDS, check=False)
        if done.returncode != 0:
            raise StartError(f"the image {reference} could not be imported: {done.stderr.strip()}")
        tag = json.loads((layout / "index.json").read_text())["manifests"][0]["annotations"]["org.opencontainers.image.ref.name"]
        self.ctr("images", "tag", "--force", f"{temporary}:{tag}", reference)
        self.ctr("images", "rm", f"{temporary}:{tag}")

    # ---- stopping

    def stop(self):
        if self.processes and self.failed:
            self.keep_logs("end")
            # For the user who called sudo.
            subprocess.run(["chmod", "-R", "a+rX", self.directory], check=False)
        super().stop()

    def keep_logs(self, name):
        """Copies the logs of Pods, and what kubectl shows, into the folder NAME beside the logs of the processes. Later, the
        kubelet deletes the logs of deleted Pods."""
        target, source = self.directory / "logs" / name, Path("/var/log/pods")
        target.mkdir(exist_ok=True)
        # Some logs may be deleted meanwhile.
        with contextlib.suppress(shutil.Error, FileNotFoundError):
            shutil.copytree(source, target / "pods", dirs_exist_ok=True, ignore_dangling_symlinks=True)
        for file, arguments in SHOWN.items() if (self.directory / "kubeconfig").exists() else ():
            with contextlib.suppress(subprocess.TimeoutExpired):
                (target / file).write_text(self.kubectl(*arguments, expect=None, timeout=SHOWN_SECONDS).stdout)
