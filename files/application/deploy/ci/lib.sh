# shellcheck shell=bash
# What the steps of a deployment share. Sourced by each, from wherever it is called.
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit
# shellcheck source=settings.sh
. deploy/ci/settings.sh
: "${TAG:=${CI_COMMIT_SHORT_SHA:-$(git rev-parse --short=8 HEAD)}}"

readonly APPS='app in (frontend,go,laravel)'
readonly SECRETS=(HARBOR_PASSWORD HARBOR_PULL_PASSWORD MYSQL_ROOT_PASSWORD MYSQL_PASSWORD APP_KEY)
connected=""
declare -A reference # of the image of each part that is deployed: a tag can be moved, its digest cannot
said="" # what the last command under `try` printed

# A gate opens in silence; one that stays shut ends the step, in three sentences.
gate() {
  current=$1
  printf '== %s\n' "$1"
}

shut() { # EXPECTED CAME DO
  printf 'gate stayed shut: %s\n  expected: %s\n  came: %s\n  do: %s\n' \
    "$current" "$1" "${2:-nothing}" "$3" | redact >&2
  exit 1
}

try() { said=$("$@" 2>&1); }

# Nobody reads a secret in a log, whoever printed it.
redact() {
  local name
  for name in "${SECRETS[@]}"; do export "${name?}"; done
  NAMES="${SECRETS[*]}" awk '
    BEGIN { count = split(ENVIRON["NAMES"], names, " ") }
    {
      for (i = 1; i <= count; i++) {
        secret = ENVIRON[names[i]]
        seen = ""
        while (secret != "" && (at = index($0, secret))) {
          seen = seen substr($0, 1, at - 1) "[" names[i] "]"
          $0 = substr($0, at + length(secret))
        }
        $0 = seen $0
      }
      print
    }'
}

need() { # NAME...: all that are missing at once
  gate "variables are set"
  local name missing=()
  for name in "$@"; do [[ -n ${!name:-} ]] || missing+=("$name"); done
  ((${#missing[@]} == 0)) || shut "$*" "without ${missing[*]}" \
    "set them in GitLab under Settings > CI/CD > Variables, or export them here; README.md says what each is"
}

fetch() { # URL SUM FILE: nothing takes the file's place before its sum was right
  local url=$1 sum=$2 file=$3 came
  if [[ ! -x $file ]] || ! sha256sum --check --status <<<"$sum  $file"; then
    mkdir -p "$(dirname "$file")"
    try curl -fsSL --retry 3 --output "$file.part" "$url" ||
      shut "a file at $url" "$said" "look whether this machine reaches that address"
    came=$(sha256sum "$file.part")
    if [[ ${came%% *} != "$sum" ]]; then
      rm "$file.part"
      shut "sha256 $sum" "${came%% *}" "do not use that file; find out who changed $url, or the sum"
    fi
    chmod 0755 "$file.part"
    mv "$file.part" "$file"
  fi
}

build() { # PART: one of the three folders
  gate "an image of $1"
  made "$1" --tag "$REGISTRY/$1:$TAG" ||
    shut "docker build of $1" "status $?" "read the lines above; the same command does it on any machine"
}

tested() { # PART
  gate "tests of $1"
  made "$1" --target test --output type=cacheonly ||
    shut "no test of $1 that fails" "status $?" "read the lines above; README.md says how they are run while one works on it"
}

# Base images and the addresses in the page: those that are set, for the Dockerfiles that ask.
made() { # PART [OPTION...]
  local part=$1 name arguments=()
  shift
  while read -r _ name; do
    name=${name%%=*}
    [[ -z ${!name:-} ]] || arguments+=(--build-arg "$name=${!name}")
  done < <(grep '^ARG ' "$part/Dockerfile")
  docker build "$@" "${arguments[@]}" "$part"
}

# The headers of what the registry has under this commit's tag, whose media types it has to be told.
manifest() { # PART
  local secret=${HARBOR_PULL_PASSWORD//\\/\\\\} kind kinds=()
  for kind in oci.image.index.v1 oci.image.manifest.v1 docker.distribution.manifest.list.v2 docker.distribution.manifest.v2; do
    kinds+=(--header "Accept: application/vnd.$kind+json")
  done
  curl -sS --head ${REGISTRY_CA:+--cacert "$REGISTRY_CA"} --noproxy '*' --max-time 20 --retry 3 "${kinds[@]}" \
    --config <(printf 'user = "%s:%s"\n' "$HARBOR_PULL_USERNAME" "${secret//\"/\\\"}") \
    "$REGISTRY_URL/v2/${REGISTRY#*/}/$1/manifests/$TAG"
}

pinned() { # PART...: each by the digest that the registry has now
  local part
  gate "the registry has images of $TAG"
  for part in "$@"; do
    try manifest "$part" || :
    [[ ${said,,} =~ docker-content-digest:\ *(sha256:[0-9a-f]{64}) ]] ||
      shut "an image $REGISTRY/$part:$TAG" "$(head -n 1 <<<"$said")" \
        "push it (deploy/ci/push.sh); at 401 or 403 compare HARBOR_PULL_PASSWORD with harbor_pull_secret of the platform"
    reference[$part]=$REGISTRY/$part:$TAG@${BASH_REMATCH[1]}
  done
}

kubectl() { .bin/kubectl --namespace "$NAMESPACE" "$@"; }

# By the server, which keeps no second copy of a Secret in an annotation.
apply() { kubectl apply --server-side --force-conflicts --field-manager ci --filename -; }

connect() { # NAME: a variable of type File with a kubeconfig
  local name=$1 url="$KUBECTL_RELEASES/v$KUBECTL_VERSION/bin/linux/amd64/kubectl"
  gate "kubectl $KUBECTL_VERSION is here"
  if [[ -z $KUBECTL_SHA256 ]]; then
    try curl -fsSL --retry 3 "$url.sha256" ||
      shut "a sum at $url.sha256" "$said" "look whether this machine reaches that address, or set KUBECTL_SHA256"
    KUBECTL_SHA256=${said%% *}
  fi
  fetch "$url" "$KUBECTL_SHA256" .bin/kubectl

  gate "the kubeconfig is a file that only its owner reads"
  [[ -f ${!name} ]] || shut "a path to a file in $name" "something else" \
    "give the variable the type File in GitLab, or export the path of kubeconfig-ci"
  export KUBECONFIG=${!name}
  try chmod 0600 "$KUBECONFIG" || shut "mode 0600" "$said" "put the file where you may change it"

  gate "the cluster answers"
  try kubectl --request-timeout=20s get nodes --output name || shut "a list of nodes" "$said" \
    "look at the API server, at the way to it, and whether the kubeconfig still counts"
}

enter() {
  gate "namespace $NAMESPACE and its default service account are there"
  try kubectl get namespace "$NAMESPACE" --output name ||
    shut "namespace $NAMESPACE" "$said" "run the platform's deploy, which makes it"
  until_true 30 kubectl get serviceaccount default --output name ||
    shut "service account default" "$said" "look at kube-controller-manager, which makes it"
  connected=yes
}

until_true() { # SECONDS COMMAND...
  local end=$(($(date +%s) + $1))
  shift
  until try "$@"; do
    (($(date +%s) < end)) || return 1
    sleep 2
  done
}

# What is in the repository, with this commit's images. The annotation changes with the manifest and
# with the secrets: pods read both only when they start.
render() { # FILE [REPLICAS]
  local sum secrets part edits=()
  for part in "${!reference[@]}"; do edits+=(-e "s#(image: )$REGISTRY/$part:latest\$#\1${reference[$part]}#"); done
  sum=$(sha256sum "$1") || return
  secrets=$(kubectl get secret app-secrets --output 'jsonpath={.metadata.resourceVersion}') || return
  sed -E "${edits[@]}" \
    -e "s#^( +config: )\"\"#\1\"${sum:0:12}-$secrets\"#" \
    -e "s#(name: SEED, value: )\"true\"#\1\"$SEED\"#" \
    ${2:+-e "s#^(  replicas: ).*#\1$2#"} "$1"
}

put() { render "$@" | apply; }

accepted() { # FILE [REPLICAS]
  try put "$@" || shut "$1 accepted by the cluster" "$said" "mend it; kubectl apply --dry-run=server says more"
  printf '%s\n' "$said"
}

# What serves now: NAME IMAGE, a line each.
running() {
  kubectl get deployments --selector "$APPS" --output 'jsonpath={range .items[?(@.spec.replicas>0)]}{.metadata.name} {.spec.template.spec.containers[0].image}{"\n"}{end}'
}

runs() { # APP: whether it runs this commit
  # Not -q, which would end kubectl in the middle, and be taken for "no".
  running | grep -xF "$1 ${reference[$1]}" >/dev/null
}

migrate() {
  local job=deploy/k8s/jobs/laravel-migrate-job.yaml end
  gate "the database is migrated to $TAG"
  [[ $SEED == true || $SEED == false ]] || shut "SEED true or false" "$SEED" "set one of them"
  try kubectl delete job laravel-migrate --ignore-not-found --timeout 120s ||
    shut "no job of an earlier deployment" "$said" "delete job laravel-migrate by hand"
  accepted "$job"
  # Longer than the job's own deadline, which says more.
  end=$(($(date +%s) + 1860))
  while :; do
    # An API server that is away for a moment is asked again.
    try kubectl get job laravel-migrate --output 'jsonpath={.status.conditions[?(@.status=="True")].type}' || said=""
    case " $said " in
      *" Complete "*) return ;;
      *" Failed "*)
        try kubectl logs job/laravel-migrate --all-containers --tail 20 || :
        shut "job laravel-migrate complete" "$said" \
          "mend the migration and push; what ran before still runs, with the database as far as the migration came"
        ;;
    esac
    (($(date +%s) < end)) || shut "job laravel-migrate complete within 30 minutes" "$said" \
      "look at its pod below; a slow migration needs a longer activeDeadlineSeconds in $job"
    sleep 2
  done
}

roll() { # APP: one pod after the other, none of the old ones before a new one is ready
  local manifest
  manifest=$(echo deploy/k8s/base/*-"$1".yaml)
  gate "$1 runs $TAG"
  accepted "$manifest"
  try runs "$1" || shut "image ${reference[$1]}" "$(running)" "name the image $REGISTRY/$1:latest in $manifest"
  try kubectl rollout status deployment/"$1" --timeout 360s || shut "$1 rolled out" "$said" \
    "look at its pods below; older ones serve on. To go back: deploy/ci/rollback.sh TAG"
}

health() {
  local app worker port path
  gate "every worker answers for every app"
  for app in frontend go laravel; do
    port=$(kubectl get service "$app" --output 'jsonpath={.spec.ports[0].nodePort}')
    path=/healthz
    [[ $app != frontend ]] || path=/
    for worker in $WORKERS; do answers "http://$worker:$port$path" "the pods of $app, and the firewall of $worker"; done
  done
  gate "the edge answers for every app"
  for path in $EDGE_PROBES; do answers "$EDGE_URL$path" "the edge, and its way to the workers"; done
}

answers() { # URL LOOK: the edge's certificate may be its own, and nothing secret is asked
  until_true 60 curl -fsS --insecure --noproxy '*' --max-time 5 --output /dev/null "$1" ||
    shut "an answer from $1" "$said" "look at $2"
}

# What a person would look at first, without the values of any secret.
dump() {
  local app
  printf '\n-- what the cluster says\n'
  {
    kubectl get pods,jobs,deployments,statefulsets,persistentvolumeclaims --output wide || :
    kubectl get events --sort-by .lastTimestamp | tail -n 30 || :
    kubectl describe pods --selector "app in (mysql,laravel-migrate,frontend,go,laravel)" | tail -n 200 || :
    for app in mysql laravel-migrate laravel go frontend; do
      printf -- '-- log of %s\n' "$app"
      kubectl logs --selector "app=$app" --all-containers --prefix --tail 30 || :
    done
  } 2>&1 | redact
}

ended() {
  local status=$?
  ((status == 0)) || [[ -z $connected ]] || dump
  exit "$status"
}
trap ended EXIT
