# Docker's repository from its older guide, signed by another file
# from: docker/docs#14718, geerlingguy/ansible-role-docker#298
# on: vm-docker
# refused: /etc/apt/sources.list.d/docker.list has http://192.168.56.2/download.docker.com/linux/debian with another Signed-By
install -m 0755 -d /etc/apt/keyrings
touch /etc/apt/keyrings/docker.gpg
echo "deb [signed-by=/etc/apt/keyrings/docker.gpg] http://192.168.56.2/download.docker.com/linux/debian trixie stable" \
  >/etc/apt/sources.list.d/docker.list
