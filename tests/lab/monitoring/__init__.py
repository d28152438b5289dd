"""The monitoring in the lab: installed once, and everything that is asked of it."""
