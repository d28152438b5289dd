# An iptables that was built here, before the package's in PATH
# from: netfilter.org's `make install`, whose prefix is /usr/local
# on: vm-docker
# refused: /usr/local/sbin/iptables is found before the package's program
printf '#!/bin/sh\nexec /usr/sbin/iptables "$@"\n' >/usr/local/sbin/iptables
chmod 0755 /usr/local/sbin/iptables
