"""What runs inside the images of Harbor's double."""
