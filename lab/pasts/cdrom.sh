# The installer's disc is still a source
# from: Debian's DVD installer
# on: vm-worker
# last: apt asks for the disc from now on
# refused: /etc/apt/sources.list.d/disc.list names the installer's disc
echo 'deb cdrom:[Debian GNU/Linux 13 _Trixie_ - Official amd64 DVD]/ trixie main' >/etc/apt/sources.list.d/disc.list
