# Everything sets itself up: what is missing is installed on the way, and nothing is done twice.
SHELL := /bin/bash
.DEFAULT_GOAL := help
LAB ?= lab
export LAB
PYTHON := .venv/bin/python
# Where somebody has set it, each command compiles all of this anew.
unexport PYTHONDONTWRITEBYTECODE
INVENTORY ?= inventory.py

.PHONY: help
help: ## Show what can be made
	@grep -hE '^[a-z%-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

.PHONY: lab
lab: .venv ## Boot three machines on this one, deploy to them, show every gate
	@$(PYTHON) -m lab

lab-test: .venv/dev
lab-%: .venv ## One verb of the lab: up deploy test status reboot save back shell down clean
	@$(PYTHON) -m lab $* $(ARGS)

.PHONY: test
test: .venv/dev ## Run every suite, or ARGS="tests/lab/test_edge.py -k rate", on labs of its own
	@$(PYTHON) -m tests $(ARGS)

.PHONY: unit
unit: .venv/dev ## Run the suites that need no machine
	@$(PYTHON) -m tests --unit $(ARGS)

.PHONY: deploy
deploy: .venv ## Deploy to the machines of inventory.py (ARGS=--dry: only say what would change)
	@.venv/bin/pyinfra $(INVENTORY) deploy.py $(ARGS)

.PHONY: trust
trust: .venv ## Show each machine's host key, and record them once compared (ARGS=-y: they were)
	@$(PYTHON) -m operate.trust $(INVENTORY) $(ARGS)

.PHONY: ca
ca: .venv ## Bring the platform's own CA here, and show how browsers and systems trust it
	@$(PYTHON) -m operate.ca $(INVENTORY) $(ARGS)

.PHONY: status
status: .venv ## Show every gate of every machine of inventory.py (ARGS=--json)
	@$(PYTHON) -m operate.status $(INVENTORY) $(ARGS)

.PHONY: cis
cis: .venv ## Show the CIS Kubernetes Benchmark line by line: passed, failed, accepted (ARGS=--json)
	@$(PYTHON) -m operate.cis $(INVENTORY) $(ARGS)

.PHONY: drift
drift: .venv ## Say what a run would change now, a line each; quiet when nothing: for cron
	@$(PYTHON) -m operate.drift $(INVENTORY) $(ARGS)

.PHONY: smoke
smoke: .venv ## Ask from here what the platform serves, from the outside in
	@$(PYTHON) -m operate.smoke $(INVENTORY) $(ARGS)

.PHONY: report
report: .venv ## Write all of that as a page, report.html: gates, ends, versions, backup, what runs
	@$(PYTHON) -m operate.report $(INVENTORY) $(ARGS)

.PHONY: harbor-back
harbor-back: .venv ## Undo the last upgrade of Harbor (ARGS=-y: do not ask)
	@.venv/bin/pyinfra $(INVENTORY) operate/harbor_back.py $(ARGS)

.PHONY: migrate
migrate: .venv ## Migrate the application's database to what runs (SEED=1: fill an empty shop)
	@SEED=$(SEED) .venv/bin/pyinfra $(INVENTORY) operate/migrate.py $(ARGS)

.PHONY: upgrade
upgrade: .venv ## Bring Kubernetes to kubernetes_version, a node after the other (ARGS=--dry)
	@WITHIN=$(WITHIN) .venv/bin/pyinfra $(INVENTORY) operate/upgrade.py $(ARGS)

.PHONY: update
update: .venv ## Bring each machine, one after the other, what its distribution has (ARGS=--dry)
	@WITHIN=$(WITHIN) .venv/bin/pyinfra $(INVENTORY) operate/update.py $(ARGS)

.PHONY: monitoring
monitoring: .venv ## Install Prometheus, Grafana and Loki (REMOVE=1: take them away again)
	@REMOVE=$(REMOVE) .venv/bin/pyinfra $(INVENTORY) operate/monitoring.py $(ARGS)

.PHONY: remove-node
remove-node: .venv ## Take a worker out: NODE=vm-worker-2 (GONE=1: its machine is off for good)
	@NODE=$(NODE) GONE=$(GONE) WITHIN=$(WITHIN) .venv/bin/pyinfra $(INVENTORY) operate/remove_node.py \
	  $(if $(GONE),--limit k8s_control --limit docker_host) $(ARGS)

.PHONY: certificates
certificates: .venv ## Say when each certificate and token ends (ARGS=--renew: what is due, ARGS=--json)
	@$(PYTHON) -m operate.certificates $(INVENTORY) $(ARGS)

.PHONY: rotate
rotate: .venv ## Turn a secret over while the shop serves: NAME=push (none: say which there are)
	@NAME=$(NAME) .venv/bin/pyinfra $(INVENTORY) operate/rotate.py $(ARGS)

.PHONY: reset
reset: .venv ## Take all machines back to bare, or NODE=vm-worker-2 (DATA=1: their data, too)
	@DATA=$(DATA) .venv/bin/pyinfra $(INVENTORY) operate/reset.py $(if $(NODE),--limit $(NODE)) $(ARGS)

.PHONY: move-database
move-database: .venv ## Move the shop's database, with its data: NODE=vm-worker-2
	@NODE=$(NODE) .venv/bin/pyinfra $(INVENTORY) operate/move_database.py $(ARGS)

.PHONY: backup
backup: .venv ## Bring one encrypted archive of the platform here, into backups/
	@.venv/bin/pyinfra $(INVENTORY) operate/backup.py $(ARGS)

.PHONY: restore
restore: .venv ## Put a backup back: FROM=backups/platform-….tar KEY=…, all of it or ONLY=mysql (CONFIRM=1)
	@FROM=$(FROM) KEY=$(KEY) ONLY=$(ONLY) CONFIRM=$(CONFIRM) \
	  .venv/bin/pyinfra $(INVENTORY) operate/restore.py $(ARGS)

.PHONY: restore-secrets
restore-secrets: .venv ## Before that on another computer: have the backup's secrets in secrets.env
	@$(PYTHON) -m operate.restore_secrets $(FROM) $(KEY)

.PHONY: drill
drill: .venv ## Put the last backup, or FROM=, back on three machines of a lab, and compare: KEY=…
	@FROM=$(FROM) KEY=$(KEY) $(PYTHON) -m lab.drill $(ARGS)

.PHONY: etcd-backup
etcd-backup: .venv ## Bring etcd's data and the control plane's keys here, into backups/
	@.venv/bin/pyinfra $(INVENTORY) operate/etcd_backup.py $(ARGS)

.PHONY: etcd-restore
etcd-restore: .venv ## Put such an archive back: FILE=backups/etcd-….tar.gz
	@FILE=$(FILE) .venv/bin/pyinfra $(INVENTORY) operate/etcd_restore.py $(ARGS)

.PHONY: live
live: .venv/dev ## Test the machines of inventory.py, reading only
	@$(PYTHON) -m pytest tests/live --inventory $(INVENTORY) $(ARGS)

.PHONY: bench
bench: .venv ## Measure a run without changes on the lab against plain SSH
	@$(PYTHON) -m lab exec $(PYTHON) -m lab.bench

.PHONY: soak
soak: .venv/dev ## The same, and what is too long for each change: kills, power cuts, upgrades (hours)
	@$(PYTHON) -m tests --soak $(ARGS)

.PHONY: secrets
secrets: .venv ## Make the secrets that are missing, in secrets.env
	@$(PYTHON) -m operate.secrets

.PHONY: docs
docs: .venv/dev ## Write what gates say to look at, and the lab's machines with a past, into the docs
	@$(PYTHON) -m tests.gate_hints
	@$(PYTHON) -m lab.past

.PHONY: lock
lock: .venv ## Pin requirements anew, with hashes
	@.venv/bin/uv pip compile -q --universal --generate-hashes --no-annotate --no-header \
	  pyproject.toml -o requirements.txt
	@.venv/bin/uv pip compile -q --universal --generate-hashes --no-annotate --no-header \
	  pyproject.toml --extra dev -c requirements.txt -o requirements-dev.txt

.venv: requirements.txt setup
	@./setup

.venv/dev: requirements-dev.txt | .venv
	@./setup requirements-dev.txt
	@touch $@
