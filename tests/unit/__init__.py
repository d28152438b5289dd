"""Suites that need no machine: settings, rules of the code, plans, and shell run right here."""
