# shellcheck shell=bash disable=SC2154 # data: the script that reads this in knows where it is
# What harbor-install and harbor-back share. `data` is where Harbor keeps what is in it.
#
# /opt/harbor/.version says what was unpacked; /opt/harbor/.installed what was installed to its end,
# and the sums of what came out of it; .migrating in the data which version's database it has to be
# made again before anybody goes on ("first": none), until Harbor was seen healthy.
home=/opt/harbor
log=/var/log/harbor-install.log

fail() {
  printf '%s\n' "$1" >&2
  exit 1
}

alone() {
  umask 022
  touch $log
  chmod 0600 $log
  # One that lost its connection may still be at work; and Docker, restarted a moment ago, may have
  # the unit bring Harbor up again.
  exec 9>/run/harbor-install.lock
  flock --timeout 900 9 || fail "another installation of Harbor has been at work for 15 minutes"
}

unpacked() { cat $home/.version 2>/dev/null || true; }

# The version that the last upgrade kept a copy of.
# shellcheck disable=SC2012 # the newest first, and their names are versions
kept() { ls -dt "$data"-v*[0-9] 2>/dev/null | sed -n "1s|^$data-v||p" || true; }

# In one step, and on the disk before anything goes on: power may be cut at any time.
mark() {
  echo "$2" >"$1.new"
  sync "$1.new"
  mv "$1.new" "$1"
  sync "${1%/*}"
}

# Out of the way, but not gone before the next upgrade. The first one counts: what comes after it
# was put back by somebody who was killed.
lose() {
  if [ -e "$data/$1.lost" ]; then
    rm -rf "${data:?}/$1"
  elif [ -e "$data/$1" ]; then
    mv "$data/$1" "$data/$1.lost"
  fi
}

# The database and its keys as they were before the last upgrade.
put_back() {
  local part
  for part in database secret; do
    [ -n "$(ls -A "$data-v$1/$part" 2>/dev/null)" ] ||
      fail "$data-v$1 is no whole copy of Harbor $1: it has no $part; bring one back by hand"
    rm -rf "$data/$part.back"
    cp -a "$data-v$1/$part" "$data/$part.back"
  done
  sync -f "$data"
  for part in database secret; do
    lose $part
    mv "$data/$part.back" "$data/$part"
  done
}

compose() {
  if [ -f $home/docker-compose.yml ]; then
    logged docker compose --file $home/docker-compose.yml "$@"
  fi
}

logged() {
  echo "--- $(date --iso-8601=seconds) $*" >>$log
  (cd $home && "$@") >>$log 2>&1 ||
    fail "Harbor: $1 failed: $(tail -n 3 $log | tr '\n' ' '); see $log"
}
