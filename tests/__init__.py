"""What holds without a machine (unit), on any machines (live), and on machines of a lab (lab)."""
