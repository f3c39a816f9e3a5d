"""The deployed stack: its template and settings, what a deployment changes, and how it goes."""
