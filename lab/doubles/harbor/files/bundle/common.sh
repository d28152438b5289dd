#!/bin/bash
# Words and checks that install.sh shares.

step() { printf '\n[Step %s]: %s\n' "$((item++))" "$1"; }
note() { printf '\nNote: %s\n' "$1"; }
success() { printf '✔ %s\n' "$1"; }
error() { printf '✖ %s\n' "$1"; }

check_docker() {
  if ! docker --version >/dev/null 2>&1; then
    error "Need to install docker(20.10.10+) first and run this script again."
    exit 1
  fi
  note "docker version: $(docker --version | grep -oE '[0-9]+(\.[0-9]+)+' | head -1)"
}

check_dockercompose() {
  if ! docker compose version >/dev/null 2>&1; then
    error "Need to install the docker-compose-plugin first and run this script again."
    exit 1
  fi
  note "$(docker compose version)"
}
