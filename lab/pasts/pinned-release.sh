# A release that no package is to be taken from by itself
# from: apt_preferences(5), "Tracking Stable"; guides to mixed releases
# on: vm-worker
printf 'Package: *\nPin: release a=unstable\nPin-Priority: -10\n' >/etc/apt/preferences.d/no-unstable
