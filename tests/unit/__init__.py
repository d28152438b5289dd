"""Suites that need no machine: settings, rules of the house, plans, and shell run right here."""
