# A greeting at the top of ~/.bashrc
# from: pyinfra-dev/pyinfra#727, ansible/ansible#2268
# on: vm-worker
# refused: the login shell of admin prints "Agent pid 1234" for every command
sed -i '1i echo; echo Agent pid 1234' /home/admin/.bashrc
