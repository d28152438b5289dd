# Folders that were moved to a larger disk, with links in their place
# from: guides to a full root disk (`mv /opt /mnt && ln -s`)
# on: vm-docker
# then: test -L /opt && test -d /srv/disk/opt/harbor
# then: test -L /var/lib/docker && test -d /srv/disk/docker/volumes
mkdir -p /srv/disk/docker
mv /opt /srv/disk/opt
ln -s /srv/disk/opt /opt
ln -s /srv/disk/docker /var/lib/docker
