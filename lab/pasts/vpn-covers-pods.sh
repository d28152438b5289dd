# A VPN that has taken a part of the pods' network, in a table of its own
# from: tailscale's subnet routes (table 52); wg-quick's tables
# on: vm-worker
# refused: reaches 10.244.8.0/22 through tailscale0, and pod_network 10.244.0.0/16 would cover it
ip link add tailscale0 type bridge
ip link set tailscale0 up
ip route add 10.244.8.0/22 dev tailscale0 table 52
