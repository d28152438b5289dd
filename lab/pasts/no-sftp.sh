# sshd without SFTP
# from: pyinfra-dev/pyinfra#499, trailofbits/algo#236
# on: vm-docker vm-k8s vm-worker
sed -i '/^Subsystem/d' /etc/ssh/sshd_config
systemctl reload ssh
