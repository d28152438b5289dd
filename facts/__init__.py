"""What a machine is like now: each fact reads once, answers many questions, and says "absent"."""
