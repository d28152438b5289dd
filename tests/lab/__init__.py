"""What changes machines: these tests own a lab, break it, and leave it as they found it."""
