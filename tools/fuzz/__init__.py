"""Fuzzing of everything that reads input from outside: hostile, broken and future documents, built from valid ones.

Every input must end counted, ignored, or refused with a reason; within a time bound; and nothing may leave a parser that the table cannot
hold. `python -m tools.fuzz --inputs 1000000` runs it, and a failure prints the command that replays its input alone.
"""
