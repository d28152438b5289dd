# /tmp in half of 2 GiB of memory, as Debian 13 has it
# from: raspberrypi/rpi-sb-provisioner#254, Botspot/pi-apps#2930
# on: vm-k8s
mount -o remount,size=440m /tmp || mount -t tmpfs -o size=440m,mode=1777 tmpfs /tmp
