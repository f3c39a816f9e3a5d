"""Measurements: `make bench` prints one table; see docs/benchmarks.md."""
