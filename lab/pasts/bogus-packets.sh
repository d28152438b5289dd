# A guide's rules against packets that belong to no connection
# from: hardening guides (INVALID, --tcp-flags, fragments, ICMP timestamps)
# on: vm-worker
apt-get update -q && apt-get install -q -y iptables
iptables -A INPUT -m state --state INVALID -j DROP
iptables -A INPUT -p tcp --tcp-flags FIN,SYN FIN,SYN -j DROP
iptables -A INPUT -p tcp ! --syn -m conntrack --ctstate NEW -j DROP
iptables -A INPUT -p icmp --icmp-type timestamp-request -j DROP
