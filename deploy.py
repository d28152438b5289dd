"""The platform, layer by layer; a layer whose gates stay shut stops the run."""

from tasks import (
    application,
    cluster,
    common,
    docker_host,
    k8s_control,
    k8s_node,
    k8s_worker,
    preflight,
)
from tasks.gate import wait_at

platform = preflight.apply()

common.apply(platform)
wait_at("common", platform)

docker_host.apply(platform)
wait_at("docker_host", platform)

k8s_node.apply(platform)
wait_at("k8s_node", platform)

k8s_control.apply(platform)
wait_at("k8s_control", platform)

k8s_worker.apply(platform)
wait_at("k8s_worker", platform)

cluster.apply(platform)
wait_at("cluster", platform)

application.apply(platform)
wait_at("application", platform)
