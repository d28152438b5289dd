# A kernel that has the memory cgroup off, as Raspberry Pi OS and Debian for ARM have it
# from: kubernetes/kubernetes#54914, k3s-io/k3s#8890
# on: vm-k8s
# refused: its kernel has the cgroup memory off, without which kubelet does not start
if [ -r /sys/fs/cgroup/cgroup.controllers ]; then
  sed 's/memory//' /sys/fs/cgroup/cgroup.controllers >/root/cgroups
  mount --bind /root/cgroups /sys/fs/cgroup/cgroup.controllers
else
  sed 's/^\(memory.*\)1$/\10/' /proc/cgroups >/root/cgroups
  mount --bind /root/cgroups /proc/cgroups
fi
