"""Doubles of products that cannot be had here; lab/README.md lists what each keeps."""
