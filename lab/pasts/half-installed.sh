# dpkg was cut off while it unpacked
# from: review R21
# on: vm-worker
# last: apt refuses to work until it is repaired
# then: test "$(dpkg-query -W -f '${db:Status-Status}' netbase)" = installed
sed -i '/^Package: netbase$/,/^$/s/^Status: .*/Status: install reinstreq half-installed/' /var/lib/dpkg/status
