#!/usr/bin/env bash
# Migrates the database to what runs, by hand: SEED=true also fills a shop that is empty.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

need KUBECONFIG_PROD
connect KUBECONFIG_PROD
enter
gate "laravel runs"
try running || shut "a list of what runs" "$said" "look at the API server"
[[ $said =~ laravel\ ($REGISTRY/laravel:([^[:space:]@]+)[^[:space:]]*) ]] || shut "laravel among what runs" "$said" "deploy first"
reference[laravel]=${BASH_REMATCH[1]}
TAG=${BASH_REMATCH[2]}
migrate
