"""Selftest: what only a real account can prove, checked one by one, as a report that can be sent to the project."""
