#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The first process of a node's namespaces: makes its mounts and its network, runs the program, and reaps the processes that
# containers leave behind. All of the node ends with it.
#
#   init.sh STATE COMMAND...      STATE: the folder for the node's files
set -eu
state=$1
shift

mount --make-rprivate /
# A sysfs of this network namespace. It hides the cgroups, which follow.
mount -t sysfs sysfs /sys
if grep -q cgroup2 /proc/filesystems && ! grep -q '^cpu	' /proc/self/mountinfo && [ "$(awk -F: 'END {print $1}' /proc/self/cgroup)" = 0 ] &&
   [ "$(wc -l </proc/self/cgroup)" = 1 ]; then
  mount -t cgroup2 cgroup2 /sys/fs/cgroup
  # Controllers are enabled for groups of a group without processes.
  mkdir /sys/fs/cgroup/init
  echo $$ >/sys/fs/cgroup/init/cgroup.procs
  sed 's/\([a-z]\+\)/+\1/g' /sys/fs/cgroup/cgroup.controllers >/sys/fs/cgroup/cgroup.subtree_control
else
  mount -t tmpfs -o mode=755 cgroup /sys/fs/cgroup
  for controller in cpu cpuacct cpuset memory devices freezer blkio pids; do
    mkdir -p "/sys/fs/cgroup/$controller"
    mount -t cgroup -o "$controller" cgroup "/sys/fs/cgroup/$controller"
  done
  mkdir -p /sys/fs/cgroup/systemd
  mount -t cgroup -o none,name=systemd cgroup /sys/fs/cgroup/systemd
fi

# What containerd, the kubelet and CNI write outside of the state's folder.
resolv=$(readlink -f /etc/resolv.conf)
mount -t tmpfs -o mode=755 run /run
mkdir -p /run/lock "$(dirname "$resolv")"
if [ ! -d /var/lib/kubelet ] || [ ! -d /var/lib/cni ]; then
  # A /var/lib of our own, with all that is in the machine's: nothing is created in that.
  mkdir -p /run/var-lib/kubelet /run/var-lib/cni
  for path in /var/lib/*/; do
    mkdir -p "/run/var-lib/$(basename "$path")"
    mount --rbind "$path" "/run/var-lib/$(basename "$path")"
  done
  mount --rbind /run/var-lib /var/lib
fi
mount -t tmpfs -o mode=755 kubelet /var/lib/kubelet
mount -t tmpfs -o mode=755 cni /var/lib/cni
mkdir -p "$state/log"
mount --bind "$state/log" /var/log
echo "nameserver 10.200.0.1" >"$state/resolv.conf"
[ -e "$resolv" ] || : >"$resolv"
mount --bind "$state/resolv.conf" "$resolv"
# The kubelet propagates mounts into containers.
mount --make-rshared /

hostname node-0
ip link set lo up
# The node's address. The route leads nowhere; kube-proxy and the kubelet look for one.
ip link add node0 type veth peer name node0peer
ip link set node0peer up
ip addr add 10.200.0.1/24 dev node0
ip link set node0 up
ip route add default via 10.200.0.254 dev node0
echo 1 >/proc/sys/net/ipv4/ip_forward
# Without it, a Pod that reaches itself or a neighbour through a Service would see answers from another address.
[ ! -e /proc/sys/net/bridge/bridge-nf-call-iptables ] || echo 1 >/proc/sys/net/bridge/bridge-nf-call-iptables

# Not exec: this shell reaps orphans. A signal from the terminal is for the program.
trap '' INT
set +e
(trap - INT; exec "$@") &
program=$!
while :; do
  wait "$program"
  code=$?
  kill -0 "$program" 2>/dev/null || exit "$code"
done
