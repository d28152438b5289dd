"""The platform, layer by layer; a layer whose gates stay shut stops the run."""

from tasks import cluster, common, docker_host, k8s_control, k8s_node, k8s_worker, project
from tasks.gate import wait_at

common.apply()
wait_at("common")

docker_host.apply()
wait_at("docker_host")

k8s_node.apply()
wait_at("k8s_node")

k8s_control.apply()
wait_at("k8s_control")

k8s_worker.apply()
wait_at("k8s_worker")

cluster.apply()
wait_at("cluster")

project.apply()
wait_at("project")
