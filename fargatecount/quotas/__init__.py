"""Quotas, limits, and what still fits below them; an unknown ceiling is never 0."""
