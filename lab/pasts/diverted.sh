# Somebody's own kubelet in the place of the package's, which dpkg puts elsewhere
# from: dpkg-divert(1); "how do I keep apt from overwriting my binary"
# on: vm-k8s
# refused: dpkg puts /usr/bin/kubelet into /usr/bin/kubelet.distrib (a local diversion)
dpkg-divert --quiet --local --no-rename --divert /usr/bin/kubelet.distrib --add /usr/bin/kubelet
