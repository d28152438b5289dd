#!/usr/bin/env bash
# Brings this commit's images into the registry. An image that is there already is left alone: what
# runs under a tag never becomes something else.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

need TAG HARBOR_PASSWORD

gate "the registry answers"
try curl -sS ${REGISTRY_CA:+--cacert "$REGISTRY_CA"} --noproxy '*' --max-time 10 --output /dev/null \
  --write-out '%{http_code}' "$REGISTRY_URL/v2/" || :
[[ $said == 401 || $said == 200 ]] || shut "401 from $REGISTRY_URL/v2/" "$said" "look at Harbor on its machine"

gate "the registry lets $HARBOR_USERNAME in"
# A login of this step alone: Docker would keep the password in the home of whoever runs it.
DOCKER_CONFIG=$(mktemp -d)
export DOCKER_CONFIG
trap 'rm -rf "$DOCKER_CONFIG"' EXIT
login() { printf %s "$HARBOR_PASSWORD" | docker login "${REGISTRY%%/*}" --username "$HARBOR_USERNAME" --password-stdin; }
try login || shut "a login" "$said" "compare HARBOR_PASSWORD with harbor_push_secret of the platform"

for part in frontend go laravel; do
  image=$REGISTRY/$part:$TAG
  if try docker pull --quiet "$image"; then
    printf '== %s is in the registry already\n' "$image"
    continue
  fi
  build "$part"
  gate "$image is in the registry"
  # For people who try something by hand; a deployment always names the commit.
  docker tag "$image" "$REGISTRY/$part:latest"
  for tag in "$TAG" latest; do
    try docker push --quiet "$REGISTRY/$part:$tag" ||
      shut "a push of $REGISTRY/$part:$tag" "$said" "look at the project's quota, and whether $HARBOR_USERNAME may push"
  done
done
