# The login user's ssh logs in everywhere under one name
# from: ssh_config(5): what ~/.ssh/config says comes first
# on: vm-docker
# refused: ~admin/.ssh/config has ssh log in as deploy everywhere, at GitLab as well
printf 'Host *\n  User deploy\n' >/home/admin/.ssh/config
chown "admin:$(id -g admin)" /home/admin/.ssh/config
