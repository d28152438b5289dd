"""A GitLab, as far as a runner and git see it: its API, one directory of state."""
