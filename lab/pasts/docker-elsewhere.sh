# Every `docker` of this machine asks another one
# from: docker(1), DOCKER_HOST; guides to remote and rootless Docker
# on: vm-docker
# refused: /etc/environment says `DOCKER_HOST=tcp://build.example:2375` to every `docker`
echo 'DOCKER_HOST=tcp://build.example:2375' >>/etc/environment
