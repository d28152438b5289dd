"""Settings of the machines that run the application."""

# The application's tiers. `path`: what the edge sends to it, without that prefix; one at "/" gets
# everything else as it comes, and at no limited rate. `port`: its NodePort on every worker.
# `probe`: a path that answers 200 while it is well, as the tier itself knows it.
app_tiers = {
    "frontend": {"path": "/", "port": 30080, "probe": "/"},
    "go": {"path": "/go/", "port": 30081, "probe": "/api/products"},
    "laravel": {"path": "/laravel/", "port": 30082, "probe": "/api/products"},
}

# Prometheus, Grafana and Loki, which `make monitoring` installs once this is True: a run opens
# their ports then, and `make status` and `make smoke` ask them. `monitoring_worker` keeps 7 days of
# figures and logs below `monitoring_path`; give that a disk of its own.
monitoring_enabled = False
monitoring_worker = "vm-worker"
monitoring_path = "/data/threebody/monitoring"
# NodePorts of that worker, for people of operator_networks alone. Grafana shows what the other two
# have, which know no login: None shuts one of them.
monitoring_grafana_port = 30030
monitoring_prometheus_port = 30090
monitoring_loki_port = 30100
# Who is told of alerts by e-mail, besides the alert_webhook of secrets.env; None: nobody. A server
# that wants a login has a `user`, and alert_mail_password in secrets.env:
# {"host": "mail.example.org", "port": 587, "sender": "platform@example.org",
#  "recipients": ["team@example.org"], "user": "platform", "tls": True}
monitoring_mail = None
# sha256 of helm-v3.14.4-linux-amd64.tar.gz, as beside it.
monitoring_helm_releases = "https://get.helm.sh"
monitoring_helm_version = "3.14.4"
monitoring_helm_sha256 = "a5844ef2c38ef6ddf3b5a8f7d91e7e0e8ebc39a38bb3fc8013d629c1ef29c259"
# Each chart is one archive: its sum is the `digest` of that version in its repository's index.yaml.
monitoring_charts = {
    "kube-prometheus-stack": {
        "releases": "https://github.com/prometheus-community/helm-charts/releases/download",
        "version": "88.5.3",
        "sha256": "3bff576f57c88f9fcac3286cc6e0d22ddaf7d7e1829c14a09257359f02ca64c9",
        "source": "prometheus-community/helm-charts, index.yaml at gh-pages (0163faed)",
    },
    "loki": {
        "releases": "https://github.com/grafana-community/helm-charts/releases/download",
        "version": "18.11.0",
        "sha256": "d4d99424d197e1460878093c9fced02346669ab0698a0dca7c575ab76fff7aeb",
        "source": "grafana-community/helm-charts, index.yaml at gh-pages (9ab78dc8)",
    },
    "alloy": {
        "releases": "https://github.com/grafana/helm-charts/releases/download",
        "version": "1.11.1",
        "sha256": "cc4cd48a885c070fe8b2929971552852375c11e92d95fc6337d0c3fa277ac575",
        "source": "grafana/helm-charts, index.yaml at gh-pages (970fce78)",
    },
}

# What the pipeline may work in, and with nothing else of the cluster.
app_namespace = "threebody-prod"
# The worker that keeps the database, and where: the volume is a directory of that machine.
app_database_worker = "vm-worker"
app_database_path = "/data/threebody/mysql"

# Labels of nodes, by the worker's name: {"vm-worker": {"disk": "ssd"}}.
worker_labels = {}
