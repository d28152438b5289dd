# A node that was cleaned by hand, and kubelet's keys were left
# from: `rm -rf /etc/kubernetes` in place of `kubeadm reset`
# on: vm-worker
# then: ! grep -q left-behind /var/lib/kubelet/pki/kubelet-server-current.pem
mkdir -p /var/lib/kubelet/pki
cd /var/lib/kubelet/pki || exit
openssl req -x509 -nodes -newkey rsa:2048 -days 300 -subj '/O=system:nodes/CN=system:node:vm-worker' \
  -addext subjectAltName=DNS:vm-worker,IP:192.168.56.44 -keyout key -out crt 2>/dev/null
{ cat crt key; echo '# left-behind'; } >kubelet-server-2026-01-01-00-00-00.pem
rm key crt
ln -s kubelet-server-2026-01-01-00-00-00.pem kubelet-server-current.pem
