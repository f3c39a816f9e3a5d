"""The exporter: the counters for Prometheus, for programs and for browsers, with one read of the table however many ask."""
