"""Every fact enters by `record()`; a counter is always the sum of its rows."""
