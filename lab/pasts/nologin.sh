# A login that may run nothing
# from: pyinfra-dev/pyinfra#363
# on: vm-docker
# alone: nobody gets in to see anything else
# refused: lets admin in, and runs no command and says: This account is currently not available.
usermod -s /usr/sbin/nologin admin
