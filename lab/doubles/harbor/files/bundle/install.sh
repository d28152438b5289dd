#!/bin/bash
# Loads the images, prepares the configuration, takes Harbor down and up again. Data is kept.
set -e
cd "$(dirname "$0")"
source ./common.sh
item=0

if [ $# -gt 0 ]; then
  note "This double takes no options: set hostname and the rest in harbor.yml first."
  [ "$1" = --help ]
  exit
fi

step "checking if docker is installed ..."
check_docker
step "checking docker-compose is installed ..."
check_dockercompose
if ls harbor*.tar.gz >/dev/null 2>&1; then
  step "loading Harbor images ..."
  docker load -i ./harbor*.tar.gz
fi
step "preparing harbor configs ..."
./prepare
note "stopping existing Harbor instance ..."
docker compose down -v
step "starting Harbor ..."
docker compose up -d
success "----Harbor has been installed and started successfully.----"
