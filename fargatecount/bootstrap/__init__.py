"""Bootstrap: the one place where real adapters meet the concepts; edges ask here for what they drive.

One module per edge, so that the functions, whose cold starts count, import nothing that only people need.
"""
