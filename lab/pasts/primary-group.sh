# The login user's primary group is not called like the user
# from: kubermatic/kubeone#444, openshift/openshift-ansible#589
# on: vm-docker
usermod -g users admin
groupdel admin
