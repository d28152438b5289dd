# A source that somebody has begun to write
# from: apt's "Malformed entry … in list file"
# on: vm-k8s
# refused: apt cannot read what it is told: Malformed entry 1 in list file /etc/apt/sources.list.d/mine.list
# last: apt reads no source from now on
echo 'deb http://192.168.56.2/debian' >/etc/apt/sources.list.d/mine.list
