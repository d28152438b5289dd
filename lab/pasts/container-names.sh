# A Docker host with containers of somebody's that are called like Harbor's
# from: goharbor/harbor#20944, goharbor/harbor#18008
# on: vm-docker
# refused: Docker has containers called nginx, redis that are somebody else's
printf '#!/bin/sh\necho "container redis "\necho "container nginx /srv/shop"\necho "container shop-db-1 /srv/shop"\n' \
  >/usr/bin/docker
chmod 0755 /usr/bin/docker
systemd-run --quiet --unit=docker.service sleep 3600
