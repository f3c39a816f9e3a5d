"""`make demo`: a stranger sees it work, on a machine without an AWS account."""
