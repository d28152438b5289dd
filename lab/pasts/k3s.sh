# A k3s that was tried out
# from: k3s' quick start
# on: vm-worker
# refused: another Kubernetes is at work (k3s-agent.service)
systemd-run --quiet --unit=k3s-agent.service sleep 3600
