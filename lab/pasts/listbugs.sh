# apt shows bugs before it installs, and ends where nobody answers
# from: apt-listbugs(1), APT_LISTBUGS_FRONTEND; apt-listchanges
# on: vm-docker vm-k8s
# last: nobody else's apt gets past it from now on
echo 'DPkg::Pre-Install-Pkgs {"test x$APT_LISTBUGS_FRONTEND = xnone";};' >/etc/apt/apt.conf.d/10apt-listbugs
