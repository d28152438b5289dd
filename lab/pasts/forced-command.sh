# A cloud image's login that only says who else to be
# from: canonical/cloud-init#3648, Mirantis/virtlet#789
# on: vm-k8s
# alone: nobody gets in to see anything else
# refused: lets admin in, and runs no command and says: Please login as the user debian rather than the user admin.
keys=/home/admin/.ssh/authorized_keys
sed -i 's/^ssh-/command="echo Please login as the user debian rather than the user admin.;exit 142" ssh-/' $keys
