"""The embedded AWS: an emulator on loopback that the real serverless.yml is deployed to, for `local up`, `make demo` and the tests.

`stack.py` is the door for Python code, `__main__.py` for people. Nothing here is shipped or runs in an account.
"""
