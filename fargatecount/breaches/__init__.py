"""A crossed threshold is reported exactly once."""
