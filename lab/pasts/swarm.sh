# A Docker host that is one of a Swarm's
# from: moby's daemon ("--live-restore daemon configuration is incompatible with swarm mode")
# on: vm-docker
# refused: its Docker is one of a Swarm's, with which it does not start as the platform sets it
mkdir -p /var/lib/docker/swarm
echo '{"LocalAddr":"192.168.56.42"}' >/var/lib/docker/swarm/docker-state.json
