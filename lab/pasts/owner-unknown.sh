# dpkg is to give a file to a group that somebody has removed
# from: MichaIng/DietPi#3037, WordOps/WordOps#704
# on: vm-worker
# last: dpkg refuses to do anything from now on
# refused: dpkg is to give /usr/bin/at to the group ops, whom nobody knows here
echo 'root ops 0750 /usr/bin/at' >>/var/lib/dpkg/statoverride
