#!/usr/bin/env bash
# Installs Prometheus, Grafana, Loki, and what brings every pod's log to Loki. By hand or by the manual
# job; a second time it changes nothing. It needs an administrator's kubeconfig: the pipeline's own
# account ends at the application's namespace.
set -euo pipefail
NAMESPACE=monitoring
. "$(dirname "$0")/lib.sh"

readonly PROMETHEUS=https://prometheus-community.github.io/helm-charts PROMETHEUS_CHART=77.11.1
readonly LOKI=https://grafana-community.github.io/helm-charts LOKI_CHART=8.1.3
readonly ALLOY=https://grafana.github.io/helm-charts ALLOY_CHART=1.5.1
readonly HELM_VERSION=3.14.4
readonly HELM_SHA256=a5844ef2c38ef6ddf3b5a8f7d91e7e0e8ebc39a38bb3fc8013d629c1ef29c259
: "${HELM_RELEASES:=https://get.helm.sh}"

helm() { .bin/helm "$@"; }

# helm counts every upgrade, also one that changes nothing: it remembers what it was given.
deployed() { # RELEASE SUM
  helm history "$1" --namespace "$NAMESPACE" --max 1 --output json | grep "\"status\":\"deployed\".*\"description\":\"$2\""
}

definitions() { helm show crds "$1" --repo "$2" --version "$3" | kubectl apply --server-side --force-conflicts --filename -; }

install() { # RELEASE CHART REPOSITORY VERSION
  local values=deploy/monitoring/$2.yaml sum
  gate "$1 is $2 $4"
  sum=$(cat "$values" - <<<"$3 $4" | sha256sum)
  sum=${sum%% *}
  if try deployed "$1" "$sum"; then
    printf 'it is there already\n'
    return
  fi
  try helm upgrade --install "$1" "$2" --repo "$3" --version "$4" --namespace "$NAMESPACE" --create-namespace \
    --values "$values" --skip-crds --description "$sum" --wait --timeout 20m ||
    shut "$1 deployed, and all of it ready" "$said" "look at: kubectl --namespace $NAMESPACE get pods,events"
}

shows() { # SERVICE PATH
  local port worker
  gate "$1 answers on every worker"
  try kubectl get service "$1" --output 'jsonpath={.spec.ports[?(@.nodePort)].nodePort}' || said=""
  port=${said%% *}
  [[ -n $port ]] || shut "a NodePort of service $1" "$said" "look at deploy/monitoring"
  for worker in $WORKERS; do
    answers "http://$worker:$port$2" "its pods, and whether the firewall of $worker lets NodePort $port in"
  done
}

# The chart's own one is public. Made once; whoever wants another one changes it in Grafana.
own_password() {
  try kubectl get secret grafana-admin --output name && return
  try kubectl get namespace "$NAMESPACE" --output name || try kubectl create namespace "$NAMESPACE" ||
    shut "a namespace $NAMESPACE" "$said" "look whose kubeconfig this is"
  try apply <<END || shut "a Secret grafana-admin" "$said" "look whose kubeconfig this is"
{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "grafana-admin"},
 "stringData": {"admin-user": "admin", "admin-password": "$(openssl rand -hex 24)"}}
END
}

need KUBECONFIG_ADMIN
connect KUBECONFIG_ADMIN

gate "helm $HELM_VERSION is here"
archive=.bin/helm-v$HELM_VERSION.tar.gz
fetch "$HELM_RELEASES/helm-v$HELM_VERSION-linux-amd64.tar.gz" "$HELM_SHA256" "$archive"
tar --extract --gzip --file "$archive" --directory .bin --strip-components 1 linux-amd64/helm

# helm installs definitions once and never updates them, and they are too large for an annotation.
gate "definitions of kube-prometheus-stack $PROMETHEUS_CHART are applied"
try definitions kube-prometheus-stack "$PROMETHEUS" "$PROMETHEUS_CHART" ||
  shut "definitions accepted by the cluster" "$said" "look whether this machine reaches $PROMETHEUS, and whose kubeconfig this is"
gate "Grafana has a password of its own"
own_password
install kps kube-prometheus-stack "$PROMETHEUS" "$PROMETHEUS_CHART"
install loki loki "$LOKI" "$LOKI_CHART"
install alloy alloy "$ALLOY" "$ALLOY_CHART"

shows kps-grafana /api/health
shows kps-prometheus /-/ready
shows loki-gateway /
printf '== Grafana: user admin; the password is in secret grafana-admin of namespace %s, key admin-password\n' "$NAMESPACE"
