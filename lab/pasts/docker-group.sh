# A group docker, with somebody in it
# from: Docker's "post-installation steps", years ago
# on: vm-docker
# noted: eve may use Docker no more
# then: ! id -nG eve | grep -qw docker
groupadd docker
useradd --groups docker eve
