# Everybody's git signs, and runs somebody's hooks
# from: git-config(1), commit.gpgSign and core.hooksPath in /etc/gitconfig
# on: vm-docker
# then: runuser -u admin -- git -C /srv/threebody log -1
mkdir -p /etc/git-hooks
printf '#!/bin/sh\nexit 1\n' >/etc/git-hooks/pre-commit
chmod 0755 /etc/git-hooks/pre-commit
printf '[commit]\n  gpgSign = true\n[core]\n  hooksPath = /etc/git-hooks\n' >/etc/gitconfig
