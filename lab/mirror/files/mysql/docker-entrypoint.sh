#!/bin/sh
# Begins a database as MySQL's image does, and runs it: MariaDB, under that name.
set -eu

data=/var/lib/mysql
server="mariadbd --no-defaults --datadir=$data --socket=/var/run/mysqld/mysqld.sock"

quoted() { printf %s "$1" | sed "s/[\\\\']/\\\\&/g"; }

begin() {
  : "${MYSQL_ROOT_PASSWORD:?is not set: it is what root logs in with}"
  mariadb-install-db --no-defaults --datadir=$data --auth-root-authentication-method=normal \
    --skip-test-db >/dev/null
  password=$(quoted "$MYSQL_ROOT_PASSWORD")
  {
    echo "FLUSH PRIVILEGES;"
    echo "ALTER USER 'root'@'localhost' IDENTIFIED BY '$password';"
    echo "CREATE USER 'root'@'%' IDENTIFIED BY '$password';"
    echo "GRANT ALL ON *.* TO 'root'@'%' WITH GRANT OPTION;"
    [ -z "${MYSQL_DATABASE:-}" ] || echo "CREATE DATABASE \`$MYSQL_DATABASE\`;"
  } | $server --bootstrap
  touch $data/begun
}

case ${1:-} in
  "" | -*) ;;
  *) exec "$@" ;;
esac
# Half a beginning is no database.
[ -e $data/begun ] || { find $data -mindepth 1 -delete && begin; }
exec $server --bind-address=0.0.0.0 "$@"
