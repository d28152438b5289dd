#!/bin/sh
# As the official image: what is put into /docker-entrypoint.d runs before nginx does.
set -e
case "$1" in
nginx | nginx-debug)
    for script in /docker-entrypoint.d/*.sh; do
        if [ -x "$script" ]; then "$script"; fi
    done
    ;;
esac
exec "$@"
