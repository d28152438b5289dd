"""What a person is told of a lab that is up: where everything is, and what opens it."""

from __future__ import annotations

from lab import CHECKOUT, MIRROR, PROJECT, Lab, machines, network
from lab.progress import console


def show_addresses(lab: Lab) -> None:
    """Which machine has which address."""
    for machine in machines.of(lab):
        console.print(f"  {machine.name:<12} {machine.address}")


def show(lab: Lab) -> None:
    """Addresses, and which file has what opens them; never what is in it."""
    secrets = lab.secrets.relative_to(CHECKOUT)
    kubeconfig = (lab.fetched / "kubeconfig").relative_to(CHECKOUT)
    rows = [(it.name, it.address, f"python -m lab shell {it.name}") for it in machines.of(lab)]
    rows += [
        ("registry", "http://harbor.local:8080", f"admin, harbor_admin_password in {secrets}"),
        ("Kubernetes", f"https://{machines.ADDRESSES['vm-k8s']}:6443", str(kubeconfig)),
    ]
    if not network.by_hand_only():
        rows += [
            ("GitLab", f"http://{MIRROR}/gitlab.com/{PROJECT}", "the token in .lab/gitlab_token"),
            ("application", "https://hit.local", "no password"),
        ]
    # A path that was broken in two is no path: lines as long as they are.
    for what, where, opens in rows:
        console.print(f"  {what:<12} {where:<46} {opens}", soft_wrap=True)
