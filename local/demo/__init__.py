"""`make demo`: shows how it works, on a machine without an AWS account."""
