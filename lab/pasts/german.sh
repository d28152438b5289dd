# A German installation
# from: chaifeng/ufw-docker#25, lae/ansible-role-proxmox#332
# on: vm-docker vm-k8s vm-worker
localedef -i de_DE -f UTF-8 de_DE.UTF-8
echo LANG=de_DE.UTF-8 >/etc/default/locale
