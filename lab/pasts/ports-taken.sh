# A web server of somebody else's
# from: makeplane/plane#718, laradock/laradock#16
# on: vm-docker
# refused: port 80 (edge_http_port) is held by python3
# refused: port 443 (edge_https_port) is held by python3
# refused: port 8080 (the port of harbor_url) is held by python3
for port in 80 443 8080; do
  systemd-run --quiet --unit=web-$port python3 -m http.server $port
done
sleep 2
