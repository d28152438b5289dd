# containerd's folder on a larger disk, with a link in its place
# from: guides to a full root disk
# on: vm-worker
# then: test -L /var/lib/containerd && test -d /srv/containerd/io.containerd.content.v1.content
mkdir -p /srv/containerd
ln -s /srv/containerd /var/lib/containerd
