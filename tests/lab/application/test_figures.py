"""What the shop's backends tell Prometheus of themselves, where no visitor hears it."""

from __future__ import annotations

from lab.machines import Machine
from tests.lab import shop
from tests.lab.cluster import NAMESPACE, told

TELLS = {
    "go": 'http_request_duration_seconds_count{code="200",path="/api/products"}',
    "laravel": "phpfpm_accepted_connections",
}


def test_each_backend_tells_of_its_requests_and_no_visitor_hears_it(
    docker: Machine, worker: Machine
) -> None:
    for tier, figure in TELLS.items():
        assert shop.products(docker, tier)
        pods = ("-n", NAMESPACE, "get", "pods", "-l", f"app={tier}")
        addresses = told(*pods, "-o", "jsonpath={.items[*].status.podIP}").split()
        asks = (f"curl -fsS --max-time 30 http://{it}:9090/metrics" for it in addresses)
        assert figure in worker.ssh(" && ".join(asks))
        for path in ("metrics", "fpm-status"):
            status = "curl -sk -o /dev/null -w '%{http_code}' " + f"{shop.EDGE}/{tier}/{path}"
            assert docker.ssh(status).strip() == "404"
