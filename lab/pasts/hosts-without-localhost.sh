# A hosts file without localhost
# from: images that are made with an empty /etc/hosts
# on: vm-worker
# then: grep -q '^127.0.0.1 localhost' /etc/hosts
: >/etc/hosts
