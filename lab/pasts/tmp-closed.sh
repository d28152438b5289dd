# A /tmp in which root alone may write
# from: apt's "Couldn't create temporary file /tmp/apt.conf…"; `chmod -R` in the wrong place
# on: vm-docker
# refused: not everybody may write in /tmp (its mode is 755), not even apt's own user
chmod 0755 /tmp
