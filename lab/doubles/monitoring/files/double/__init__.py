"""Stand-ins of what the monitoring is made of, each a program."""
