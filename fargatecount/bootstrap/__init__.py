"""Bootstrap: the one place where real adapters meet the concepts.

One module per edge: `functions/` has one per Lambda function, `commands/` one per group of commands, `watcher.py` is the watcher's. What
two edges share is a module of its own. So a function, whose cold start counts, imports nothing that only commands need, and every import
stands at the top of its module.
"""
