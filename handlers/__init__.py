"""Lambda entry points: each translates an invocation into one call of the concept it drives."""
