# An ssh_config from before OpenSSH 8.2
# from: srl-labs/network-multitool#11, konstruktoid/ansible-role-hardening#44
# on: vm-docker
# refused: /etc/ssh/ssh_config does not read ssh_config.d
sed -i '/^Include/d' /etc/ssh/ssh_config
