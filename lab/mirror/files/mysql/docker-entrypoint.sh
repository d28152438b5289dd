#!/bin/sh
# Begins a database as MySQL's image does, and runs it: MariaDB, under that name.
set -eu

data=/var/lib/mysql
server="mariadbd --no-defaults --datadir=$data --socket=/var/run/mysqld/mysqld.sock"

quoted() { printf %s "$1" | sed "s/[\\\\']/\\\\&/g"; }

begin() {
  : "${MYSQL_ROOT_PASSWORD:?is not set: it is what root logs in with}"
  # By force: it wants a name that resolves, which a container need not have.
  mariadb-install-db --no-defaults --datadir=$data --auth-root-authentication-method=normal \
    --force --skip-test-db >&2
  password=$(quoted "$MYSQL_ROOT_PASSWORD")
  # root may come from anywhere, with that password, and nobody else may.
  printf '%s\n' "DELETE FROM mysql.global_priv WHERE User <> 'mariadb.sys' AND Host <> 'localhost';" \
    "FLUSH PRIVILEGES;" \
    "ALTER USER 'root'@'localhost' IDENTIFIED BY '$password';" \
    "CREATE USER 'root'@'%' IDENTIFIED BY '$password';" \
    "GRANT ALL ON *.* TO 'root'@'%' WITH GRANT OPTION;" \
    "${MYSQL_DATABASE:+CREATE DATABASE \`$MYSQL_DATABASE\`;}" | $server --bootstrap
  touch $data/begun
}

case ${1:-} in
  "" | -*) ;;
  *) exec "$@" ;;
esac
# Half a beginning is no database.
[ -e $data/begun ] || { find $data -mindepth 1 -delete && begin; }
exec $server --bind-address=0.0.0.0 "$@"
