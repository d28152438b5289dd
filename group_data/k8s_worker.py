"""Settings of the machines that run the application."""

# The application's tiers. `path`: what the edge sends to it, without that prefix; one at "/" gets
# everything else as it comes, and at no limited rate. `port`: its NodePort on every worker.
# `probe`: a path that answers 200 while it is well, as the tier itself knows it.
app_tiers = {
    "frontend": {"path": "/", "port": 30080, "probe": "/"},
    "go": {"path": "/go/", "port": 30081, "probe": "/api/products"},
    "laravel": {"path": "/laravel/", "port": 30082, "probe": "/api/products"},
}
# NodePorts of what the application's manual job `monitoring_install` brings, for people of
# operator_networks; nothing answers there before.
monitoring_grafana_port = 30030
monitoring_prometheus_port = 30090
monitoring_loki_port = 30100

# What the pipeline may work in, and with nothing else of the cluster.
app_namespace = "threebody-prod"
# The worker that keeps the database, and where: the volume is a directory of that machine.
app_database_worker = "vm-worker"
app_database_path = "/data/threebody/mysql"

# Labels of nodes, by the worker's name: {"vm-worker": {"disk": "ssd"}}.
worker_labels = {}
