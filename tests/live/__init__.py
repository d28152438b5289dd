"""What holds on machines that were deployed to, a user's or the lab's; these tests only read."""
