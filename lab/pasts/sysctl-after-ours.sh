# A file of settings that sorts after ours, come what may
# from: moby/moby#47966, seapath/ansible#934
# on: vm-k8s
# refused: /etc/sysctl.d/zzz-cis.conf sets net.ipv4.ip_forward = 0 after the platform's own file
echo 'net.ipv4.ip_forward = 0' >/etc/sysctl.d/zzz-cis.conf
