"""A cluster that runs and is told something new: by kubeadm, as its documentation does it by hand.

kubernetes.io: "Reconfiguring a kubeadm cluster".
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import replace

from pyinfra import host
from pyinfra.api.command import StringCommand

from facts.asking import ask
from facts.files import Paths, PathState
from facts.kubernetes import HOME, ControlPlane, Kubelet, Strangers, strangers
from operations import Commands, operation, until
from operations.files import File
from operations.kubeadm import ANSWERS

# Where it runs it has a pod: a runtime that names none has not answered.
RELOAD_API = f"""pods=$(static-pods-restart kube-apiserver) || exit
[ -n "$pods" ] || {{ echo 'the API server runs, and crictl knows no pod of it' >&2; exit 1; }}
{ANSWERS}"""
LOADED_WITHIN = 180  # seconds; kubelet looks at manifests three times a minute
# Whether each program runs with the arguments that its manifest has.
LOADED = f"""loaded() {{
  for part in kube-apiserver kube-controller-manager kube-scheduler; do
    [ "$(sed -n 's/^    - \\(--.*\\)/\\1/p' {HOME}/manifests/$part.yaml | sort)" = \
      "$(tr '\\0' '\\n' <"/proc/$(pgrep -o -f "^$part ")/cmdline" | sed 1d | sort)" ] || return 1
  done 2>/dev/null
}}"""
APPROVED_WITHIN = 90  # seconds


@operation()
def config(config: File) -> Commands:
    """Have a control plane that runs be what `config` says.

    The file takes its place when all of it is in effect, so that a run that was killed in between
    is repaired by the next one. Where none was there, somebody made the cluster by hand: it stays.
    """
    found = ask(host, Paths, paths=[config.path]).get(config.path, PathState())
    made = ask(host, ControlPlane).whole and found.kind == "file"
    if not made or config.same_content(found):
        return
    new = replace(config, path=f"{config.path}.new")
    yield from new.commands(PathState())
    phase = "kubeadm init phase"
    yield StringCommand(
        f"{phase} upload-config all --config {new.path} >/dev/null &&"
        f" {phase} control-plane all --config {new.path} >/dev/null"
    )
    told = f"the control plane does not run with what {HOME}/manifests say: see crictl ps -a"
    yield StringCommand(
        f"{LOADED}\n{until('loaded', LOADED_WITHIN)} || {{ echo {shlex.quote(told)} >&2; exit 1; }}"
    )
    yield StringCommand(ANSWERS)
    yield StringCommand(f"mv -fT {new.path} {config.path}")


@operation()
def kubelet(file: File) -> Commands:
    """Have kubelet run with what the cluster tells all of them, which is what `file` says."""
    found = ask(host, Paths, paths=[file.path]).get(file.path, PathState())
    node = ask(host, Kubelet)
    if node.ca and not node.unfinished and not file.same_content(found):
        yield StringCommand(
            "kubeadm upgrade node phase kubelet-config >/dev/null &&"
            " systemctl restart kubelet.service"
        )
    yield from file.commands(found)


@operation()
def approve_kubelets(addresses: Sequence[str]) -> Commands:
    """Have the kubelets at these addresses answer with a certificate of the cluster's.

    One that does not answer at all is somebody else's matter.
    """
    if ask(host, Strangers, addresses=list(addresses)):
        approved = f'systemctl start approve-kubelets.service && [ -z "$({strangers(addresses)})" ]'
        told = (
            "kubelets answer without a certificate of the cluster's, and ask for none that fits"
            f" {HOME}/kubelets: see kubectl get csr, journalctl -u approve-kubelets"
        )
        yield StringCommand(
            f"{until(f'{{ {approved}; }}', APPROVED_WITHIN)} ||"
            f" {{ echo {shlex.quote(told)} >&2; exit 1; }}"
        )
