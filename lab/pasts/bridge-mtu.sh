# An MTU below 1500, as in OpenStack and behind tunnels
# from: moby/moby#22028, moby/moby#20178
# on: vm-docker
# noted: host0 has an MTU of 1400
# then: test "$(docker network inspect bridge --format '{{index .Options "com.docker.network.driver.mtu"}}')" = 1400
# then: docker network inspect edge-net | grep -q '"com.docker.network.driver.mtu": "1400"'
mkdir -p /etc/systemd/network/10-host0.network.d
printf '[Link]\nMTUBytes=1400\n' >/etc/systemd/network/10-host0.network.d/mtu.conf
ip link set host0 mtu 1400
