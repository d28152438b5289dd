"""renew-certificates: in time, to its end also after it was cut off, and for whoever has a copy."""

from __future__ import annotations

import base64
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.unit.certificates import certificate
from tests.unit.doubles import CHECKOUT, tool

pytestmark = pytest.mark.skipif(
    not all(map(shutil.which, ("bash", "flock", "openssl"))),
    reason="no bash, flock or openssl here",
)
SCRIPT = CHECKOUT / "files/k8s_control/usr/local/sbin/renew-certificates"
RESTART = CHECKOUT / "files/k8s_control/usr/local/sbin/static-pods-restart"
ENDS = CHECKOUT / "files/common/usr/local/sbin/certificates-end"
PODS = ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"]
# A pod's name is asked for as ^kube-apiserver-, and is its id here.
CRICTL = """case $1 in
  pods) name=${{5#^}}; echo "${{name%-}}";;
  stopp) echo "$2" >>{root}/stopped;;
esac"""
RENEWS = "echo renewed >>{root}/trace; echo 'the new one' >{root}/kubernetes/admin.conf"


class Control:
    """A control plane that is a folder, with certificates of so many days."""

    def __init__(self, root: Path, days: int) -> None:
        self.root, self.bin = root, root / "bin"
        self.home, self.copy = root / "kubernetes", root / "home/admin/.kube/config"
        (self.home / "pki/etcd").mkdir(parents=True)
        crt, _ = certificate(root, "x", days=days)
        lasting, _ = certificate(root, "y", days=300)
        shutil.copy(crt, self.home / "pki/etcd/server.crt")
        shutil.copy(lasting, self.home / "pki/apiserver.crt")
        (self.home / "pki/ca.crt").write_text("lasts ten years")
        conf = base64.b64encode(lasting.read_bytes()).decode()
        (self.home / "admin.conf").write_text(f"    client-certificate-data: {conf}\n")
        (self.home / "kubelet.conf").write_text("    client-certificate: /var/lib/kubelet/x.pem\n")
        self.copy.parent.mkdir(parents=True)
        shutil.copy(self.home / "admin.conf", self.copy)
        self.copy.chmod(0o600)
        tool(self.bin, "kubeadm", RENEWS.format(root=root))
        tool(self.bin, "crictl", CRICTL.format(root=root))
        shutil.copy(RESTART, self.bin)
        tool(self.bin, "kubectl", "true")
        (self.bin / "certificates-end").write_text(
            ENDS.read_text().replace("=/etc/kubernetes", f"={self.home}")
        )
        (self.bin / "certificates-end").chmod(0o755)
        text = SCRIPT.read_text().replace("home=/etc/kubernetes", f"home={self.home}")
        text = text.replace("/run/", f"{root}/").replace("/home/*", f"{root}/home/*")
        self.script = text.replace("/root/.kube", f"{root}/root/.kube")

    def run(self) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "-c", self.script, "renew-certificates", "30"],
            env={"PATH": f"{self.bin}:/usr/bin:/bin"},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def lines(self, name: str) -> list[str]:
        path = self.root / name
        return path.read_text().split() if path.exists() else []


def test_what_lasts_is_left_alone(tmp_path: Path) -> None:
    control = Control(tmp_path, days=31)
    assert control.run().returncode == 0
    assert control.lines("trace") == []


def test_what_ends_soon_is_renewed_and_loaded_and_handed_on(tmp_path: Path) -> None:
    control = Control(tmp_path, days=29)
    somebodys = tmp_path / "home/other/.kube/config"
    somebodys.parent.mkdir(parents=True)
    somebodys.write_text("of another cluster\n")
    done = control.run()
    assert done.returncode == 0, done.stderr
    assert control.lines("trace") == ["renewed"]
    assert control.lines("stopped") == PODS
    assert control.copy.read_text() == "the new one\n"
    assert control.copy.stat().st_mode & 0o777 == 0o600
    assert somebodys.read_text() == "of another cluster\n"
    assert not (control.home / "admin.conf.old").exists()


@pytest.mark.parametrize("cut", ["kubeadm", "crictl"])
def test_one_that_was_cut_off_goes_on_although_all_is_renewed(tmp_path: Path, cut: str) -> None:
    control = Control(tmp_path, days=29)
    before = control.copy.read_text()
    whole = (control.bin / cut).read_text()
    tool(control.bin, cut, "kill -9 $PPID")
    assert control.run().returncode != 0
    assert (control.home / "admin.conf.old").read_text() == before
    (control.bin / cut).write_text(whole)
    lasting, _ = certificate(tmp_path, "z", days=300)
    shutil.copy(lasting, control.home / "pki/etcd/server.crt")
    done = control.run()
    assert done.returncode == 0, done.stderr
    assert control.lines("stopped") == PODS
    assert control.copy.read_text() == "the new one\n"
    assert not (control.home / "admin.conf.old").exists()


def test_an_api_that_stays_silent_is_told_and_gone_on_with_later(tmp_path: Path) -> None:
    control = Control(tmp_path, days=29)
    control.script = control.script.replace("within=180", "within=1")
    tool(control.bin, "kubectl", "echo connection refused >&2; exit 1")
    done = control.run()
    assert done.returncode != 0
    assert "does not answer within 1 s: connection refused" in done.stderr
    assert (control.home / "admin.conf.old").exists()
