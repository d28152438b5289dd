"""SSH keys of a checkout's labs: made once, so that known_hosts outlives every disk."""

from __future__ import annotations

import os
import secrets
import shutil
from contextlib import AbstractContextManager
from pathlib import Path

from lab import Lab
from lab.lock import alone
from lab.shell import run


def client(lab: Lab) -> Path:
    """The operator's private key; its public half is beside it as `.pub`."""
    return _made(lab.ssh / "id_ed25519", "threebody lab")


def host(lab: Lab, machine: str) -> Path:
    """The private host key of one machine; its public half is beside it as `.pub`."""
    return _made(lab.ssh / "host_keys" / machine / "ssh_host_ed25519_key", machine)


def known_hosts(lab: Lab, addresses: dict[str, str]) -> Path:
    """A known_hosts file with these machines' names and addresses.

    What it has of others stays: another lab of the checkout may be at work with them.
    """
    hosts = {f"{machine},{address}": host(lab, machine) for machine, address in addresses.items()}
    listed = lab.ssh / "known_hosts"
    with _alone(listed):
        known = listed.read_text().splitlines() if listed.exists() else []
        lines = {line.split()[0]: line for line in known}
        for names, key in hosts.items():
            lines[names] = f"{names} {' '.join(key.with_suffix('.pub').read_text().split()[:2])}"
        written = listed.with_name(f"known_hosts.{os.getpid()}")
        written.write_text("".join(f"{line}\n" for _, line in sorted(lines.items())))
        written.chmod(0o600)
        written.replace(listed)
    return listed


def runner_token(lab: Lab) -> str:
    """The token of the runner that the labs' GitLab knows: a secret, so it is in no settings."""
    return _token(lab, "runner_token", "glrt-")


def gitlab_token(lab: Lab) -> str:
    """The personal access token of the labs' GitLab's user."""
    return _token(lab, "gitlab_token", "glpat-")


def _token(lab: Lab, name: str, kind: str) -> str:
    """A token of that kind, made once, in a private file of the checkout's labs."""
    kept = lab.ssh.parent / name
    with _alone(kept):
        if not kept.exists():
            fresh = kept.with_name(f"{name}.{os.getpid()}")
            fresh.touch(mode=0o600)
            fresh.write_text(f"{kind}{secrets.token_urlsafe(15)}\n")
            fresh.replace(kept)
    return kept.read_text().strip()


def _made(key: Path, comment: str) -> Path:
    """Make `key` unless it is there; its public half appears first, so no kill halves it."""
    with _alone(key):
        if not key.exists():
            key.parent.chmod(0o700)
            fresh = key.with_name(f"new-{os.getpid()}")
            shutil.rmtree(fresh, ignore_errors=True)
            fresh.mkdir(mode=0o700)
            made = fresh / key.name
            run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", made)
            made.with_suffix(".pub").replace(key.with_suffix(".pub"))
            made.replace(key)
            fresh.rmdir()
    return key


def _alone(kept: Path) -> AbstractContextManager[None]:
    """Two labs of a new checkout begin at once, and must not each make what both use."""
    return alone(kept.with_name(f"{kept.name}.lock"), f"another lab, which makes {kept.name}")
