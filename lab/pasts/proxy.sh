# A proxy for everybody, which does not lead to the machines themselves
# from: kubernetes/kubeadm#701, kubernetes-sigs/kind#2884
# on: vm-docker vm-k8s vm-worker
# noted: /etc/environment sets http_proxy
cat >/usr/local/sbin/proxy <<'END'
import http.server, urllib.request, urllib.error

class Proxy(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length) if length else None
        if not self.path.startswith("http://192.168.56.2/"):
            return self.send_error(403)
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        kept = ("host", "connection", "proxy-connection", "content-length")
        wanted = {k: v for k, v in self.headers.items() if k.lower() not in kept}
        try:
            asked = urllib.request.Request(self.path, body, wanted, method=self.command)
            answer = direct.open(asked)
        except urllib.error.HTTPError as error:
            answer = error
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            if name.lower() not in ("connection", "transfer-encoding"):
                self.send_header(name, value)
        self.send_header("Connection", "close")
        self.end_headers()
        while part := answer.read(1 << 16):
            self.wfile.write(part)

    do_POST = do_PUT = do_HEAD = do_DELETE = do_GET

http.server.ThreadingHTTPServer(("127.0.0.1", 3128), Proxy).serve_forever()
END
printf '[Service]\nEnvironment=http_proxy= no_proxy=*\nExecStart=/usr/bin/python3 /usr/local/sbin/proxy\n[Install]\nWantedBy=multi-user.target\n' \
  >/etc/systemd/system/proxy.service
systemctl daemon-reload && systemctl enable --quiet --now proxy.service
printf 'http_proxy=http://127.0.0.1:3128\nhttps_proxy=http://127.0.0.1:3128\n' >>/etc/environment
echo 'Defaults env_keep += "http_proxy https_proxy no_proxy"' >/etc/sudoers.d/proxy
