#!/usr/bin/env bash
# Brings this commit into the cluster, gate by gate. The first deployment keeps the applications down
# until there is a database; later ones leave what runs alone until the database is migrated, and then
# replace it pod by pod. The same commit a second time changes nothing.
# shellcheck disable=SC2016 # what stands in single quotes is for another shell
set -euo pipefail
. "$(dirname "$0")/lib.sh"

plain() { # NAME...: what stands in SQL between quotes
  local name
  for name in "$@"; do
    [[ ${!name} != *[\'\"\`\\$'\n']* ]] || shut "$name without quotes, backslashes and line ends" "one of them" "choose another"
  done
}

base64_of() { printf %s "$1" | base64 --wrap 0; }

app_secrets() {
  local name
  printf 'apiVersion: v1\nkind: Secret\nmetadata: {name: app-secrets}\ndata:\n'
  for name in MYSQL_ROOT_PASSWORD MYSQL_DATABASE MYSQL_USER MYSQL_PASSWORD APP_KEY; do
    printf '  %s: %s\n' "$name" "$(base64_of "${!name}")"
  done
}

pull_secret() {
  local auth
  auth=$(base64_of "$HARBOR_PULL_USERNAME:$HARBOR_PULL_PASSWORD")
  printf 'apiVersion: v1\nkind: Secret\nmetadata: {name: %s}\ntype: kubernetes.io/dockerconfigjson\ndata:\n  .dockerconfigjson: %s\n' \
    "$K8S_IMAGEPULL_SECRET" "$(base64_of "{\"auths\":{\"${REGISTRY%%/*}\":{\"auth\":\"$auth\"}}}")"
}

stored() { "$1" | apply; }

pulls() {
  kubectl get serviceaccount default --output 'jsonpath={range .imagePullSecrets[*]}{.name}{"\n"}{end}' |
    grep -xF -- "$K8S_IMAGEPULL_SECRET" >/dev/null
}

stopped() {
  local pods
  pods=$(kubectl get pods --selector "$APPS" --output name) && [[ -z $pods ]]
}

# The password is the first line that comes: it was changed since the pod started, perhaps.
as_root() { # PROGRAM [ARGUMENT...], with its input
  { printf '%s\n' "$MYSQL_ROOT_PASSWORD" && cat; } | kubectl exec --stdin mysql-0 --container mysql -- \
    sh -c 'IFS= read -r MYSQL_PWD; export MYSQL_PWD; exec "$@" -h 127.0.0.1 -u root' sh "$@"
}

# One that refuses the password is alive as well; what is to be done about that says the next gate.
alive() { { as_root mysqladmin ping </dev/null || :; } 2>&1 | grep -e "is alive" -e "Access denied"; }

# root's work is done inside of the pod: one who comes from elsewhere is somebody else.
database() {
  printf '%s\n' "CREATE USER IF NOT EXISTS 'root'@'127.0.0.1' IDENTIFIED BY '$MYSQL_ROOT_PASSWORD';" \
    "GRANT ALL ON *.* TO 'root'@'127.0.0.1' WITH GRANT OPTION;" \
    "DROP USER IF EXISTS 'root'@'%';" \
    "CREATE DATABASE IF NOT EXISTS \`$MYSQL_DATABASE\`;" \
    "CREATE USER IF NOT EXISTS '$MYSQL_USER'@'%' IDENTIFIED BY '$MYSQL_PASSWORD';" \
    "ALTER USER '$MYSQL_USER'@'%' IDENTIFIED BY '$MYSQL_PASSWORD';" \
    "GRANT ALL ON \`$MYSQL_DATABASE\`.* TO '$MYSQL_USER'@'%';" | as_root mysql
}

need TAG KUBECONFIG_PROD HARBOR_PULL_PASSWORD MYSQL_ROOT_PASSWORD MYSQL_PASSWORD APP_KEY
plain MYSQL_DATABASE MYSQL_USER MYSQL_PASSWORD MYSQL_ROOT_PASSWORD
[[ $APP_KEY =~ ^base64:[A-Za-z0-9+/]{43}=$ ]] || shut "an APP_KEY of 32 bytes" "something else" \
  'make one: echo "base64:$(openssl rand -base64 32)"'
pinned laravel go frontend
connect KUBECONFIG_PROD
enter

gate "app-secrets is stored"
try stored app_secrets || shut "secret app-secrets" "$said" "look whether this account may write secrets"

gate "$K8S_IMAGEPULL_SECRET is stored"
try stored pull_secret || shut "secret $K8S_IMAGEPULL_SECRET" "$said" "look whether this account may write secrets"

gate "every pod may pull from the registry"
pulls || try kubectl patch serviceaccount default --patch "{\"imagePullSecrets\":[{\"name\":\"$K8S_IMAGEPULL_SECRET\"}]}" || :
pulls || shut "$K8S_IMAGEPULL_SECRET in imagePullSecrets of serviceaccount default" "$said" "look whether this account may change it"

gate "manifests are applied"
try running || shut "a list of what runs" "$said" "look at the API server"
serving=$said
accepted deploy/k8s/base/10-mysql.yaml
if [[ -z $serving ]]; then
  for app in laravel go frontend; do accepted "$(echo deploy/k8s/base/*-"$app".yaml)" 0; done
  gate "applications are at 0"
  until_true 120 stopped || shut "no pod of frontend, go and laravel" "$(kubectl get pods --selector "$APPS" --output name)" "look at what keeps them"
else
  printf 'these serve on until the database is migrated:\n%s\n' "$serving"
fi

gate "mysql is rolled out"
try kubectl rollout status statefulset/mysql --timeout 960s || shut "statefulset mysql rolled out" "$said" \
  "look at mysql-0 below: its volume, its node, its log"
gate "mysql-0 is Ready"
try kubectl wait --for condition=Ready pod/mysql-0 --timeout 120s || shut "mysql-0 Ready" "$said" "look at mysql-0 below"
gate "mysqld answers"
until_true 60 alive || shut "mysqld is alive" "$said" "look at the log of mysql-0 below"
gate "database $MYSQL_DATABASE and user $MYSQL_USER are there"
try database || shut "database and user" "$said" \
  "MYSQL_ROOT_PASSWORD counts when the database is made: set the variable to what root has there"

if runs laravel; then
  printf '== the database is migrated to %s already\n' "$TAG"
else
  migrate
fi
for app in laravel go frontend; do roll "$app"; done
health
printf '== %s serves at %s\n' "$TAG" "$EDGE_URL"
