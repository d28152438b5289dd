# Own lines in /etc/hosts
# from: personium/ansible#92, sympa-community/sympa-ansible#30
# on: vm-k8s
# noted: `10.9.9.9 harbor.local old-registry` no longer counts
# then: grep -qx '192.168.56.2 mirror.corp' /etc/hosts
# then: grep -qx '10.9.9.9 old-registry' /etc/hosts
printf '192.168.56.2 mirror.corp\n10.9.9.9 harbor.local old-registry\n' >>/etc/hosts
