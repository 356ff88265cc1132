# SPDX-License-Identifier: Apache-2.0
"""Writes container images without a container engine: OCI image layouts (opencontainers/image-spec, v1) from files. Used for
our own image (assemble.py) and for the images of the serving tests.

    layout = Layout(Path("build/image"))
    layer = layout.layer({"usr/local/bin/server": Entry(Path("server").read_bytes(), 0o755)})
    layout.write([layer], "v1", {"Entrypoint": ["/usr/local/bin/server"]})

The same inputs give the same digest: it does not depend on time, owner or file order.
"""
import gzip
import hashlib
import io
import json
import os
import platform
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

# machine -> OCI's name
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
MEDIA = "application/vnd.oci.image."
TAR, CONFIG = MEDIA + "layer.v1.tar", MEDIA + "config.v1+json"
MANIFEST, INDEX = MEDIA + "manifest.v1+json", MEDIA + "index.v1+json"
BLOCK = 1 << 20


@dataclass(frozen=True)
class Entry:
    """A file of the image: its content, or the file that has it. link: where a symbolic link points. folder: an empty one."""
    content: bytes = b""
    mode: int = 0o644
    link: str = ""
    source: Path | None = None
    folder: bool = False

    def size(self):
        return self.source.stat().st_size if self.source else len(self.content)

    def open(self):
        return open(self.source, "rb") if self.source else io.BytesIO(self.content)


def entries_of(folder, at=""):
    """Path -> Entry: the files and links below a folder, at the path `at` of the image."""
    found = {}
    for path in Path(folder).rglob("*"):
        name = str(Path(at) / path.relative_to(folder))
        if path.is_symlink():
            found[name] = Entry(link=os.readlink(path))
        elif path.is_file():
            found[name] = Entry(mode=0o755 if path.stat().st_mode & 0o100 else 0o644, source=path)
    return found


def write_tar(entries, out):
    """A tar of the entries and their folders: sorted, owned by root, dated 1970."""
    folders = sorted({str(parent) for path in entries for parent in Path(path).parents if str(parent) != "."})
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for folder in folders:
            info = tarfile.TarInfo(folder + "/")
            info.type, info.mode = tarfile.DIRTYPE, 0o755
            tar.addfile(info)
        for path, entry in sorted(entries.items()):
            info = tarfile.TarInfo(path)
            info.mode = entry.mode
            if entry.link:
                info.type, info.linkname, info.mode = tarfile.SYMTYPE, entry.link, 0o777
                tar.addfile(info)
                continue
            if entry.folder:
                info.type = tarfile.DIRTYPE
                tar.addfile(info)
                continue
            info.size = entry.size()
            with entry.open() as file:
                tar.addfile(info, file)


def tar_of(entries):
    out = io.BytesIO()
    write_tar(entries, out)
    return out.getvalue()


@dataclass(frozen=True)
class Layer:
    descriptor: dict
    # The digest of the tar; that of the descriptor is of the blob, which may be compressed.
    diff_id: str


class Layout:
    """An OCI image layout in a folder, with one image."""

    def __init__(self, directory):
        self.directory = directory
        self.blobs = directory / "blobs" / "sha256"
        self.blobs.mkdir(parents=True, exist_ok=True)

    def layer(self, entries, compress=False):
        with tempfile.TemporaryFile(dir=self.directory) as tar:
            write_tar(entries, tar)
            tar.seek(0)
            if compress:
                data = tar.read()
                return Layer(self._blob(gzip.compress(data, 9, mtime=0), TAR + "+gzip"), digest_of(io.BytesIO(data)))
            return self._file(tar)

    def write(self, layers, name, config):
        """Writes the image. name: its tag or its whole reference; config: OCI's image configuration, the member `config`."""
        made = {"architecture": ARCHITECTURES[platform.machine()], "os": "linux"}
        configuration = self._document({
            **made, "config": config,
            "rootfs": {"type": "layers", "diff_ids": [layer.diff_id for layer in layers]}}, CONFIG)
        descriptors = [layer.descriptor for layer in layers]
        manifest = self._document({"schemaVersion": 2, "mediaType": MANIFEST, "config": configuration,
                                   "layers": descriptors},
                                  MANIFEST, platform=made, annotations={"org.opencontainers.image.ref.name": name})
        self._drop_others([configuration, manifest, *descriptors])
        (self.directory / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}\n')
        (self.directory / "index.json").write_text(
            json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": [manifest]}, sort_keys=True) + "\n")
        return manifest

    def _blob(self, data, media, **more):
        """Writes a blob; returns its descriptor."""
        name = digest_of(io.BytesIO(data))
        (self.blobs / name.partition(":")[2]).write_bytes(data)
        return {"mediaType": media, "digest": name, "size": len(data), **more}

    def _file(self, tar):
        name = digest_of(tar)
        tar.seek(0)
        with open(self.blobs / name.partition(":")[2], "wb") as blob:
            while block := tar.read(BLOCK):
                blob.write(block)
            size = blob.tell()
        return Layer({"mediaType": TAR, "digest": name, "size": size}, name)

    def _document(self, value, media, **more):
        return self._blob(json.dumps(value, sort_keys=True, separators=(",", ":")).encode(), media, **more)

    def _drop_others(self, descriptors):
        """Deletes the blobs of an earlier image."""
        kept = {descriptor["digest"].partition(":")[2] for descriptor in descriptors}
        for path in self.blobs.iterdir():
            if path.name not in kept:
                path.unlink()


def digest_of(file):
    digest = hashlib.sha256()
    while block := file.read(BLOCK):
        digest.update(block)
    return "sha256:" + digest.hexdigest()


def layers(directory):
    """The files of an image's layers, the lowest first."""
    def blob(descriptor):
        return Path(directory) / "blobs" / descriptor["digest"].replace(":", "/")

    index = json.loads((Path(directory) / "index.json").read_text())
    manifest = json.loads(blob(index["manifests"][0]).read_text())
    return [blob(layer) for layer in manifest["layers"]]
