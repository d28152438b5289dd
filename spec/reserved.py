"""Names that somebody has already: the system's, Kubernetes', GitLab's and the platform's own."""

from __future__ import annotations

# Accounts that Debian and Ubuntu bring, for programs and not for people (base-passwd, adduser).
ACCOUNTS = {
    *("_apt", "backup", "bin", "daemon", "dnsmasq", "games", "gnats", "irc", "list", "lp", "mail"),
    *("man", "messagebus", "mysql", "news", "nobody", "polkitd", "proxy", "sshd", "sync", "sys"),
    *("syslog", "tcpdump", "tss", "uucp", "uuidd", "www-data"),
}
# Of Kubernetes itself, of the pod networks, and of the platform's own probe.
NAMESPACES = {
    "default",
    "calico-apiserver",
    "calico-system",
    "threebody-probe",
    "tigera-operator",
}
# Domains whose labels Kubernetes and the pod network set, and labels of these that people set.
LABEL_DOMAINS = ("kubernetes.io", "k8s.io", "projectcalico.org", "flannel.alpha.coreos.com")
OPEN_DOMAINS = ("node-restriction.kubernetes.io",)
OPEN_LABELS = {
    "node-role.kubernetes.io/worker",
    "node.kubernetes.io/exclude-from-external-load-balancers",
    "topology.kubernetes.io/region",
    "topology.kubernetes.io/zone",
}
# GitLab sets these for each job (docs: predefined CI/CD variables), and a shell lives by the rest.
VARIABLE_PREFIXES = ("CI_", "GITLAB_", "FF_", "RUNNER_", "DYLD_", "LD_")
VARIABLES = {
    *("BASH_ENV", "CDPATH", "CI", "ENV", "HOME", "IFS", "LOGNAME", "OLDPWD", "PATH", "PWD"),
    *("SHELL", "SHELLOPTS", "TERM", "USER"),
}
# Those of the platform, and what says them.
OWN_VARIABLES = {
    "APP_KEY": "laravel_key of secrets.env",
    "EDGE_PROBES": "app_tiers",
    "EDGE_URL": "edge_host",
    "HARBOR_PASSWORD": "harbor_push_secret of secrets.env",
    "HARBOR_PULL_PASSWORD": "harbor_pull_secret of secrets.env",
    "HARBOR_PULL_USERNAME": "harbor_project",
    "HARBOR_USERNAME": "harbor_project",
    "KUBECONFIG": "a run itself",
    "KUBECONFIG_PROD": "a run itself",
    "NAMESPACE": "app_namespace",
    "REGISTRY": "harbor_url and harbor_project",
    "REGISTRY_CA": "harbor_ca",
    "REGISTRY_URL": "harbor_url",
    "WORKERS": "the inventory",
    "MYSQL_PASSWORD": "database_password of secrets.env",
    "MYSQL_ROOT_PASSWORD": "database_root_password of secrets.env",
}
# Paths of GitLab's own pages (docs: reserved project and group names).
GROUPS = {
    *("-", "admin", "api", "assets", "dashboard", "explore", "files", "groups", "help", "import"),
    *("jwt", "login", "oauth", "profile", "projects", "public", "s", "search", "sitemap"),
    *("snippets", "unsubscribe", "uploads", "users", "v2"),
}
