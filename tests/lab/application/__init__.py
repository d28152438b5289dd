"""The application in the lab: one deployment, by a push, and everything that is asked of it."""
