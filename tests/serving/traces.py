# SPDX-License-Identifier: Apache-2.0
"""What a cluster could leave behind in the machine: processes, mounts, network devices, cgroups, files outside of its folder.

    before = traces.of_machine()
    ... a cluster lives and ends ...
    traces.left_behind(before, state, pid)      # empty, or a line for each trace

Other clusters may come and go at the same time: processes and cgroups are only those of this one.
"""
import os
from pathlib import Path

from namespaces import CGROUPS, PREFIX

# Where containerd, the kubelet and CNI plugins write by default.
FOLDERS = ["/var/lib/kubelet", "/var/lib/cni", "/var/lib/containerd", "/run/containerd", "/run/netns", "/run/flannel", "/etc/cni",
           "/opt/cni", "/var/log/pods", "/var/log/containers", "/run/xtables.lock"]


def of_machine():
    """Kind -> the names of what is there."""
    mounts = Path("/proc/self/mountinfo").read_text().splitlines()
    return {
        "mount": {" ".join(line.split()[3:5]) for line in mounts},
        "network device": set(os.listdir("/sys/class/net")),
        "file": {str(path) for folder in map(Path, FOLDERS) if folder.exists() for path in (folder, *folder.rglob("*"))},
    }


def left_behind(before, state, pid):
    """Lines. state, pid: the folder of the cluster, and the process that called namespaces.run()."""
    after = of_machine()
    lines = [f"{kind}: {name}" for kind in before for name in sorted(after[kind] - before[kind])]
    lines += [f"missing {kind}: {name}" for kind in before for name in sorted(before[kind] - after[kind])]
    return lines + cgroups(pid) + processes(state, pid) + [f"file: {path}" for path in sorted((state / "tmp").glob("*"))]


def cgroups(pid):
    name = f"{PREFIX}{pid}"
    return [f"cgroup: {folder}/{name}" for folder, names, _ in os.walk(CGROUPS) if name in names]


def processes(state, pid):
    """Those of the cluster: by their cgroup, or by the folder for temporary files that they inherited."""
    found, marker = [], f"TMPDIR={state / 'tmp'}".encode()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            groups = (folder / "cgroup").read_text().splitlines()
            ours = any(f"{PREFIX}{pid}" in line.split(":", 2)[2].split("/") for line in groups) or \
                marker in (folder / "environ").read_bytes().split(b"\0")
            if ours:
                found.append(f"process {folder.name}: {(folder / 'cmdline').read_bytes().replace(bytes(1), b' ').decode()[:100]}")
        except OSError:
            continue  # it has ended
    return found
