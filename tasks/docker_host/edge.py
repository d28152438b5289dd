"""B4: the TLS edge, one name for everything behind it."""

from __future__ import annotations

from operations import docker, files, systemd
from operations.sources import source
from spec import Platform
from spec.certificate import vouched_for
from tasks.certificates import certify as certify_for
from tasks.certificates import renew as renew_certificate

HOME = "/opt/edge"
CERTIFICATE, KEY = f"{HOME}/certs/tls.crt", f"{HOME}/certs/tls.key"
RENEWAL = "edge-certificate.timer"
# nginx starts new workers when it reloads: the youngest one tells when that was.
WORKER = (
    "master=$(docker inspect --format '{{if .State.Running}}{{.State.Pid}}{{end}}' edge-nginx"
    ' 2>/dev/null) && [ -n "$master" ] && pgrep --newest --parent "$master"'
)


def apply(platform: Platform) -> None:
    """Serve HTTPS for `edge_host`, and send each path to its tier on the workers."""
    certify(platform)
    describe(platform)
    configure(platform)
    start()
    renew(platform)


def certify(platform: Platform) -> None:
    """B4: nginx does not start without a certificate; browsers ask who signed it."""
    settings = platform.docker_host
    own, own_key = settings.edge_certificate, settings.edge_certificate_key
    certify_for(platform, settings.edge_host, own, own_key, CERTIFICATE, KEY)


def renew(platform: Platform) -> None:
    """B4: the machine itself renews what it has signed."""
    if platform.docker_host.edge_certificate:
        systemd.disable(name="Leave the edge's own certificate alone", units=[RENEWAL])
        return
    renew_certificate(
        platform,
        "edge",
        platform.docker_host.edge_host,
        CERTIFICATE,
        KEY,
        load="/usr/bin/docker exec edge-nginx nginx -s reload",
    )


def describe(platform: Platform) -> None:
    """B4 and the units: a compose project that comes back in its order after a reboot."""
    files.put(
        name="Describe the edge",
        files=[
            source(platform, "docker_host", "/opt/edge/docker-compose.yml"),
            source(platform, "docker_host", "/opt/edge/nginx/html/unavailable.html"),
            source(platform, "docker_host", "/etc/systemd/system/edge-compose.service"),
            source(platform, "docker_host", "/usr/local/sbin/shows-certificate", mode="0755"),
        ],
    )


def configure(platform: Platform) -> None:
    """B4: checked by nginx itself in a throw-away container, before the running one may see it."""
    image = platform.docker_host.edge_image
    check = (
        "docker run --rm --network none --volume {}:/etc/nginx/conf.d/edge.conf:ro"
        f" --volume {HOME}/certs:/etc/nginx/certs:ro {image} nginx -t -q"
    )
    files.configure(
        name="Route the edge",
        files=[
            source(
                platform,
                "docker_host",
                "/opt/edge/nginx/conf.d/edge.conf",
                check=check,
                vouched_for=vouched_for(platform.docker_host),
            )
        ],
        watched=[CERTIFICATE],
        process=WORKER,
        # Checked already: if the running one cannot load it, its mounts are of folders that
        # somebody has replaced since it started.
        load="docker exec edge-nginx nginx -s reload || docker restart edge-nginx",
    )


def start() -> None:
    """The unit brings the edge back after a reboot; a container that was stopped is started."""
    systemd.enable(name="Start the edge", units=["edge-compose.service"])
    docker.compose(name="Run the edge as it is described", project=HOME)
