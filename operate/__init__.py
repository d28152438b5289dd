"""Day two: what somebody does with a platform that stands."""
