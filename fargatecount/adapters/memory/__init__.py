"""Every store in memory, for tests and for commands that keep nothing."""
