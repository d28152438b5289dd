"""A gitlab-runner: what tests/lab/contracts/ recorded of 16.11.4, with the shell executor only."""

VERSION = "16.11.4"
