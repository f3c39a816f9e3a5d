"""The embedded AWS: an emulator on loopback that the real serverless.yml is deployed to, for `local up`, `make demo` and the tests.

Python code uses `stack.py`, people `__main__.py`. Nothing here is shipped or runs in an account.
"""
