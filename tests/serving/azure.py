# SPDX-License-Identifier: Apache-2.0
"""Stores blobs in the Azure Blob server of the storage tests, by its REST API with a shared key."""
import base64
import email.utils
import hashlib
import hmac

# node/storage.yaml has the account and its key; node/Corefile leads the host to the server.
ACCOUNT = "testaccount"
KEY = "QUNDT1VOVC1LRVktT0YtVEhFLVRFU1RT"
HOST = f"{ACCOUNT}.blob.core.windows.net"
VERSION = "2021-08-06"
TYPE = "application/octet-stream"


def store(cluster, container, name, data):
    """Raises AssertionError if the server refuses. The container is created if needed."""
    put(cluster, f"/{container}", b"", {}, "\nrestype:container", "?restype=container")
    if not put(cluster, f"/{container}/{name}", data, {"x-ms-blob-type": "BlockBlob"}):
        raise AssertionError(f"the server did not store {name}")


def put(cluster, path, data, headers, resource="", query=""):
    headers = {**headers, "x-ms-date": email.utils.formatdate(usegmt=True), "x-ms-version": VERSION}
    canonical = "".join(f"{name}:{value}\n" for name, value in sorted(headers.items()))
    length = str(len(data)) if data else ""
    text = f"PUT\n\n\n{length}\n\n{TYPE}\n\n\n\n\n\n\n{canonical}/{ACCOUNT}{path}{resource}"
    signature = base64.b64encode(hmac.digest(base64.b64decode(KEY), text.encode(), hashlib.sha256)).decode()
    return cluster.put(f"https://{HOST}{path}{query}", data, {**headers, "Authorization": f"SharedKey {ACCOUNT}:{signature}"})
