"""What is wrong, and the exact command that fixes it."""
