# cloud-init that edits /etc/hosts at each boot
# from: cloud-init's update_etc_hosts; Telmate/terraform-provider-proxmox#585
# on: vm-docker
seed=/var/lib/cloud/seed/nocloud
sed -i -e 's/manage_etc_hosts: true/manage_etc_hosts: localhost/' -e 's/^hostname: .*/hostname: vm-docker/' $seed/user-data
echo 'instance-id: another' >$seed/meta-data
cloud-init clean
