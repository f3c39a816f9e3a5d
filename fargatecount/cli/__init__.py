"""The `fargatecount` command: parses and prints, nothing else.

`root` imports the module of a command when that command runs. So each module imports at its top what its command needs, except Rich, which
costs 100 ms and which JSON and CSV output do without.
"""
