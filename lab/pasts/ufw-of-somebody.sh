# Somebody's UFW: nothing goes out that he has not named, IPv6 is left alone, rules limit
# from: ansible-lockdown/UBUNTU18-CIS#84, ComplianceAsCode/content#14767, fail2ban/fail2ban#2418
# on: vm-docker
# then: ufw status verbose | grep -q 'deny (incoming), allow (outgoing)'
# then: ! ufw status | grep -q 2222
# then: ufw status | grep -q 203.0.113.7
# then: grep -qx IPV6=yes /etc/default/ufw
apt-get update -q
apt-get install -q -y --no-install-recommends ufw
sed -i s/IPV6=yes/IPV6=no/ /etc/default/ufw
ufw allow 22/tcp
ufw limit 2222/tcp
ufw allow out 53
ufw allow out 80/tcp
ufw insert 1 deny from 203.0.113.7 comment 'by Fail2Ban'
ufw logging high
ufw default deny outgoing
ufw --force enable
