"""A GitLab, as far as a user's client, a runner and git see it: one directory of state."""
