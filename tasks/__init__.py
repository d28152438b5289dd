"""The layers of the platform, one module (or package) each."""
