# Another `apt-get update` is at work
# from: docker/docker-install#366, canonical/cloud-init#2908
# on: vm-worker
# last: apt could not be asked for anything else
systemd-run --quiet --collect python3 -c 'import fcntl, time
f = open("/var/lib/apt/lists/lock", "w"); fcntl.lockf(f, fcntl.LOCK_EX); time.sleep(25)'
