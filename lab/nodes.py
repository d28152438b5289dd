"""The layers that make a machine a node, without a cluster: what `make bench` runs on many."""

from tasks import common, k8s_node, preflight
from tasks.gate import wait_at

platform = preflight.apply()

common.apply(platform)
wait_at("common", platform)

k8s_node.apply(platform)
wait_at("k8s_node", platform)
