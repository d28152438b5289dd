"""The platform, layer by layer; a layer whose gates stay shut stops the run."""

from tasks import common, docker_host
from tasks.gate import wait_at

common.apply()
wait_at("common")

docker_host.apply()
wait_at("docker_host")
