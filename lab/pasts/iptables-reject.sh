# A provider's image whose own rules reject what it does not know
# from: Oracle Cloud's images, /etc/iptables/rules.v4
# on: vm-worker
# refused: a rule of somebody else's comes before the platform's firewall: `iptables -A INPUT -j REJECT
apt-get update -q && apt-get install -q -y iptables
iptables -A INPUT -p tcp --dport 22 -j ACCEPT
iptables -A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
iptables -A INPUT -i lo -j ACCEPT
iptables -A INPUT -j REJECT --reject-with icmp-host-prohibited
