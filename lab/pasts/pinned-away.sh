# A package that apt may not install
# from: apt_preferences(5); images that keep a package out by a negative priority
# on: vm-k8s
# refused: /etc/apt/preferences.d/no-ufw forbids ufw (a Pin-Priority below 0)
printf 'Package: ufw nftables\nPin: release *\nPin-Priority: -1\n' >/etc/apt/preferences.d/no-ufw
