"""Which series there are, their values now, and when they go out."""
