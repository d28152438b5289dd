"""Settings of the machines that run the application."""

# Where each tier answers on every worker; the edge sends its traffic there.
app_frontend_port = 30080
app_go_port = 30081
app_laravel_port = 30082
# The same for what the application's manual job `monitoring_install` brings, for people of the node
# network and of operator_networks; nothing answers there before.
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
