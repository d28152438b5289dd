"""Sections 1.2 to 2: what the programs of the control plane are started with."""

from __future__ import annotations

from operate.benchmark.line import Line, argument, lacks

API, MANAGER, SCHEDULER, ETCD = (
    *("kube-apiserver", "kube-controller-manager"),
    *("kube-scheduler", "etcd"),
)
LOCAL = r"bind-address=127\.0\.0\.1"
# What Go speaks by itself since 1.22 with none named: no CBC with SHA256, no RSA key exchange.
CIPHERS = "none is named, and Go's own choice has no weak one"


def lines() -> list[Line]:
    """In the benchmark's order."""
    return [*_api_server(), *_admission(), *_audit(), *_secured(), *_manager(), *_etcd()]


def _api_server() -> list[Line]:
    return [
        Line(
            "1.2.1",
            "nobody asks the API server without a name",
            argument(API, "anonymous-auth=false"),
            "kubelet's and people's probes of /livez and /readyz, and `kubeadm join`, ask without"
            " one; RBAC gives them nothing else",
        ),
        Line("1.2.2", "no file of tokens that do not end", lacks(API, "token-auth-file=.*")),
        Line(
            "1.2.4",
            "the API server proves itself to kubelets",
            f"{argument(API, 'kubelet-client-certificate=.+')} &&"
            f" {argument(API, 'kubelet-client-key=.+')}",
        ),
        Line(
            "1.2.5",
            "kubelets prove themselves to the API server",
            argument(API, "kubelet-certificate-authority=.+"),
        ),
        Line(
            "1.2.6", "not everything is allowed", lacks(API, "authorization-mode=.*AlwaysAllow.*")
        ),
        Line("1.2.7", "nodes may what nodes need", argument(API, "authorization-mode=.*Node.*")),
        Line("1.2.8", "all else is by RBAC", argument(API, "authorization-mode=.*RBAC.*")),
    ]


def _admission() -> list[Line]:
    enabled = "enable-admission-plugins=.*"
    disabled = "disable-admission-plugins=.*"
    return [
        Line(
            "1.2.3",
            "no Service takes an external address",
            argument(API, f"{enabled}DenyServiceExternalIPs.*"),
        ),
        Line(
            "1.2.9",
            "events are limited in their rate",
            argument(API, f"{enabled}EventRateLimit.*"),
            "an alpha plugin; API Priority and Fairness limits all requests",
        ),
        Line("1.2.10", "not everything is admitted", lacks(API, f"{enabled}AlwaysAdmit.*")),
        Line(
            "1.2.11",
            "images are pulled for each pod anew",
            argument(API, f"{enabled}AlwaysPullImages.*"),
            "after a power cut nodes start pods before the registry is up; they have one tenant",
        ),
        Line("1.2.12", "ServiceAccount is on", lacks(API, f"{disabled}ServiceAccount.*")),
        Line("1.2.13", "NamespaceLifecycle is on", lacks(API, f"{disabled}NamespaceLifecycle.*")),
        Line("1.2.14", "NodeRestriction is on", argument(API, f"{enabled}NodeRestriction.*")),
    ]


def _audit() -> list[Line]:
    days = "([3-9][0-9]|[1-9][0-9]{2,})"
    return [
        Line("1.2.15", "the API server shows no profile", argument(API, "profiling=false")),
        Line("1.2.16", "there is an audit log", argument(API, "audit-log-path=.+")),
        Line("1.2.17", "for 30 days", argument(API, f"audit-log-maxage={days}")),
        Line("1.2.18", "in 10 files", argument(API, "audit-log-maxbackup=[1-9][0-9]+")),
        Line("1.2.19", "of 100 MB", argument(API, "audit-log-maxsize=[1-9][0-9]{2,}")),
        Line(
            "3.2.1",
            "there is an audit policy",
            f"{argument(API, 'audit-policy-file=.+')} && grep -c level:"
            " /etc/kubernetes/audit-policy.yaml",
        ),
    ]


def _secured() -> list[Line]:
    files = {
        "1.2.22": ("tokens of accounts are checked by a key", ("service-account-key-file",)),
        "1.2.23": ("it proves itself to etcd", ("etcd-certfile", "etcd-keyfile")),
        "1.2.24": ("it speaks TLS", ("tls-cert-file", "tls-private-key-file")),
        "1.2.25": ("clients prove themselves", ("client-ca-file",)),
        "1.2.26": ("etcd proves itself", ("etcd-cafile",)),
        "1.2.27": ("Secrets are encrypted at rest", ("encryption-provider-config",)),
    }
    return [
        Line("1.2.20", "requests end", lacks(API, "request-timeout=0.*")),
        Line(
            "1.2.21",
            "tokens of accounts that are gone are none",
            lacks(API, "service-account-lookup=false"),
        ),
        *(
            Line(number, title, " && ".join(argument(API, f"{flag}=.+") for flag in flags))
            for number, (title, flags) in files.items()
        ),
        Line(
            "1.2.28",
            "and with a cipher that keeps them",
            "grep -A1 'providers:' /etc/kubernetes/encryption.yaml |"
            " grep -E 'aescbc|kms|secretbox' | tr -d ' -'",
        ),
        Line(
            "1.2.29",
            "no weak ciphers",
            lacks(API, "tls-cipher-suites=.*(_RSA_WITH_(RC4|3DES|AES)|CBC_SHA256).*"),
        ),
        Line(
            "1.2.30",
            "tokens of pods last as long as they say",
            argument(API, "service-account-extend-token-expiration=false"),
        ),
    ]


def _manager() -> list[Line]:
    account = "service-account-private-key-file=.+"
    gates = "feature-gates=.*RotateKubeletServerCertificate=false.*"
    return [
        Line(
            "1.3.1",
            "pods that ended are removed",
            lacks(MANAGER, "terminated-pod-gc-threshold=0"),
        ),
        Line("1.3.2", "the controllers show no profile", argument(MANAGER, "profiling=false")),
        Line(
            "1.3.3",
            "each controller has its own account",
            argument(MANAGER, "use-service-account-credentials=true"),
        ),
        Line("1.3.4", "tokens are signed by a key", argument(MANAGER, account)),
        Line("1.3.5", "pods know whom to trust", argument(MANAGER, "root-ca-file=.+")),
        Line("1.3.6", "kubelets' certificates are renewed", lacks(MANAGER, gates)),
        Line("1.3.7", "the controllers listen here only", argument(MANAGER, LOCAL)),
        Line("1.4.1", "the scheduler shows no profile", argument(SCHEDULER, "profiling=false")),
        Line("1.4.2", "the scheduler listens here only", argument(SCHEDULER, LOCAL)),
    ]


def _etcd() -> list[Line]:
    def both(kind: str) -> str:
        certificate, key = f"{kind}cert-file=.+", f"{kind}key-file=.+"
        return f"{argument(ETCD, certificate)} && {argument(ETCD, key)}"

    return [
        Line("2.1", "etcd speaks TLS", both("")),
        Line("2.2", "its clients prove themselves", argument(ETCD, "client-cert-auth=true")),
        Line("2.3", "by no certificate of its own", lacks(ETCD, "auto-tls=true")),
        Line("2.4", "its peers speak TLS", both("peer-")),
        Line("2.5", "and prove themselves", argument(ETCD, "peer-client-cert-auth=true")),
        Line("2.6", "by no certificate of their own", lacks(ETCD, "peer-auto-tls=true")),
        Line(
            "2.7",
            "etcd trusts a CA of its own",
            f"{argument(ETCD, 'trusted-ca-file=.+')} && cd /etc/kubernetes/pki &&"
            " ! cmp -s etcd/ca.crt ca.crt",
        ),
    ]
