#!/usr/bin/env bash
# Back to the images of an earlier commit: rollback.sh TAG. The database stays as it is, so a migration
# must leave the version before it able to work.
set -euo pipefail
TAG=${1:-}
. "$(dirname "$0")/lib.sh"

current="TAG is given"
[[ -n ${1:-} ]] || shut "rollback.sh TAG" "no tag" "name a commit that was deployed, as its first 8 characters"
need KUBECONFIG_PROD
connect KUBECONFIG_PROD
enter

gate "$TAG has run here"
# Kubernetes remembers what it replaced: ten versions of each.
try kubectl get replicasets --selector "$APPS" --output 'jsonpath={range .items[*]}{.spec.template.spec.containers[0].image}{"\n"}{end}' ||
  shut "a list of what ran" "$said" "look at the API server"
known=$said
for app in frontend go laravel; do
  # With its digest, where it was deployed by one.
  reference[$app]=$(awk -F @ -v wanted="$REGISTRY/$app:$TAG" '$1 == wanted { last = $0 } END { print last }' <<<"$known")
  [[ -n ${reference[$app]} ]] || shut "$app:$TAG among what ran" "$(sed -n 's/@.*//; s/.*://p' <<<"$known" | sort -u | xargs)" \
    "name one of these; for an older one run its pipeline again"
done

for app in laravel go frontend; do roll "$app"; done
health
printf '== back at %s\n' "$TAG"
