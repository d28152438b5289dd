# A guide's rules against packets that belong to no connection
# from: hardening guides (INVALID, --tcp-flags, fragments, ICMP timestamps)
# on: vm-worker
apt-get update -q && apt-get install -q -y iptables
# The connection that this comes by is older than what tells connections apart: it would be none.
iptables -A INPUT -p tcp --dport 22 -j ACCEPT
iptables -A INPUT -m state --state INVALID -j DROP
iptables -A INPUT -p tcp --tcp-flags FIN,SYN FIN,SYN -j DROP
iptables -A INPUT -p tcp ! --syn -m conntrack --ctstate NEW -j DROP
iptables -A INPUT -p icmp --icmp-type timestamp-request -j DROP
