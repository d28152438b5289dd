# sudo with a PATH of its own that lacks root's programs
# from: sudoers(5), secure_path; hardening guides that shorten it
# on: vm-k8s
echo 'Defaults secure_path="/usr/bin:/bin"' >/etc/sudoers.d/path
