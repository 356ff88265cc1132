# SPDX-License-Identifier: Apache-2.0
"""A node with everything that serves models: Envoy Gateway, Modelgate as an admin installs it, an S3 server with models.

    with Installation(parts, state, image) as cluster:
        cluster.node.kubectl("apply", "-f", "iris.yaml")
"""
import re
import ssl
import urllib.request
from pathlib import Path

import yaml

from node import Node
from processes import StartError

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
DEPLOY = ROOT / "deploy"
ROLLOUT = "580s"
STORE_SECONDS, PUT_SECONDS = 60, 10
# Anybody may read an object, so that http:// works as well.
PUBLIC = {"x-amz-acl": "public-read"}
OWN_REGISTRY = "modelgate.test"
# Images of tests/serving/images under the names that our manifests have: name -> (file, name of the image in it).
STAND_INS = {
    "sklearnserver": (DEPLOY / "runtimes" / "sklearnserver.yaml", "kserve/sklearnserver"),
    "mlserver": (DEPLOY / "runtimes" / "mlserver.yaml", "docker.io/seldonio/mlserver"),
    "agent": (DEPLOY / "config" / "inferenceservice.yaml", "kserve/agent"),
    "storage-initializer": (DEPLOY / "config" / "storage-container.yaml", "kserve/storage-initializer"),
}


class Installation:
    domain = "example.com"

    def __init__(self, parts, state, image):
        self.parts, self.image = Path(parts), Path(image)
        self.node = Node(parts, state)

    def __enter__(self):
        self.node.__enter__()
        try:
            self._install()
        except BaseException as error:
            self.node.__exit__(type(error), error, None)
            raise
        return self

    def __exit__(self, *failure):
        self.node.__exit__(*failure)

    def check(self):
        """Raises StartError if a process of the node has ended."""
        for process in self.node.processes.running:
            if process.poll() is not None:
                raise StartError(f"{process.name} ended with {process.returncode}\n{self.node.processes.tail(process.name)}")

    def _install(self):
        node = self.node
        say("importing images")
        node.import_images(self.images(), lambda name: say(f"importing {name}"))
        say("installing Modelgate and the gateway")
        node.kubectl("apply", "--server-side", "-k", HERE / "install")
        # install/configuration.yaml names it: downloads trust the cluster's own CA.
        node.kubectl("create", "configmap", "private-cas", "-n", "kserve", f"--from-file=cabundle.crt={node.ca.certificate}")
        node.kubectl("create", "namespace", "envoy-gateway-system")
        node.kubectl("apply", "--server-side", "--force-conflicts", "-n", "envoy-gateway-system",
                     "-f", self.parts / "gateway" / "gateway.yaml")
        node.kubectl("apply", "--server-side", "-f", HERE / "node" / "models.yaml")
        node.kubectl("apply", "--server-side", "-f", HERE / "node" / "gateway.yaml")
        say("waiting for them")
        for namespace, names in (("kserve", ["modelgate-webhook", "modelgate-reconciler"]), ("models", ["s3"]),
                                 ("envoy-gateway-system", ["envoy-gateway"])):
            node.kubectl("rollout", "status", "-n", namespace, "--timeout", ROLLOUT,
                         *[f"deployment/{name}" for name in names])
        node.kubectl("wait", "-n", "kserve", "--for=condition=Programmed", "--timeout", ROLLOUT,
                     "gateway/kserve-ingress-gateway")
        self.store_models()

    def images(self):
        """Reference -> OCI layout."""
        layouts = {path.name: path for path in sorted((self.parts / "images").iterdir())}
        found = {}
        for name, layout in layouts.items():
            manifest, image = STAND_INS.get(name, (None, None))
            found[reference_in(manifest, image) if manifest else f"{OWN_REGISTRY}/{name}:1"] = layout
        version = yaml.safe_load((DEPLOY / "base" / "kustomization.yaml").read_text())["images"][0]["newTag"]
        found[f"docker.io/modelgate/modelgate:{version}"] = self.image
        return found

    def store_models(self):
        """Copies the trained models into the bucket `models` of the S3 server."""
        self.store_models_at(f"http://{self.address_of('s3', 'models')}")

    def address_of(self, service, namespace):
        return self.node.kubectl("get", "service", "-n", namespace, service, "-o", "jsonpath={.spec.clusterIP}").stdout

    def store_models_at(self, server):
        """Copies the trained models into the bucket `models` of an S3 server, which must not ask for credentials."""
        self.node.processes.wait_for("the S3 server", STORE_SECONDS, lambda: self.put(f"{server}/models", b""))
        folder = self.parts / "models"
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not self.put(f"{server}/models/{path.relative_to(folder)}", path.read_bytes(), PUBLIC):
                raise StartError(f"the S3 server did not store {path.relative_to(folder)}")

    def put(self, url, data, headers=None):
        """Stores data at a URL. Returns whether it was accepted. Servers with TLS have a certificate of the cluster's CA."""
        request = urllib.request.Request(url, data, {"Content-Type": "application/octet-stream", **(headers or {})}, method="PUT")
        context = ssl.create_default_context(cafile=self.node.ca.certificate)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))
        try:
            with opener.open(request, timeout=PUT_SECONDS):
                return True
        except OSError:
            return False


def reference_in(manifest, image):
    """The full reference, with the tag that a manifest has for the image."""
    found = re.search(rf'"?image"?: "?({re.escape(image)}:[^\s",]+)', manifest.read_text())
    if not found:
        raise StartError(f"{manifest} has no image {image}")
    reference = found[1]
    return reference if "." in reference.split("/")[0] else f"docker.io/{reference}"


def say(text):
    print(f"==> {text}", flush=True)
