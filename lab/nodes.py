"""The layers that make a machine a node, without a cluster: what `make bench` runs on many."""

from tasks import common, k8s_node
from tasks.gate import wait_at

common.apply()
wait_at("common")

k8s_node.apply()
wait_at("k8s_node")
