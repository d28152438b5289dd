"""Names that somebody has already: the system's, Kubernetes', GitLab's and the platform's own."""

from __future__ import annotations

# Accounts that Debian and Ubuntu bring, for programs and not for people (base-passwd, adduser).
ACCOUNTS = {
    *("_apt", "backup", "bin", "daemon", "dnsmasq", "games", "gnats", "irc", "list", "lp", "mail"),
    *("man", "messagebus", "mysql", "news", "nobody", "polkitd", "proxy", "sshd", "sync", "sys"),
    *("syslog", "tcpdump", "tss", "uucp", "uuidd", "www-data"),
}
# Of Kubernetes itself, of the pod networks, of the platform's own probe, of its monitoring.
NAMESPACES = {
    "default",
    "calico-apiserver",
    "calico-system",
    "monitoring",
    "threebody-probe",
    "tigera-operator",
}
# Whom a run, Docker, containerd, pod networks and builds ask, besides those that settings name.
UPSTREAM = {
    "docker.io": "Docker's registry",
    **dict.fromkeys(("quay.io", "ghcr.io"), "the pod network's registry"),
    **dict.fromkeys(("deb.debian.org", "security.debian.org"), "Debian"),
    **dict.fromkeys(("archive.ubuntu.com", "security.ubuntu.com"), "Ubuntu"),
    **dict.fromkeys(("dl.k8s.io", "get.helm.sh"), "what the pipeline fetches"),
    **dict.fromkeys(
        ("proxy.golang.org", "registry.npmjs.org", "repo.packagist.org"), "what builds fetch"
    ),
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
VARIABLE_PREFIXES = ("BASH_", "CI_", "GITLAB_", "FF_", "RUNNER_", "DYLD_", "LD_")
VARIABLES = {
    *("BASHOPTS", "CDPATH", "CI", "DOCKER_CONFIG", "DOCKER_CONTEXT", "DOCKER_HOST", "ENV", "EUID"),
    *("GROUPS", "HOME", "HOSTNAME", "IFS", "LINENO", "LOGNAME", "OLDPWD", "OPTIND", "PATH", "PPID"),
    *("PROMPT_COMMAND", "PS4", "PWD", "RANDOM", "SECONDS", "SHELL", "SHELLOPTS", "SHLVL", "TERM"),
    *("TMPDIR", "UID", "USER"),
}
# Secrets of a pipeline: as its variables are called, and as secrets.env calls them.
PIPELINE_SECRETS = {
    "HARBOR_PASSWORD": "harbor_push_secret",
    "HARBOR_PULL_PASSWORD": "harbor_pull_secret",
    "MYSQL_ROOT_PASSWORD": "database_root_password",
    "MYSQL_PASSWORD": "database_password",
    "APP_KEY": "laravel_key",
}
# Every variable of the platform's, and what says it.
OWN_VARIABLES = {
    **{key: f"{name} of secrets.env" for key, name in PIPELINE_SECRETS.items()},
    "EDGE_PROBES": "app_tiers",
    "EDGE_URL": "edge_host",
    "HARBOR_PULL_USERNAME": "harbor_project",
    "HARBOR_USERNAME": "harbor_project",
    "KUBECONFIG": "a run itself",
    "KUBECONFIG_PROD": "a run itself",
    "NAMESPACE": "app_namespace",
    "REGISTRY": "harbor_url and harbor_project",
    "REGISTRY_CA": "harbor_ca",
    "REGISTRY_URL": "harbor_url",
    "TAG": "the commit that is deployed",
    "WORKERS": "the inventory",
}
# Paths of GitLab's own pages (docs: reserved project and group names).
GROUPS = {
    *("-", "admin", "api", "assets", "dashboard", "explore", "files", "groups", "help", "import"),
    *("jwt", "login", "oauth", "profile", "projects", "public", "s", "search", "sitemap"),
    *("snippets", "unsubscribe", "uploads", "users", "v2"),
}
# And of its projects' own pages, where a project would be.
PROJECTS = {
    *("-", "badges", "blame", "blob", "builds", "commits", "create", "create_dir", "edit", "files"),
    *("find_file", "new", "preview", "raw", "refs", "tree", "update", "wikis"),
}
# Names that a machine has for itself, and suffixes of the cluster's own DNS.
LOOPBACK_NAMES = ("localhost", "ip6-localhost", "ip6-loopback", "ip6-allnodes", "ip6-allrouters")
CLUSTER_SUFFIXES = ("cluster.local", "svc")
